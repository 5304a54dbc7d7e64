"""Signing in whom the proxy has let in; what it said is in the scope by now."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.hashers import is_password_usable
from django.test import AsyncClient

from accounts.models import Session, User
from accounts.proxy_auth import REMOTE_USER

pytestmark = pytest.mark.database

ME = "/api/auth/me/"


@pytest.fixture
def proxied(settings, db):
    """Open a browser that comes by the proxy; it names who is let in."""
    settings.PROXY_AUTH_HEADER = "Remote-User"
    client = AsyncClient()
    handler = client.handler

    def ask(name=None, *, method="get", path=ME, headers=None):
        said = {} if name is None else {REMOTE_USER: name}
        client.handler = lambda scope: handler({**scope, **said})
        return async_to_sync(getattr(client, method))(path, headers=headers)

    ask.client = client
    return ask


def whom(answer):
    return answer.json().get("username")


def test_a_known_person_is_signed_in(proxied, ana):
    """PPL-14"""
    assert whom(proxied("ana")) == "ana"
    assert Session.objects.get().user == ana
    assert whom(proxied("ANA")) == "ana"
    assert Session.objects.count() == 1


def test_the_first_page_is_enough(proxied, ana):
    """PPL-14"""
    proxied("ana", path="/")
    assert Session.objects.get().user == ana


def test_it_is_a_session_for_sockets_too(proxied, ana):
    """PPL-14"""
    from live.connections import identity

    proxied("ana")
    assert (
        identity.identity_from_session(proxied.client.cookies["sessionid"].value).user_id == ana.pk
    )


def test_nobody_is_signed_in_where_it_is_off(proxied, ana, settings):
    """PPL-14"""
    settings.PROXY_AUTH_HEADER = ""
    assert proxied("ana").status_code == 401


def test_it_ends_when_the_proxy_no_longer_says_so(proxied, ana):
    """PPL-14"""
    proxied("ana")
    assert proxied().status_code == 401
    assert not Session.objects.exists()


def test_another_name_is_another_person(proxied, ana, bob):
    """PPL-14"""
    before = proxied("ana") and proxied.client.cookies["sessionid"].value
    assert whom(proxied("bob")) == "bob"
    assert proxied.client.cookies["sessionid"].value != before
    assert Session.objects.get().user == bob


def test_who_signed_in_with_a_password_stays_without_the_proxy(proxied, ana, bob):
    proxied.client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    assert whom(proxied()) == "ana"
    assert whom(proxied("bob")) == "bob"


def test_the_token_of_a_script_speaks_for_itself(proxied, ana, bob):
    """PPL-14"""
    from accounts import tokens

    _, secret = tokens.create(bob, name="script")
    assert whom(proxied("ana", headers={"authorization": f"Bearer {secret}"})) == "bob"
    assert not Session.objects.exists()


def test_an_unknown_name_is_nobody(proxied, caplog):
    """PPL-14"""
    assert proxied("zoe").status_code == 401
    assert not User.objects.exists()
    assert "'zoe', who is unknown here" in caplog.text


def test_an_unknown_name_is_a_new_person_where_that_is_wanted(proxied, settings, olga):
    """PPL-14"""
    settings.PROXY_AUTH_CREATE = True
    assert whom(proxied("zoe")) == "zoe"
    made = User.objects.get(username="zoe")
    assert (made.is_superuser, made.is_staff, made.is_guest) == (False, False, False)
    assert not is_password_usable(made.password)


def test_the_first_who_comes_does_not_own_the_installation(proxied, settings):
    """PPL-14"""
    settings.PROXY_AUTH_CREATE = True
    assert proxied("olga").json()["is_staff"] is False


@pytest.mark.parametrize("name", ["a b", "ana\u202e", "x" * 151, "a,b", "guest-1", "Guest-1"])
def test_a_name_that_nobody_can_have_is_nobody(proxied, settings, name):
    """PPL-14"""
    settings.PROXY_AUTH_CREATE = True
    assert proxied(name).status_code == 401
    assert not User.objects.exists()


def test_guests_and_disabled_people_are_not_let_in(proxied, guest, ana, settings):
    """PPL-14"""
    settings.PROXY_AUTH_CREATE = True
    User.objects.filter(pk=ana.pk).update(is_active=False)
    for name in (guest.username, guest.username.upper(), "ana"):
        assert proxied(name).status_code == 401


def test_who_is_not_let_in_any_more_is_out(proxied, ana):
    """PPL-14"""
    proxied("ana")
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert proxied("ana").status_code == 401


def test_a_name_stays_inside_its_log_line(proxied, caplog):
    proxied("a\nb")
    assert "'a\\nb'" in caplog.text


def test_a_name_in_parts_is_the_same_name_each_time(proxied, settings):
    """PPL-14"""
    settings.PROXY_AUTH_CREATE = True
    for name in ("Jose\u0301", "Jos\u00e9", "Jose\u0301"):
        assert whom(proxied(name)) == "Jos\u00e9"
    assert User.objects.count() == 1


def test_no_account_is_made_under_another_name_than_the_proxy_says(proxied, settings, caplog):
    """PPL-14"""
    settings.PROXY_AUTH_CREATE = True
    assert proxied("\uff41na").status_code == 401
    assert not User.objects.exists()
    assert "called as nobody can be here" in caplog.text
