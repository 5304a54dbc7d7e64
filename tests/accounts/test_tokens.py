"""API tokens: hashed, revocable, and their use noticed once a minute."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import ApiToken
from tests.conftest import PASSWORD

pytestmark = pytest.mark.database

ME = "/api/auth/me/"


@pytest.fixture
def secret(ana):
    return ApiToken.objects.create(user=ana, name="kitchen")[1]


def bearer(secret, **extra):
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}", **extra)
    return client


def test_it_is_a_person_without_cookies_or_csrf(secret):
    assert bearer(secret).get(ME).json()["username"] == "ana"
    assert bearer(secret).patch(ME, {"name": "A."}).status_code == 200


def test_it_is_stored_hashed(secret):
    stored = ApiToken.objects.values().get()
    assert secret not in map(str, stored.values())
    assert secret.startswith("trl_")


@pytest.mark.parametrize("wrong", ["", "x", "trl_" + "0" * 64, "tr\u00fcl", "a b", "\u2603"])
def test_it_answers_a_wrong_token_with_401(secret, wrong):
    client = APIClient()
    answer = client.get(ME, HTTP_AUTHORIZATION=f"Bearer {wrong}".encode().decode("latin-1"))
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_it_is_refused_after_it_expired(secret):
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert bearer(secret).get(ME).status_code == 401


def test_it_is_refused_once_deleted_or_its_person_disabled(secret, ana):
    ana.is_active = False
    ana.save()
    assert bearer(secret).get(ME).status_code == 401
    ana.is_active = True
    ana.save()
    ApiToken.objects.all().delete()
    assert bearer(secret).get(ME).status_code == 401


def test_it_notices_use_at_most_once_a_minute(secret, django_assert_num_queries):
    assert tokens.find(secret).last_used_at is None
    noticed = ApiToken.objects.get().last_used_at
    assert noticed is not None
    with django_assert_num_queries(1):
        tokens.find(secret)
    ApiToken.objects.update(last_used_at=noticed - timedelta(minutes=2))
    tokens.find(secret)
    assert ApiToken.objects.get().last_used_at >= noticed


def test_it_prefers_the_token_to_a_session(secret, signed_in_client, bob):
    client = signed_in_client(bob)
    assert client.get(ME, HTTP_AUTHORIZATION=f"Bearer {secret}").json()["username"] == "ana"


def test_it_gives_a_script_a_token_for_a_password(ana):
    client = APIClient(enforce_csrf_checks=True)
    answer = client.post("/api/api-token-auth/", {"username": "ana", "password": PASSWORD})
    assert answer.status_code == 200
    assert list(answer.json()) == ["token"]
    assert bearer(answer.json()["token"]).get(ME).json()["username"] == "ana"
    assert not answer.cookies


def test_it_can_be_made_on_the_command_line(ana):
    out = StringIO()
    call_command("createtoken", "ana", name="cron", scope="read", stdout=out)
    token = tokens.find(out.getvalue().strip())
    assert (token.user, token.name, token.scope) == (ana, "cron", "read")


def test_it_says_on_the_command_line_who_is_missing(db):
    with pytest.raises(CommandError, match="no person called nobody"):
        call_command("createtoken", "nobody")


def test_it_shows_no_secret_in_the_admin(secret, signed_in_client, olga):
    token = ApiToken.objects.get()
    client = signed_in_client(olga)
    page = client.get(f"/admin/accounts/apitoken/{token.pk}/change/")
    assert page.status_code == 200
    assert token.digest not in page.content.decode().replace(f"apitoken/{token.pk}", "")
    assert client.get("/admin/accounts/apitoken/add/").status_code == 403
