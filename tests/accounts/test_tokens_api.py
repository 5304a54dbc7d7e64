"""A person's own tokens, over the API."""

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


def make(client, **changes):
    answer = client.post(TOKENS, KITCHEN | changes)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_the_secret_is_told_once_and_opens_what_it_should(ana_client):
    """PPL-1, PPL-2"""
    made = make(ana_client)
    secret = made.pop("token")
    assert made == {
        "id": made["id"],
        "name": "Kitchen",
        "scope": "read",
        "list": None,
        "expires_at": None,
        "created_at": made["created_at"],
        "last_used_at": None,
    }
    assert bearer(secret).get(ME).json()["username"] == "ana"
    [shown] = ana_client.get(TOKENS).json()["results"]
    assert shown.pop("last_used_at") is not None
    assert shown == {name: value for name, value in made.items() if name != "last_used_at"}
    assert ana_client.get(f"{TOKENS}{made['id']}/").json()["name"] == "Kitchen"


def test_no_answer_after_the_first_has_the_secret_or_what_it_is_found_by(ana_client):
    """PPL-2"""
    answer = ana_client.post(TOKENS, KITCHEN)
    made = answer.json()
    assert answer["Cache-Control"] == "no-store"
    one = ana_client.get(f"{TOKENS}{made['id']}/")
    for later in (ana_client.get(TOKENS), one):
        said = later.content.decode()
        assert made["token"] not in said
        assert ApiToken.objects.get().digest not in said
        assert later["Cache-Control"] == "no-store"


def test_the_same_key_gets_the_same_token(ana_client):
    """PPL-2"""
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    first = ana_client.post(TOKENS, KITCHEN, **key)
    again = ana_client.post(TOKENS, KITCHEN, **key)
    assert (again.status_code, again.content) == (201, first.content)
    assert ApiToken.objects.count() == 1
    other = ana_client.post(TOKENS, KITCHEN | {"scope": "write"}, **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_no_repetition_makes_a_revoked_token_good_again(ana_client):
    """PPL-2, SEC-22"""
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    made = ana_client.post(TOKENS, KITCHEN, **key).json()
    assert ana_client.delete(f"{TOKENS}{made['id']}/").status_code == 204
    again = ana_client.post(TOKENS, KITCHEN, **key)
    assert bearer(made["token"]).get(ME).status_code == 401
    assert (again.status_code, again.json()["code"]) == (422, "idempotency_key_reused")
    assert not ApiToken.objects.exists()
    TokenIdempotencyKey.objects.update(at=timezone.now() - tokens.RETENTION)
    call_command("prune", stdout=StringIO())
    other = ana_client.post(TOKENS, KITCHEN, **key).json()
    assert bearer(other["token"]).get(ME).status_code == 200
    assert bearer(made["token"]).get(ME).status_code == 401


def test_the_key_of_somebody_else_is_no_key_to_their_token(ana_client, open_browser, mallory):
    """PPL-2"""
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    hers = ana_client.post(TOKENS, KITCHEN, **key).json()
    theirs = open_browser("mallory").post(TOKENS, KITCHEN, **key).json()
    assert hers["token"] != theirs["token"]
    assert bearer(theirs["token"]).get(ME).json()["username"] == "mallory"


def test_a_key_must_be_a_uuid(ana_client):
    answer = ana_client.post(TOKENS, KITCHEN, HTTP_IDEMPOTENCY_KEY="milk")
    assert list(answer.json()["errors"]) == ["Idempotency-Key"]


def test_it_may_be_for_one_list_that_one_is_on(ana_client, ana, mallory, create_list):
    """PPL-1"""
    mine, theirs = create_list(ana), create_list(mallory, name="Loot")
    client = bearer(make(ana_client, list=str(mine.pk))["token"])
    assert client.get(f"/api/shopping-lists/{mine.pk}/").status_code == 200
    refusals = [ana_client.post(TOKENS, KITCHEN | {"list": str(pk)}) for pk in (theirs.pk, uuid4())]
    assert [answer.status_code for answer in refusals] == [400, 400]
    foreign, unknown = (answer.json() for answer in refusals)
    assert foreign["errors"] == unknown["errors"] == {"list": ["You are on no such list."]}


def test_it_may_end_by_itself(ana_client):
    """PPL-1"""
    made = make(ana_client, expires_in=3600)
    left = parse_datetime(made["expires_at"]) - timezone.now()
    assert timedelta(minutes=55) < left <= timedelta(hours=1)
    assert bearer(made["token"]).get(ME).status_code == 200
    ApiToken.objects.update(expiry=timezone.now())
    assert bearer(made["token"]).get(ME).status_code == 401


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
def test_what_is_wrong_is_named(ana_client, change, field):
    answer = ana_client.post(TOKENS, KITCHEN | change)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert not ApiToken.objects.exists()


def test_its_name_is_kept_composed(ana_client):
    assert make(ana_client, name=" Cafe\u0301 ")["name"] == "Caf\u00e9"


@pytest.mark.parametrize("scope", ["read", "tick", "write"])
def test_no_token_makes_sees_or_ends_tokens(ana, token_client, scope):
    """PPL-1"""
    client = token_client(ana, scope=scope)
    address = f"{TOKENS}{ApiToken.objects.get().public_id}/"
    refusals = [client.post(TOKENS, KITCHEN), client.get(TOKENS), client.get(address)]
    refusals.append(client.delete(address))
    assert {answer.status_code for answer in refusals} == {403}
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_guests_have_no_tokens(signed_in_client, guest, method):
    """PPL-1"""
    address = f"{TOKENS}{uuid4()}/" if method == "delete" else TOKENS
    answer = getattr(signed_in_client(guest), method)(address, KITCHEN)
    assert (answer.status_code, answer.json()["code"]) == (403, "guest")


def test_a_token_of_another_person_is_nowhere(ana_client, open_browser, mallory):
    """PPL-1"""
    theirs = f"{TOKENS}{make(open_browser('mallory'))['id']}/"
    unknown = f"{TOKENS}{uuid4()}/"
    for method in (ana_client.get, ana_client.delete):
        one, other = (method(address).json() for address in (theirs, unknown))
        assert one.pop("request_id") != other.pop("request_id")
        assert (one, one["status"]) == (other, 404)
    assert ana_client.get(TOKENS).json() == {"results": []}
    assert ApiToken.objects.count() == 1


def test_a_deleted_token_is_refused_at_once(ana_client):
    """PPL-3"""
    made = make(ana_client)
    assert bearer(made["token"]).get(ME).status_code == 200
    assert ana_client.delete(f"{TOKENS}{made['id']}/").status_code == 204
    assert bearer(made["token"]).get(ME).status_code == 401
    assert ana_client.delete(f"{TOKENS}{made['id']}/").status_code == 404


def test_there_are_not_more_than_a_hundred(ana_client, ana, bob):
    """PPL-4"""
    for number in range(tokens.MAX_TOKENS):
        tokens.create(ana, name=f"number {number}")
    answer = ana_client.post(TOKENS, KITCHEN)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_tokens")
    assert tokens.create(bob, name="his")
    ana_client.delete(f"{TOKENS}{ana_client.get(TOKENS).json()['results'][0]['id']}/")
    assert ana_client.post(TOKENS, KITCHEN).status_code == 201


def test_a_script_that_asks_at_each_run_goes_on_and_ends_what_was_idle(anonymous_client, ana):
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
def test_many_at_once_are_not_more_than_a_hundred_either(ana):
    """PPL-4"""
    for number in range(tokens.MAX_TOKENS - 1):
        tokens.create(ana, name=f"number {number}")

    def one_more(number):
        try:
            tokens.create(ana, name=f"more {number}")
        except tokens.TooManyTokensError:
            return False
        else:
            return True
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one_more, range(8))) == 1
    assert ApiToken.objects.count() == tokens.MAX_TOKENS


def test_what_was_over_long_ago_is_forgotten(ana):
    """PPL-13"""
    month = timedelta(days=31)
    for name, over in (("old", month), ("just over", timedelta(minutes=1)), ("good", -month)):
        token, _ = tokens.create(ana, name=name)
        ApiToken.objects.filter(pk=token.pk).update(expiry=timezone.now() - over)
    tokens.create(ana, name="for ever")
    assert tokens.delete_expired() == 1
    assert {token.name for token in ApiToken.objects.all()} == {"just over", "good", "for ever"}


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"scope": "write"}, 200), ({"scope": "tick"}, 403), ({"list_id": uuid4()}, 403)],
    ids=["wide", "to tick", "of one list"],
)
def test_a_narrow_token_does_not_change_who_one_is(ana, token_client, fields, status):
    """PPL-1"""
    client = token_client(ana, **fields)
    assert client.get(ME).status_code == 200
    assert client.patch(ME, {"email": "evil@example.org"}).status_code == status
