"""Another password, by one who knows the old one."""

import pytest
from django.test import override_settings

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


def test_this_browser_goes_on_and_all_others_are_out(phone, laptop, anonymous_client):
    """PPL-7"""
    before = Session.objects.get(session_key=phone.cookies["sessionid"].value)
    answer = phone.post(ADDRESS, BODY)
    assert (answer.status_code, answer.content) == (204, b"")
    assert phone.get(ME).status_code == 200
    assert laptop.get(ME).status_code == 401
    after = Session.objects.get()
    assert after.session_key == phone.cookies["sessionid"].value != before.session_key
    assert (after.public_id, after.created_at) == (before.public_id, before.created_at)
    assert (sign_in(anonymous_client, PASSWORD), sign_in(anonymous_client, NEW)) == (400, 200)


def test_the_old_key_opens_nothing(phone, anonymous_client):
    """PPL-7, SEC-7"""
    old = phone.cookies["sessionid"].value
    phone.post(ADDRESS, BODY)
    anonymous_client.cookies["sessionid"] = old
    assert anonymous_client.get(ME).status_code == 401


def test_this_browser_can_write_afterwards(phone):
    phone.post(ADDRESS, BODY)
    renew_csrf(phone)
    assert phone.patch(ME, {"name": "A."}).status_code == 200


def test_a_wrong_one_is_named_and_changes_nothing(phone, laptop, ana):
    """PPL-7"""
    answer = phone.post(ADDRESS, BODY | {"current_password": "not the password"})
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"current_password": ["That is not your password."]}
    assert laptop.get(ME).status_code == 200
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("weak", ["short", "1234567890", "password1234", "anaanaanaana", ""])
def test_a_weak_one_is_refused(phone, make_user, open_browser, weak):
    """PPL-7"""
    if weak == "anaanaanaana":
        make_user("anaanaanaan")
        phone = open_browser("anaanaanaan")
    answer = phone.post(ADDRESS, BODY | {"new_password": weak})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["new_password"]


def test_guesses_are_counted_and_locked_out_as_at_sign_in(phone, anonymous_client):
    """PPL-8, SEC-10"""
    guess = BODY | {"current_password": "not the password"}
    assert [phone.post(ADDRESS, guess).status_code for _ in range(10)] == [400] * 9 + [429]
    answer = phone.post(ADDRESS, BODY)
    assert (answer.status_code, answer.json()["code"]) == (429, "locked_out")
    assert 0 < int(answer["Retry-After"]) <= 901
    assert sign_in(anonymous_client, PASSWORD) == 429
    assert User.objects.get().check_password(PASSWORD)


@override_settings(SIGNIN_FAILURES_PER_ADDRESS=3)
def test_guesses_count_for_the_address_too(phone, open_browser, make_user):
    """PPL-8"""
    make_user("bob")
    of_bob = open_browser("bob")
    for _ in range(3):
        phone.post(ADDRESS, BODY | {"current_password": "not the password"})
    assert of_bob.post(ADDRESS, BODY).status_code == 429


def test_no_token_changes_it(ana, token_client):
    """PPL-7"""
    assert token_client(ana).post(ADDRESS, BODY).status_code == 403
    assert User.objects.get().check_password(PASSWORD)


def test_a_guest_has_none(signed_in_client, guest):
    answer = signed_in_client(guest).post(ADDRESS, BODY)
    assert (answer.status_code, answer.json()["code"]) == (403, "guest")


def test_tokens_of_scripts_go_on(phone, ana, token_client):
    """PPL-7"""
    client = token_client(ana)
    phone.post(ADDRESS, BODY)
    assert client.get(ME).status_code == 200
