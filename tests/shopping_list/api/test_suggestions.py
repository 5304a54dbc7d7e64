"""Suggested item names: names used before, the most likely first."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from shopping_list.models import Activity, ForgottenName, Membership, ShoppingItem, ShoppingList
from shopping_list.services import forgotten_names
from tests.shopping_list.api.conftest import url_of_items

pytestmark = pytest.mark.database

URL = "/api/suggestions/"
FORGET, RESTORE = f"{URL}forget/", f"{URL}restore/"


def names(client: Any, **params: Any) -> list[str]:
    return [row["name"] for row in client.get(URL, params).json()["results"]]


@pytest.fixture
def buy(ana_client: Any, groceries: ShoppingList) -> Any:
    """Add an item to a list and tick it."""

    def add_and_tick(name: str, shopping_list: ShoppingList = groceries, **fields: Any) -> Any:
        item = ana_client.post(url_of_items(shopping_list), {"name": name, **fields}).json()
        ana_client.patch(f"{url_of_items(shopping_list)}{item['id']}/", {"purchased": True})
        return item

    return add_and_tick


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], Any]:
    """Do something at another time, which must not be before the last one."""

    @contextmanager
    def set_time(moment: datetime) -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(timezone, "now", lambda: moment)
            yield

    return set_time


def suggestion(client: Any, name: str, **params: Any) -> Any:
    rows = client.get(URL, params).json()["results"]
    return next(row for row in rows if row["name"] == name)


def test_frequently_used_names_come_first(ana_client: Any, buy: Any) -> None:
    """API-19"""
    for name in ("Tea", "Milk", "milk", "MILK", "Bread", "Bread"):
        buy(name)
    rows = ana_client.get(URL).json()["results"]
    assert [(row["name"], row["times"]) for row in rows] == [("Milk", 3), ("Bread", 2), ("Tea", 1)]


def test_names_used_long_ago_come_later(ana_client: Any, buy: Any) -> None:
    for name in ("Old", "Old", "New"):
        buy(name)
    past = timezone.now() - timedelta(days=90)
    Activity.objects.filter(changes__icontains="Old").update(at=past)
    assert names(ana_client) == ["New", "Old"]


def test_suggestions_match_any_part_and_rank_prefixes_first(ana_client: Any, buy: Any) -> None:
    for name in ("Oat milk", "Oat milk", "Milk", "Äpfel", "Bread"):
        buy(name)
    buy("Buttermilk")
    buy("Buttermilk")
    buy("Buttermilk")
    assert names(ana_client, q="MIL") == ["Milk", "Oat milk", "Buttermilk"]
    assert names(ana_client, q="äp") == ["Äpfel"]
    assert names(ana_client, q="xyz") == []


def test_suggestion_contains_the_state_of_the_item_on_the_list(
    ana_client: Any, buy: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-19"""
    bought = buy("Milk", category="Dairy")
    buy("Nails", hardware)
    removed = buy("Tea")
    ana_client.delete(f"{url_of_items(groceries)}{removed['id']}/")
    open_item = ana_client.post(url_of_items(groceries), {"name": "Bread"}).json()
    rows = ana_client.get(URL, {"list": str(groceries.pk)}).json()["results"]
    states = {row["name"]: (row["state"], row["item"]) for row in rows}
    assert states == {
        "Bread": ("open", open_item["id"]),
        "Milk": ("bought", bought["id"]),
        "Nails": (None, None),
        "Tea": (None, None),
    }
    assert next(row["category"] for row in rows if row["name"] == "Milk") == "Dairy"
    assert {row["state"] for row in ana_client.get(URL).json()["results"]} == {None}


def test_open_item_takes_precedence_over_a_purchased_one(
    ana_client: Any, buy: Any, groceries: ShoppingList
) -> None:
    open_item = ana_client.post(url_of_items(groceries), {"name": "Milk"}).json()
    ana_client.post(url_of_items(groceries), {"name": "Milk", "purchased": True})
    row = ana_client.get(URL, {"list": str(groceries.pk)}).json()["results"][0]
    assert (row["state"], row["item"], row["times"]) == ("open", open_item["id"], 2)


def test_names_on_lists_of_other_users_are_never_suggested(
    mallory_client: Any, bob_client: Any, buy: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-19"""
    buy("Milk")
    buy("Nails", hardware)
    assert names(mallory_client) == []
    assert names(bob_client) == ["Milk"]
    response = bob_client.get(URL, {"list": str(hardware.pk)})
    assert response.status_code == 404


def test_names_on_a_deleted_list_are_not_suggested(
    ana_client: Any, buy: Any, groceries: ShoppingList
) -> None:
    buy("Milk")
    ana_client.delete(f"/api/shopping-lists/{groceries.pk}/")
    assert names(ana_client) == []


def test_names_of_items_are_suggested_when_the_log_is_empty(ana_client: Any, buy: Any) -> None:
    buy("Milk")
    Activity.objects.all().delete()
    assert names(ana_client) == ["Milk"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("q", "\x00"), ("q", "x" * 201), ("list", "milk"), ("list", ""), ("list", "\x00" * 36)),
        *(("limit", "0"), ("limit", "5001"), ("limit", "many")),
    ],
)
def test_invalid_query_parameter_is_reported(name: str, value: str, ana_client: Any) -> None:
    response = ana_client.get(URL, {name: value})
    assert (response.status_code, list(response.json()["errors"])) == (400, [name])


def test_suggestions_are_at_most_20_and_have_a_constant_query_count(
    ana_client: Any, ana: User, groceries: ShoppingList
) -> None:
    ana_client.post(url_of_items(groceries), {"name": "Milk"})
    query_counts = []
    for count in (0, 12):
        for number in range(count):
            shopping_list = ShoppingList.objects.create(name=f"{number}", created_by=ana)
            Membership.objects.create(shopping_list=shopping_list, user=ana, role="owner")
            lines = [{"name": f"Thing {number} {line}"} for line in range(5)]
            ana_client.post(f"{url_of_items(shopping_list)}bulk/", {"items": lines})
        with CaptureQueriesContext(connection) as queries:
            rows = ana_client.get(URL, {"list": str(groceries.pk)}).json()["results"]
        query_counts.append(len(queries))
    assert len(rows) == 20
    assert query_counts == [2 + 6] * 2  # access, lists, forgotten names, log, items, states


def test_details_are_those_of_the_newest_row(
    ana_client: Any, buy: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """SUG-1"""
    item = buy("Milk", quantity="1 l", category="Dairy")
    ana_client.patch(f"{url_of_items(groceries)}{item['id']}/", {"quantity": "2 l"})
    row = suggestion(ana_client, "Milk")
    assert (row["quantity"], row["category"], row["list"]) == ("2 l", "Dairy", str(groceries.pk))
    ana_client.delete(f"{url_of_items(groceries)}{item['id']}/")
    assert suggestion(ana_client, "Milk")["quantity"] == "2 l"
    buy("milk", hardware, quantity="3 l")
    row = suggestion(ana_client, "milk")
    assert (row["quantity"], row["category"], row["list"]) == ("3 l", "", str(hardware.pk))


def test_purchases_are_known_after_the_item_is_put_back_or_removed(
    ana_client: Any, groceries: ShoppingList, at: Any
) -> None:
    """SUG-1"""
    url = url_of_items(groceries)
    now = timezone.now()
    days = [now + timedelta(days=day) for day in (1, 8, 15)]
    with at(days[0]):
        item = ana_client.post(url, {"name": "Milk", "purchased": True}).json()
    with at(days[1]):
        ana_client.post(url, {"name": "Milk"})
        ana_client.patch(f"{url}{item['id']}/", {"purchased": True})
    with at(days[2]):
        ana_client.post(f"{url}remove/", {"purchased": True})
        ana_client.post(url, {"name": "Milk", "purchased": True})
    row = suggestion(ana_client, "Milk")
    assert [stamp[:10] for stamp in row["purchases"]] == [
        day.date().isoformat() for day in reversed(days)
    ]
    assert (row["times"], row["times_bought"]) == (3, 3)


def test_ticks_within_an_hour_are_one_purchase_and_the_newest_six_are_listed(
    ana_client: Any, groceries: ShoppingList, at: Any
) -> None:
    """SUG-1"""
    url = url_of_items(groceries)
    start = timezone.now()
    item = ana_client.post(url, {"name": "Milk"}).json()
    for day in range(8):
        for minute in (0, 30):
            with at(start + timedelta(days=day, minutes=minute)):
                ana_client.patch(f"{url}{item['id']}/", {"purchased": True})
                ana_client.patch(f"{url}{item['id']}/", {"purchased": False})
    row = suggestion(ana_client, "Milk")
    assert (row["times_bought"], len(row["purchases"])) == (8, 6)
    assert row["purchases"] == sorted(row["purchases"], reverse=True)


def test_up_to_5000_names_are_read_at_once(ana_client: Any, groceries: ShoppingList) -> None:
    """SUG-2: those of the items too that the usual limit leaves out."""
    count = 3000
    ShoppingItem.objects.bulk_create(
        ShoppingItem(shopping_list=groceries, name=f"Thing {number}") for number in range(count)
    )
    assert len(names(ana_client)) == 20
    assert len(names(ana_client, limit=50)) == 50
    with CaptureQueriesContext(connection) as queries:
        response = ana_client.get(URL, {"limit": 5000}, HTTP_ACCEPT_ENCODING="gzip")
    assert len(queries) == 2 + 4  # lists, forgotten names, log, items
    assert response["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(response.content))["results"]) == count


def test_response_that_the_client_has_is_not_sent_again(
    ana_client: Any, bob_client: Any, buy: Any, groceries: ShoppingList
) -> None:
    """SUG-2"""
    buy("Milk")
    tag = ana_client.get(URL)["ETag"]
    with CaptureQueriesContext(connection) as queries:
        response = ana_client.get(URL, HTTP_IF_NONE_MATCH=f"W/{tag}")
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", tag)
    assert len(queries) == 2 + 2  # lists, forgotten names
    others = ({"q": "m"}, {"limit": 50}, {"list": str(groceries.pk)})
    assert [ana_client.get(URL, each, HTTP_IF_NONE_MATCH=tag).status_code for each in others] == [
        200,
        200,
        200,
    ]
    for change in (lambda: buy("Tea"), lambda: ana_client.post(FORGET, {"name": "Tea"})):
        tag = ana_client.get(URL)["ETag"]
        change()
        assert ana_client.get(URL, HTTP_IF_NONE_MATCH=tag).status_code == 200


def test_forgotten_name_is_suggested_to_others_only_until_it_is_restored(
    ana_client: Any, bob_client: Any, buy: Any
) -> None:
    """SUG-3"""
    for name in ("Milk", "Tea"):
        buy(name)
    assert ana_client.post(FORGET, {"name": " MILK "}).status_code == 204
    assert ana_client.post(FORGET, {"name": "milk"}).status_code == 204
    assert names(ana_client) == ["Tea"]
    assert names(ana_client, q="mi") == []
    assert sorted(names(bob_client)) == ["Milk", "Tea"]
    assert [row["name"] for row in ana_client.get(FORGET).json()["results"]] == ["milk"]
    assert bob_client.get(FORGET).json() == {"results": []}
    buy("Milk")
    assert names(ana_client) == ["Tea"]
    assert ana_client.post(RESTORE, {"name": "milk"}).status_code == 204
    assert ana_client.post(RESTORE, {"name": "milk"}).status_code == 204
    assert sorted(names(ana_client)) == ["Milk", "Tea"]


def test_the_newest_forgotten_names_are_kept(
    ana_client: Any, buy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SUG-3"""
    monkeypatch.setattr(forgotten_names, "MAX_NAMES", 2)
    for name in ("Milk", "Tea", "Rice"):
        buy(name)
        ana_client.post(FORGET, {"name": name})
    assert names(ana_client) == ["Milk"]


@pytest.mark.parametrize("url", [FORGET, RESTORE])
@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "name"), ({"name": ""}, "name"), ({"name": "x" * 201}, "name"), ({"names": []}, "names")],
)
def test_invalid_name_to_forget_is_reported(
    url: str, body: Any, field: str, ana_client: Any
) -> None:
    """SUG-3"""
    response = ana_client.post(url, body)
    assert response.status_code == 400
    assert field in response.json()["errors"]
    assert ForgottenName.objects.count() == 0


@pytest.mark.parametrize("url", [FORGET, RESTORE])
def test_token_that_may_not_write_everywhere_forgets_nothing(
    url: str, ana: User, groceries: ShoppingList
) -> None:
    """SUG-3"""
    for options in ({"scope": "tick"}, {"scope": "write", "list_id": groceries.pk}):
        _, secret = ApiToken.objects.create(user=ana, name="script", **options)
        client = APIClient(headers={"Authorization": f"Bearer {secret}"})
        assert client.post(url, {"name": "Milk"}, format="json").status_code == 403
    assert ForgottenName.objects.count() == 0


def test_forgotten_names_are_exported_and_deleted_with_the_account(
    ana_client: Any, ana: User
) -> None:
    """SUG-3"""
    ana_client.post(FORGET, {"name": "Milk"})
    exported = ana_client.get("/api/auth/me/export/").json()["forgotten_names"]
    assert [row["name"] for row in exported] == ["Milk"]
    ana.delete()
    assert ForgottenName.objects.count() == 0
