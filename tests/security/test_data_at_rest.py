"""A copy of the database and of the data directory signs nobody in and opens no list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.crypto import salted_hmac
from knox.crypto import hash_token
from rest_framework.test import APIClient

from accounts import sessions, tokens
from accounts.models import ApiToken, ResetLink, Session, SetupLink, User
from shopping_list.models import Invite, ShoppingList
from shopping_list.services import invites
from tests.conftest import PASSWORD

pytestmark = pytest.mark.database
TOKEN = {"name": "kitchen", "scope": "read"}


@pytest.fixture
def secrets(
    ana: User, groceries: ShoppingList, signed_in_client: Callable[[User], APIClient]
) -> dict[str, str]:
    """One of each secret, by each way in which it can be created."""
    browser, stranger = signed_in_client(ana), APIClient()
    invites_url = f"/api/shopping-lists/{groceries.pk}/invites/"
    keys = {name: str(uuid4()) for name in ("of a token", "of an invite")}

    def token(url: str, body: Any, **headers: str) -> str:
        response = browser.post(url, body, headers=headers)
        assert response.status_code < 300, response.content
        return str(response.json()["token"])

    secrets = {
        "token": token("/api/tokens/", TOKEN),
        "token with a key": token("/api/tokens/", TOKEN, **{"Idempotency-Key": keys["of a token"]}),
        "token by password": token(
            "/api/api-token-auth/", {"username": "ana", "password": PASSWORD}
        ),
        "invite": token(invites_url, {"role": "editor"}),
        "invite with a key": token(
            invites_url, {"role": "editor"}, **{"Idempotency-Key": keys["of an invite"]}
        ),
    }
    output = StringIO()
    call_command("createtoken", "ana", name="display", scope="read", stdout=output)
    secrets["token by command"] = output.getvalue().split()[-1]
    guest_invite = token(invites_url, {"role": "viewer", "guest": True})
    stranger.post("/api/invites/accept/", {"token": guest_invite, "name": "Grandma"})
    signing_in = APIClient()
    signing_in.post("/api/auth/login/", {"username": "ana", "password": PASSWORD})
    for name, client in {"ana": browser, "guest": stranger, "login": signing_in}.items():
        secrets[f"session of {name}"] = client.cookies[settings.SESSION_COOKIE_NAME].value
    secrets["reset link"] = ResetLink.issue(ana)
    secrets["setup link"] = SetupLink.issue()
    return secrets | {f"key {name}": key for name, key in keys.items()}


def values_at_rest() -> Iterator[str]:
    """Yield every value of every column, and every line of every file of the data directory."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            yield from (str(value) for row in cursor.fetchall() for value in row)
    yield settings.SECRET_KEY
    for path in Path(settings.DATA_DIR).glob("*"):
        if path.is_file() and "sqlite3" not in path.name:
            yield from path.read_text(errors="replace").splitlines()


def words(values: set[str]) -> set[str]:
    """Return the values, and each part of them that could be a secret or an id."""
    return values | {word for value in values for word in re.findall(r"[\w-]{16,}", value)}


def opens_something(secret: str) -> bool:
    """Tell whether a secret signs a user in, or is that of a link."""
    return bool(
        tokens.find(secret)
        or tokens.find(f"trl_{secret}")
        or sessions.find(secret)
        or ResetLink.user_for(secret)
        or SetupLink.is_valid(secret)
        or Invite.objects.filter(digest=invites.digest(secret)).exists()
    )


def test_nothing_at_rest_opens_anything(secrets: dict[str, str]) -> None:
    """SEC-30, SEC-12, PPL-2"""
    opening = [name for name, secret in secrets.items() if not name.startswith("key ")]
    assert [name for name in opening if not opens_something(secrets[name])] == []
    at_rest = set(values_at_rest())
    text = "\n".join(at_rest)
    assert [
        name
        for name, secret in secrets.items()
        if secret in text or secret.replace("-", "") in text
    ] == []
    assert [value for value in words(at_rest) if opens_something(value)] == []


def test_nothing_computed_from_what_is_at_rest_opens_anything(
    ana: User, secrets: dict[str, str]
) -> None:
    """SEC-30, SEC-12, PPL-2: not by the ways in which the product derives a secret."""
    ids = {UUID(text) for value in values_at_rest() for text in UUIDS.findall(value)}
    token_digests = set(ApiToken.objects.values_list("digest", flat=True))
    link_digests = set(Invite.objects.values_list("digest", flat=True))
    assert len(ids) > 10
    for first, second in product(ids, ids):
        assert invites.digest(invites.derive_secret(first, second)) not in link_digests
        token = ApiToken(user=ana, public_id=first)
        secret = tokens._secret_of(token, second)
        assert hash_token(secret) not in token_digests
    forged = salted_hmac("django.contrib.sessions", settings.SECRET_KEY).hexdigest()
    assert not any(sessions.find(value) for value in (forged, *map(str, ids)))
    assert Session.objects.exists()


UUIDS = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b"
)


def test_repeated_request_gets_its_secret_although_the_key_is_not_at_rest(
    ana: User, groceries: ShoppingList, signed_in_client: Callable[[User], APIClient]
) -> None:
    """PPL-2, API-7"""
    browser = signed_in_client(ana)
    for url, body in (
        ("/api/tokens/", TOKEN),
        (f"/api/shopping-lists/{groceries.pk}/invites/", {"role": "editor"}),
    ):
        headers = {"Idempotency-Key": str(uuid4())}
        first, second = (browser.post(url, body, headers=headers).json() for _ in range(2))
        assert first == second
        assert opens_something(first["token"])


@pytest.mark.parametrize(
    "key",
    [
        "00000000-0000-0000-0000-000000000000",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "886313e1-3b8a-5372-9b90-0c9aee199e5d",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ],
)
def test_key_that_is_not_random_creates_no_secret(
    key: str,
    ana: User,
    groceries: ShoppingList,
    signed_in_client: Callable[[User], APIClient],
) -> None:
    """SEC-30: the secret could be computed from a guessed key."""
    browser = signed_in_client(ana)
    for url, body in (
        ("/api/tokens/", TOKEN),
        (f"/api/shopping-lists/{groceries.pk}/invites/", {"role": "editor"}),
    ):
        response = browser.post(url, body, headers={"Idempotency-Key": key})
        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["Idempotency-Key"]
    assert not Invite.objects.exists()
    assert not ApiToken.objects.exists()


def test_keys_of_an_older_version_are_hashed(ana: User) -> None:
    """SEC-30: a request that is repeated after the upgrade still gets its token."""
    from importlib import import_module

    from django.apps import apps

    from accounts.models import TokenIdempotencyKey

    key = uuid4()
    _, secret = tokens.create(ana, name="x", key=key)
    TokenIdempotencyKey.objects.update(key=key)
    import_module("accounts.migrations.0005_hash_idempotency_keys").hash_keys(apps, None)
    assert tokens.create(ana, name="x", key=key)[1] == secret
