"""Changing the password with the current password."""

import pytest
from django.test import override_settings

from accounts import sessions
from accounts.models import Session, User
from tests.accounts.conftest import renew_csrf
from tests.conftest import PASSWORD

ADDRESS, ME, LOGIN = "/api/auth/password/", "/api/auth/me/", "/api/auth/login/"
NEW = "another horse battery"
BODY = {"current_password": PASSWORD, "new_password": NEW}


@pytest.fixture
def phone(open_browser, ana):
    return open_browser("ana")


@pytest.fixture
def laptop(open_browser, ana):
    return open_browser("ana")


def sign_in(client, password):
    return client.post(LOGIN, {"username": "ana", "password": password}).status_code


def test_password_change_keeps_this_session_and_ends_all_others(phone, laptop, anonymous_client):
    """PPL-7"""
    before = sessions.find(phone.cookies["trolley_sessionid"].value)
    response = phone.post(ADDRESS, BODY)
    assert (response.status_code, response.content) == (204, b"")
    assert phone.get(ME).status_code == 200
    assert laptop.get(ME).status_code == 401
    after = Session.objects.get()
    assert after == sessions.find(phone.cookies["trolley_sessionid"].value) != before
    assert (after.public_id, after.created_at) == (before.public_id, before.created_at)
    assert (sign_in(anonymous_client, PASSWORD), sign_in(anonymous_client, NEW)) == (400, 200)


def test_old_session_key_is_rejected_when_the_password_has_changed(phone, anonymous_client):
    """PPL-7, SEC-7"""
    old_key = phone.cookies["trolley_sessionid"].value
    phone.post(ADDRESS, BODY)
    anonymous_client.cookies["trolley_sessionid"] = old_key
    assert anonymous_client.get(ME).status_code == 401


def test_session_can_write_when_the_password_has_changed(phone):
    phone.post(ADDRESS, BODY)
    renew_csrf(phone)
    assert phone.patch(ME, {"name": "A."}).status_code == 200


def test_password_change_is_rejected_when_the_current_password_is_wrong(phone, laptop, ana):
    """PPL-7"""
    response = phone.post(ADDRESS, BODY | {"current_password": "not the password"})
    assert response.status_code == 400
    assert response.json()["errors"] == {"current_password": ["That is not your password."]}
    assert laptop.get(ME).status_code == 200
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("weak", ["short", "1234567890", "password1234", "anaanaanaana", ""])
def test_password_change_rejects_a_weak_password(phone, make_user, open_browser, weak):
    """PPL-7"""
    if weak == "anaanaanaana":
        make_user("anaanaanaan")
        phone = open_browser("anaanaanaan")
    response = phone.post(ADDRESS, BODY | {"new_password": weak})
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["new_password"]


def test_password_change_locks_out_after_ten_wrong_passwords(phone, anonymous_client):
    """PPL-8, SEC-10"""
    guess = BODY | {"current_password": "not the password"}
    assert [phone.post(ADDRESS, guess).status_code for _ in range(10)] == [400] * 9 + [429]
    response = phone.post(ADDRESS, BODY)
    assert (response.status_code, response.json()["code"]) == (429, "locked_out")
    assert 0 < int(response["Retry-After"]) <= 901
    assert sign_in(anonymous_client, PASSWORD) == 429
    assert User.objects.get().check_password(PASSWORD)


@override_settings(SIGNIN_FAILURES_PER_ADDRESS=3)
def test_wrong_current_passwords_count_for_the_client_address(phone, open_browser, make_user):
    """PPL-8"""
    make_user("bob")
    bob_browser = open_browser("bob")
    for _ in range(3):
        phone.post(ADDRESS, BODY | {"current_password": "not the password"})
    assert bob_browser.post(ADDRESS, BODY).status_code == 429


def test_password_change_rejects_api_tokens(ana, token_client):
    """PPL-7"""
    assert token_client(ana).post(ADDRESS, BODY).status_code == 403
    assert User.objects.get().check_password(PASSWORD)


def test_guest_cannot_change_a_password(signed_in_client, guest):
    response = signed_in_client(guest).post(ADDRESS, BODY)
    assert (response.status_code, response.json()["code"]) == (403, "guest")


def test_api_tokens_stay_valid_when_the_password_changes(phone, ana, token_client):
    """PPL-7"""
    client = token_client(ana)
    phone.post(ADDRESS, BODY)
    assert client.get(ME).status_code == 200
