"""API tokens: stored as hashes, revocable, `last_used_at` written once a minute."""

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


def test_token_authenticates_without_cookies_or_csrf(secret):
    assert bearer(secret).get(ME).json()["username"] == "ana"
    assert bearer(secret).patch(ME, {"name": "A."}).status_code == 200


def test_token_is_stored_as_a_hash(secret):
    stored = ApiToken.objects.values().get()
    assert secret not in map(str, stored.values())
    assert secret.startswith("trl_")


@pytest.mark.parametrize("wrong", ["", "x", "trl_" + "0" * 64, "tr\u00fcl", "a b", "\u2603"])
def test_invalid_token_returns_401(secret, wrong):
    client = APIClient()
    response = client.get(ME, HTTP_AUTHORIZATION=f"Bearer {wrong}".encode().decode("latin-1"))
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


def test_expired_token_returns_401(secret):
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert bearer(secret).get(ME).status_code == 401


def test_token_returns_401_when_deleted_or_its_user_is_disabled(secret, ana):
    ana.is_active = False
    ana.save()
    assert bearer(secret).get(ME).status_code == 401
    ana.is_active = True
    ana.save()
    ApiToken.objects.all().delete()
    assert bearer(secret).get(ME).status_code == 401


def test_last_used_is_written_at_most_once_a_minute(secret, django_assert_num_queries):
    assert tokens.find(secret).last_used_at is None
    last_used_at = ApiToken.objects.get().last_used_at
    assert last_used_at is not None
    with django_assert_num_queries(1):
        tokens.find(secret)
    ApiToken.objects.update(last_used_at=last_used_at - timedelta(minutes=2))
    tokens.find(secret)
    assert ApiToken.objects.get().last_used_at >= last_used_at


def test_token_takes_precedence_over_the_session(secret, signed_in_client, bob):
    client = signed_in_client(bob)
    assert client.get(ME, HTTP_AUTHORIZATION=f"Bearer {secret}").json()["username"] == "ana"


def test_api_token_auth_returns_a_token_for_a_password(ana):
    client = APIClient(enforce_csrf_checks=True)
    response = client.post("/api/api-token-auth/", {"username": "ana", "password": PASSWORD})
    assert response.status_code == 200
    assert list(response.json()) == ["token"]
    assert bearer(response.json()["token"]).get(ME).json()["username"] == "ana"
    assert not response.cookies


def test_createtoken_prints_a_valid_token(ana):
    out = StringIO()
    call_command("createtoken", "ana", name="cron", scope="read", stdout=out)
    token = tokens.find(out.getvalue().strip())
    assert (token.user, token.name, token.scope) == (ana, "cron", "read")


def test_createtoken_reports_an_unknown_username(db):
    with pytest.raises(CommandError, match="no user called nobody"):
        call_command("createtoken", "nobody")


def test_admin_shows_no_token_secret(secret, signed_in_client, olga):
    token = ApiToken.objects.get()
    client = signed_in_client(olga)
    page = client.get(f"/admin/accounts/apitoken/{token.pk}/change/")
    assert page.status_code == 200
    assert token.digest not in page.content.decode().replace(f"apitoken/{token.pk}", "")
    assert client.get("/admin/accounts/apitoken/add/").status_code == 403
