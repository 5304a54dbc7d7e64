"""The API of a user's own tokens."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import ApiToken, TokenIdempotencyKey
from tests.conftest import PASSWORD

pytestmark = pytest.mark.database

TOKENS, ME = "/api/tokens/", "/api/auth/me/"
KITCHEN = {"name": "Kitchen", "scope": "read"}


@pytest.fixture
def ana_client(open_browser, ana):
    return open_browser("ana")


def bearer(secret):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def create_token(client, **changes):
    response = client.post(TOKENS, KITCHEN | changes)
    assert response.status_code == 201, response.content
    return response.json()


def test_token_for_metrics_has_no_list(ana_client, groceries):
    """MET-4"""
    body = {"name": "prometheus", "scope": "metrics"}
    refused = ana_client.post(TOKENS, {**body, "list": str(groceries.pk)})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["list"])
    created = ana_client.post(TOKENS, body).json()
    assert (created["scope"], created["list"]) == ("metrics", None)
    assert bearer(created["token"]).get(ME).status_code == 401


def test_token_secret_is_shown_once_and_authenticates(ana_client):
    """PPL-1, PPL-2"""
    created = create_token(ana_client)
    secret = created.pop("token")
    assert created == {
        "id": created["id"],
        "name": "Kitchen",
        "scope": "read",
        "list": None,
        "expires_at": None,
        "created_at": created["created_at"],
        "last_used_at": None,
    }
    assert bearer(secret).get(ME).json()["name"] == "Ana"
    [listed] = ana_client.get(TOKENS).json()["results"]
    assert listed.pop("last_used_at") is not None
    assert listed == {name: value for name, value in created.items() if name != "last_used_at"}
    assert ana_client.get(f"{TOKENS}{created['id']}/").json()["name"] == "Kitchen"


def test_later_responses_contain_neither_secret_nor_digest(ana_client):
    """PPL-2"""
    response = ana_client.post(TOKENS, KITCHEN)
    created = response.json()
    assert response["Cache-Control"] == "no-store"
    detail = ana_client.get(f"{TOKENS}{created['id']}/")
    for later in (ana_client.get(TOKENS), detail):
        content = later.content.decode()
        assert created["token"] not in content
        assert ApiToken.objects.get().digest not in content
        assert later["Cache-Control"] == "no-store"


def test_repeated_idempotency_key_returns_the_same_token(ana_client):
    """PPL-2"""
    headers = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    first = ana_client.post(TOKENS, KITCHEN, **headers)
    repeated = ana_client.post(TOKENS, KITCHEN, **headers)
    assert (repeated.status_code, repeated.content) == (201, first.content)
    assert ApiToken.objects.count() == 1
    response = ana_client.post(TOKENS, KITCHEN | {"scope": "write"}, **headers)
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")


def test_repeated_request_does_not_restore_a_revoked_token(ana_client):
    """PPL-2, SEC-22"""
    headers = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    revoked = ana_client.post(TOKENS, KITCHEN, **headers).json()
    assert ana_client.delete(f"{TOKENS}{revoked['id']}/").status_code == 204
    repeated = ana_client.post(TOKENS, KITCHEN, **headers)
    assert bearer(revoked["token"]).get(ME).status_code == 401
    assert (repeated.status_code, repeated.json()["code"]) == (422, "idempotency_key_reused")
    assert not ApiToken.objects.exists()
    TokenIdempotencyKey.objects.update(at=timezone.now() - tokens.RETENTION)
    call_command("prune", stdout=StringIO())
    renewed = ana_client.post(TOKENS, KITCHEN, **headers).json()
    assert bearer(renewed["token"]).get(ME).status_code == 200
    assert bearer(revoked["token"]).get(ME).status_code == 401


def test_idempotency_key_of_another_user_returns_a_separate_token(
    ana_client, open_browser, mallory
):
    """PPL-2"""
    headers = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    ana_token = ana_client.post(TOKENS, KITCHEN, **headers).json()
    mallory_token = open_browser("mallory").post(TOKENS, KITCHEN, **headers).json()
    assert ana_token["token"] != mallory_token["token"]
    assert bearer(mallory_token["token"]).get(ME).json()["name"] == "Mallory"


def test_idempotency_key_must_be_a_uuid(ana_client):
    response = ana_client.post(TOKENS, KITCHEN, HTTP_IDEMPOTENCY_KEY="milk")
    assert list(response.json()["errors"]) == ["Idempotency-Key"]


def test_token_can_be_restricted_to_a_list_of_the_user(ana_client, ana, mallory, create_list):
    """PPL-1"""
    own_list, foreign_list = create_list(ana), create_list(mallory, name="Loot")
    client = bearer(create_token(ana_client, list=str(own_list.pk))["token"])
    assert client.get(f"/api/shopping-lists/{own_list.pk}/").status_code == 200
    responses = [
        ana_client.post(TOKENS, KITCHEN | {"list": str(pk)}) for pk in (foreign_list.pk, uuid4())
    ]
    assert [response.status_code for response in responses] == [400, 400]
    foreign, unknown = (response.json() for response in responses)
    assert foreign["errors"] == unknown["errors"] == {"list": ["You are on no such list."]}


def test_token_with_a_lifetime_expires(ana_client):
    """PPL-1"""
    created = create_token(ana_client, expires_in=3600)
    remaining = parse_datetime(created["expires_at"]) - timezone.now()
    assert timedelta(minutes=55) < remaining <= timedelta(hours=1)
    assert bearer(created["token"]).get(ME).status_code == 200
    ApiToken.objects.update(expiry=timezone.now())
    assert bearer(created["token"]).get(ME).status_code == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": "a\u2028b"}, "name"),
        ({"scope": "admin"}, "scope"),
        ({"expires_in": 59}, "expires_in"),
        ({"expires_in": 3650 * 86400 + 1}, "expires_in"),
        ({"list": "milk"}, "list"),
        ({"expires": 60}, "expires"),
    ],
)
def test_invalid_token_field_is_reported(ana_client, change, field):
    response = ana_client.post(TOKENS, KITCHEN | change)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert not ApiToken.objects.exists()


def test_token_name_is_normalised(ana_client):
    assert create_token(ana_client, name=" Cafe\u0301 ")["name"] == "Caf\u00e9"


@pytest.mark.parametrize("scope", ["read", "tick", "write"])
def test_tokens_endpoint_rejects_api_tokens(ana, token_client, scope):
    """PPL-1"""
    client = token_client(ana, scope=scope)
    url = f"{TOKENS}{ApiToken.objects.get().public_id}/"
    responses = [client.post(TOKENS, KITCHEN), client.get(TOKENS), client.get(url)]
    responses.append(client.delete(url))
    assert {response.status_code for response in responses} == {403}
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_guest_cannot_use_the_tokens_endpoint(signed_in_client, guest, method):
    """PPL-1"""
    url = f"{TOKENS}{uuid4()}/" if method == "delete" else TOKENS
    response = getattr(signed_in_client(guest), method)(url, KITCHEN)
    assert (response.status_code, response.json()["code"]) == (403, "guest")


def test_token_of_another_user_returns_404(ana_client, open_browser, mallory):
    """PPL-1"""
    foreign_url = f"{TOKENS}{create_token(open_browser('mallory'))['id']}/"
    unknown_url = f"{TOKENS}{uuid4()}/"
    for method in (ana_client.get, ana_client.delete):
        foreign, unknown = (method(url).json() for url in (foreign_url, unknown_url))
        assert foreign.pop("request_id") != unknown.pop("request_id")
        assert (foreign, foreign["status"]) == (unknown, 404)
    assert ana_client.get(TOKENS).json() == {"results": []}
    assert ApiToken.objects.count() == 1


def test_deleted_token_is_rejected_immediately(ana_client):
    """PPL-3"""
    created = create_token(ana_client)
    assert bearer(created["token"]).get(ME).status_code == 200
    assert ana_client.delete(f"{TOKENS}{created['id']}/").status_code == 204
    assert bearer(created["token"]).get(ME).status_code == 401
    assert ana_client.delete(f"{TOKENS}{created['id']}/").status_code == 404


def test_user_can_have_at_most_100_tokens(ana_client, ana, bob):
    """PPL-4"""
    for number in range(tokens.MAX_TOKENS):
        tokens.create(ana, name=f"number {number}")
    response = ana_client.post(TOKENS, KITCHEN)
    assert (response.status_code, response.json()["code"]) == (409, "too_many_tokens")
    assert tokens.create(bob, name="his")
    ana_client.delete(f"{TOKENS}{ana_client.get(TOKENS).json()['results'][0]['id']}/")
    assert ana_client.post(TOKENS, KITCHEN).status_code == 201


def test_token_by_password_replaces_the_oldest_unused_one_at_the_limit(anonymous_client, ana):
    """PPL-4"""
    secrets = [tokens.create_from_password(ana) for _ in range(tokens.MAX_TOKENS)]
    named = ApiToken.objects.order_by("created").last()
    ApiToken.objects.filter(pk=named.pk).update(name="kitchen")
    for secret in secrets[1:]:
        tokens.find(secret)
    login = {"username": "ana", "password": PASSWORD}
    fresh = anonymous_client.post("/api/api-token-auth/", login).json()["token"]
    assert tokens.find(secrets[0]) is None
    assert tokens.find(fresh) is not None
    assert ApiToken.objects.count() == tokens.MAX_TOKENS
    assert ApiToken.objects.filter(pk=named.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_token_limit_holds_when_eight_requests_race(ana):
    """PPL-4"""
    for number in range(tokens.MAX_TOKENS - 1):
        tokens.create(ana, name=f"number {number}")

    def try_create(number):
        try:
            tokens.create(ana, name=f"more {number}")
        except tokens.TooManyTokensError:
            return False
        else:
            return True
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_create, range(8))) == 1
    assert ApiToken.objects.count() == tokens.MAX_TOKENS


def test_delete_expired_deletes_only_tokens_expired_long_ago(ana):
    """PPL-13"""
    month = timedelta(days=31)
    for name, age in (("old", month), ("just expired", timedelta(minutes=1)), ("valid", -month)):
        token, _ = tokens.create(ana, name=name)
        ApiToken.objects.filter(pk=token.pk).update(expiry=timezone.now() - age)
    tokens.create(ana, name="never expires")
    assert tokens.delete_expired() == 1
    assert {token.name for token in ApiToken.objects.all()} == {
        "just expired",
        "valid",
        "never expires",
    }


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"scope": "write"}, 200), ({"scope": "tick"}, 403), ({"list_id": uuid4()}, 403)],
    ids=["write scope", "tick scope", "restricted to one list"],
)
def test_restricted_token_cannot_change_the_profile(ana, token_client, fields, status):
    """PPL-1"""
    client = token_client(ana, **fields)
    assert client.get(ME).status_code == 200
    assert client.patch(ME, {"email": "evil@example.org"}).status_code == status


@pytest.mark.parametrize("fields", [{"scope": "read"}, {"scope": "tick"}, {"list_id": True}])
def test_narrow_token_is_told_the_id_and_the_name_alone(
    fields, olga, token_client, create_list, guest
):
    """PPL-21"""
    if "list_id" in fields:
        fields = {"list_id": create_list(olga).pk}
    olga.email = "olga@example.org"
    olga.save()
    assert token_client(olga, **fields).get(ME).json() == {
        "id": olga.pk,
        "name": "Olga",
        "username": "",
        "email": "",
        "language": "",
        "is_staff": False,
        "is_guest": False,
    }
    wide = token_client(olga).get(ME).json()
    assert (wide["username"], wide["email"], wide["is_staff"]) == ("olga", olga.email, True)


def test_guest_is_told_no_counters_of_the_house(guest, signed_in_client, ana):
    """PPL-21"""
    response = signed_in_client(guest).get("/api/live/requests/")
    assert (response.status_code, response.json()["code"]) == (403, "guest")
    assert signed_in_client(ana).get("/api/live/requests/").status_code != 403
