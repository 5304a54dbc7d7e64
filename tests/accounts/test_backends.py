"""The ordinary ways of Django to sign a user in work, and none of them skips the locks."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth import authenticate, login
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware
from django.test import AsyncClient, Client, RequestFactory

from accounts.attempt_counts import AttemptCount
from accounts.models import User
from tests.conftest import PASSWORD

ME = "/api/auth/me/"


def test_force_login_signs_in(ana: User) -> None:
    """PPL-20, case AJ1"""
    client = Client()
    client.force_login(ana)
    assert client.get(ME).json()["username"] == "ana"


def test_login_of_the_test_client_signs_in(ana: User) -> None:
    """PPL-20, case AJ1: it has no request, so there is no address to lock."""
    client = Client()
    assert client.login(username="ana", password=PASSWORD)
    assert client.get(ME).json()["username"] == "ana"
    assert not Client().login(username="ana", password="not the password")


@pytest.mark.django_db(transaction=True)
def test_asynchronous_force_login_signs_in(ana: User) -> None:
    """PPL-20, case AJ1"""

    async def sign_in_and_out() -> tuple[int, int]:
        client = AsyncClient()
        await client.aforce_login(ana)
        before = (await client.get(ME)).status_code
        await client.alogout()
        return before, (await client.get(ME)).status_code

    assert async_to_sync(sign_in_and_out)() == (200, 401)


def test_plain_login_of_a_program_signs_in(ana: User) -> None:
    """PPL-20, case AJ1"""
    request = request_with_session()
    login(request, ana)
    request.session.save()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    assert client.get(ME).json()["username"] == "ana"


def test_locked_address_is_refused_with_the_right_password(ana: User) -> None:
    """SEC-10"""
    request = request_with_session()
    assert authenticate(request, username="ana", password=PASSWORD) == ana
    for number in range(settings.SIGNIN_FAILURES_PER_ADDRESS):
        authenticate(request, username=f"name-{number}", password="wrong")
    assert authenticate(request, username="ana", password=PASSWORD) is None
    AttemptCount.objects.all().delete()
    assert authenticate(request_with_session(), username="ana", password=PASSWORD) == ana


def test_session_of_an_older_version_stays_signed_in(ana: User) -> None:
    """SEC-30: its row had the key itself, and the name of a backend that is no more."""
    from django.apps import apps

    from accounts.models import Session

    client = Client()
    client.force_login(ana)
    store = client.session
    store["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    store.save()
    Session.objects.update(session_key=store.session_key)
    assert client.get(ME).status_code == 401
    client.cookies[settings.SESSION_COOKIE_NAME] = store.session_key
    import_module("accounts.migrations.0004_session_digests").hash_keys(apps, None)
    assert client.get(ME).json()["username"] == "ana"


def request_with_session() -> Any:
    request: Any = RequestFactory().post("/", REMOTE_ADDR="192.0.2.9")
    SessionMiddleware(lambda _: None).process_request(request)  # type: ignore[arg-type, return-value]
    request.user = AnonymousUser()
    return request
