"""Text with every kind of character is stored normalised, or rejected with 400."""

from __future__ import annotations

import json
import unicodedata
from functools import partial

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import ApiToken
from rest.text import BIDIRECTIONAL, is_visible
from shopping_list.models import Membership, ShoppingItem, ShoppingList
from shopping_list.services import invites

CATEGORIES = (
    *("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No"),
    *("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"),
    *("Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn"),
)
HARMLESS = [category for category in CATEGORIES if category not in {"Cc", "Cs", "Zl", "Zp", "Cf"}]
SAME_CATEGORY_TEXT = st.sampled_from(CATEGORIES).flatmap(
    lambda category: st.text(st.characters(categories=[category]), min_size=1, max_size=3)
)
TEXT = st.lists(SAME_CATEGORY_TEXT, min_size=1, max_size=5).map("".join) | st.text(
    st.characters(categories=HARMLESS), max_size=30
)
HYPOTHESIS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def text_fields(ana, signed_in_client):
    """Where text is stored: (send it, read it back from the database), by field."""
    groceries = ShoppingList.objects.create(name="Groceries", created_by=ana)
    Membership.objects.create(shopping_list=groceries, user=ana, role="owner")
    milk = ShoppingItem.objects.create(shopping_list=groceries, name="Milk")
    secret = invites.new_secret()
    invites.create(groceries.pk, ana, secret=secret, role="viewer", guest=True)
    client = signed_in_client(ana)
    url = f"/api/shopping-lists/{groceries.pk}/"

    def send(method, path, field, value, **fields):
        body = json.dumps({**fields, field: value})
        return client.generic(method, path, body, "application/json")

    def read(row, field):
        row.refresh_from_db(fields=[field])
        return getattr(row, field)

    def make_token(name):
        for older in ApiToken.objects.all()[1:]:
            older.delete()  # the number of tokens per user is limited
        return send("POST", "/api/tokens/", "name", name, scope="read")

    fields = {
        "a list": (partial(send, "PATCH", url, "name"), partial(read, groceries, "name")),
        "a user": (partial(send, "PATCH", "/api/auth/me/", "name"), partial(read, ana, "name")),
        "a token": (
            make_token,
            lambda: ApiToken.objects.values_list("name", flat=True).first(),
        ),
    }
    for field in ("name", "quantity", "note", "category"):
        path = f"{url}shopping-items/{milk.pk}/"
        fields[f"an item's {field}"] = (
            partial(send, "PATCH", path, field),
            partial(read, milk, field),
        )
    return fields


def is_forbidden(value: str) -> bool:
    """Return whether a rule forbids the text, regardless of its length."""
    kinds = {unicodedata.category(character) for character in value}
    return bool(kinds & {"Cc", "Cs", "Zl", "Zp"}) or bool(set(value) & BIDIRECTIONAL)


@pytest.mark.parametrize(
    "field",
    ["a list", "a user", "a token", *(f"an item's {f}" for f in ("name", "quantity", "note"))],
)
def test_text_is_stored_normalised_or_rejected(text_fields, field):
    """SEC-16"""
    send, read = text_fields[field]

    @HYPOTHESIS
    @given(TEXT)
    @example("cre\u0300me bru\u0302le\u0301e")
    @example("\u1112\u1161\u11ab \u212b \u2126")
    @example("\u00a0two\u3000spaces\u2003")
    def check(value):
        value = json.loads(json.dumps(value))  # joins surrogate pairs into one character
        before = read()
        response = send(value)
        normalised = unicodedata.normalize("NFC", value).strip()
        normalised = normalised if is_visible(normalised) else ""
        if response.status_code < 300:
            assert read() == normalised
            assert unicodedata.is_normalized("NFC", normalised)
            assert not is_forbidden(normalised)
            return
        assert response.status_code == 400
        assert is_forbidden(value) or normalised == "" or len(normalised) > 20
        assert read() == before

    check()


INVISIBLE_NAMES = (
    *("\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u3164", "\u2800", "\ufe0f", "\u034f"),
    *("\U000e0041", "\u180e", "\uffa0 \u115f", "\u200b\u00a0\u2060\u3000"),
)


@pytest.mark.parametrize("name", INVISIBLE_NAMES, ids=ascii)
def test_text_that_nobody_can_see_is_blank(text_fields, name):
    """ROW-6, case P1: no name, and nothing as a note; among other characters it stays."""
    for field, (send, read) in text_fields.items():
        # A user without a name is shown by the user name.
        if field not in {"a list", "a token", "an item's name"}:
            assert send("x").status_code == 200
            assert send(name).status_code == 200, field
            assert read() == ""
        else:
            before = read()
            response = send(name)
            assert response.status_code == 400, field
            assert response.json()["errors"].keys() == {"name"}
            assert read() == before
    send, read = text_fields["an item's name"]
    assert send(f"Milk {name} white").status_code == 200
    assert read() == unicodedata.normalize("NFC", f"Milk {name} white")
