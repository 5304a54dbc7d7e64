"""Signing in the user named by the trusted proxy; the ASGI scope carries the name."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.hashers import is_password_usable
from django.test import AsyncClient

from accounts.models import Session, User
from accounts.proxy_auth import REMOTE_USER
from tests.conftest import PASSWORD

ME = "/api/auth/me/"


@pytest.fixture
def proxied(settings, db):
    """Return a function that sends a request through the proxy as the given user."""
    settings.PROXY_AUTH_HEADER = "Remote-User"
    client = AsyncClient()
    handler = client.handler

    def request(name=None, *, method="get", path=ME, headers=None):
        proxy_scope = {} if name is None else {REMOTE_USER: name}
        client.handler = lambda scope: handler({**scope, **proxy_scope})
        return async_to_sync(getattr(client, method))(path, headers=headers)

    request.client = client
    return request


def username_of(response):
    return response.json().get("username")


def test_known_user_is_signed_in_by_the_proxy(proxied, ana):
    """PPL-14"""
    assert username_of(proxied("ana")) == "ana"
    assert Session.objects.get().user == ana
    assert username_of(proxied("ANA")) == "ana"
    assert Session.objects.count() == 1


def test_first_page_request_signs_the_proxy_user_in(proxied, ana):
    """PPL-14"""
    proxied("ana", path="/")
    assert Session.objects.get().user == ana


def test_proxy_session_is_valid_for_sockets(proxied, ana):
    """PPL-14"""
    proxied("ana")
    assert socket_user(proxied, "ana") == socket_user(proxied, "ANA") == ana.pk


def socket_user(proxied, name):
    """Return the id of the user of a socket that this browser opens through the proxy."""
    from live.connections import identity

    key = proxied.client.cookies["trolley_sessionid"].value
    user = identity.identity_from_session(key, proxy_user=name)
    return user and user.user_id


WAYS_IN = {
    "API": lambda proxied, name, headers: proxied(name, headers=headers).status_code == 200,
    "admin": lambda proxied, name, headers: (
        proxied(name, path="/admin/", headers=headers).status_code == 200
    ),
    "socket": lambda proxied, name, headers: socket_user(proxied, name) is not None,
}


@pytest.mark.parametrize("way_in", WAYS_IN)
@pytest.mark.parametrize(
    ("name", "authorization"),
    [(None, ""), (None, "Basic eA=="), (None, "Bearer"), (None, "Digest x"), ("zoe", ""), ("", "")],
)
def test_proxy_session_does_not_count_when_the_proxy_does_not_name_its_user(
    proxied, olga, way_in, name, authorization
):
    """PPL-14"""
    proxied("olga")
    headers = {"authorization": authorization} if authorization else {}
    assert WAYS_IN[way_in](proxied, "olga", {})
    assert not WAYS_IN[way_in](proxied, name, headers)


@pytest.mark.parametrize("authorization", ["Basic eA==", "Digest x", "Bearerx y"])
def test_user_is_the_one_of_the_proxy_when_authorization_has_no_token(
    proxied, ana, bob, authorization
):
    """PPL-14: a proxy that asks for a password itself may pass its header on."""
    proxied("ana")
    headers = {"authorization": authorization}
    assert username_of(proxied("bob", headers=headers)) == "bob"
    assert socket_user(proxied, "ana") is None
    assert socket_user(proxied, "bob") == bob.pk


def test_proxy_session_does_not_count_when_the_request_has_a_token(proxied, ana, bob):
    """PPL-14"""
    proxied("ana")
    for name in ("ana", "bob", None):
        headers = {"authorization": "Bearer trl_x"}
        assert proxied(name, headers=headers).status_code == 401
        assert proxied(name, path="/admin/", headers=headers).status_code == 302
    assert username_of(proxied("ana")) == "ana"


def test_proxy_session_does_not_count_when_proxy_auth_was_turned_off(proxied, ana, settings):
    """PPL-14"""
    proxied("ana")
    settings.PROXY_AUTH_HEADER = ""
    assert proxied().status_code == 401
    assert socket_user(proxied, None) is None
    proxied.client.force_login(ana)
    assert username_of(proxied()) == "ana"
    assert socket_user(proxied, None) == ana.pk


def test_password_sign_in_in_a_proxy_session_counts_without_the_proxy(proxied, ana, settings):
    """PPL-14: the session is then one that a password began."""
    proxied("ana")
    settings.PROXY_AUTH_HEADER = ""
    proxied(path="/")
    csrf = proxied.client.cookies["trolley_csrftoken"].value
    response = async_to_sync(proxied.client.post)(
        "/api/auth/login/",
        {"username": "ana", "password": PASSWORD},
        content_type="application/json",
        headers={"X-CSRFToken": csrf},
    )
    assert response.status_code == 200
    assert username_of(proxied()) == "ana"


def test_proxy_header_is_ignored_when_proxy_auth_is_off(proxied, ana, settings):
    """PPL-14"""
    settings.PROXY_AUTH_HEADER = ""
    assert proxied("ana").status_code == 401


def test_proxy_session_ends_when_the_proxy_sends_no_user(proxied, ana):
    """PPL-14"""
    proxied("ana")
    assert proxied().status_code == 401
    assert not Session.objects.exists()


def test_another_proxy_user_gets_another_session(proxied, ana, bob):
    """PPL-14"""
    before = proxied("ana") and proxied.client.cookies["trolley_sessionid"].value
    assert username_of(proxied("bob")) == "bob"
    assert proxied.client.cookies["trolley_sessionid"].value != before
    assert Session.objects.get().user == bob


def test_password_session_stays_when_the_proxy_sends_no_user(proxied, ana, bob):
    proxied.client.force_login(ana)
    assert username_of(proxied()) == "ana"
    assert username_of(proxied("bob")) == "bob"


def test_api_token_takes_precedence_over_the_proxy_user(proxied, ana, bob):
    """PPL-14"""
    from accounts import tokens

    _, secret = tokens.create(bob, name="script")
    assert username_of(proxied("ana", headers={"authorization": f"Bearer {secret}"})) == "bob"
    assert not Session.objects.exists()


def test_unknown_proxy_user_is_not_signed_in(proxied, caplog):
    """PPL-14"""
    assert proxied("zoe").status_code == 401
    assert not User.objects.exists()
    assert "'zoe', who is unknown here" in caplog.text


def test_unknown_proxy_user_is_created_when_creation_is_on(proxied, settings, olga):
    """PPL-14"""
    settings.PROXY_AUTH_CREATE = True
    assert username_of(proxied("zoe")) == "zoe"
    user = User.objects.get(username="zoe")
    assert (user.is_superuser, user.is_staff, user.is_guest) == (False, False, False)
    assert not is_password_usable(user.password)


def test_first_proxy_user_does_not_become_the_owner(proxied, settings):
    """PPL-14"""
    settings.PROXY_AUTH_CREATE = True
    assert proxied("olga").json()["is_staff"] is False


@pytest.mark.parametrize("name", ["a b", "ana\u202e", "x" * 151, "a,b", "guest-1", "Guest-1"])
def test_invalid_proxy_user_name_creates_no_user(proxied, settings, name):
    """PPL-14"""
    settings.PROXY_AUTH_CREATE = True
    assert proxied(name).status_code == 401
    assert not User.objects.exists()


def test_proxy_cannot_sign_in_guests_or_disabled_users(proxied, guest, ana, settings):
    """PPL-14"""
    settings.PROXY_AUTH_CREATE = True
    User.objects.filter(pk=ana.pk).update(is_active=False)
    for name in (guest.username, guest.username.upper(), "ana"):
        assert proxied(name).status_code == 401


def test_proxy_session_ends_when_the_user_is_disabled(proxied, ana):
    """PPL-14"""
    proxied("ana")
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert proxied("ana").status_code == 401


def test_proxy_user_name_cannot_forge_a_log_line(proxied, caplog):
    proxied("a\nb")
    assert "'a\\nb'" in caplog.text


def test_proxy_user_name_is_normalised_to_the_same_user(proxied, settings):
    """PPL-14"""
    settings.PROXY_AUTH_CREATE = True
    for name in ("Jose\u0301", "Jos\u00e9", "Jose\u0301"):
        assert username_of(proxied(name)) == "Jos\u00e9"
    assert User.objects.count() == 1


def test_user_is_not_created_when_normalising_changes_the_proxy_name(proxied, settings, caplog):
    """PPL-14"""
    settings.PROXY_AUTH_CREATE = True
    assert proxied("\uff41na").status_code == 401
    assert not User.objects.exists()
    assert "called as nobody can be here" in caplog.text
