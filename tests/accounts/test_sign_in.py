"""Signing in and out, from a browser and from a script."""

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from tests.conftest import PASSWORD

pytestmark = pytest.mark.database

LOGIN, LOGOUT, ME = "/api/auth/login/", "/api/auth/logout/", "/api/auth/me/"
WRONG = {"username": "ana", "password": "not the password"}


@pytest.fixture
def browser(db):
    """A strict browser that has looked at our page once."""
    client = APIClient(enforce_csrf_checks=True)
    client.get("/")
    client.credentials(HTTP_X_CSRFTOKEN=client.cookies["csrftoken"].value)
    return client


def sign_in(client, username="ana", password=PASSWORD):
    return client.post(LOGIN, {"username": username, "password": password})


def test_it_signs_in_and_says_who_it_is(browser, ana):
    answer = sign_in(browser)
    assert answer.status_code == 200
    assert answer.json() == {
        "id": ana.id,
        "name": "Ana",
        "username": "ana",
        "email": "",
        "is_staff": False,
        "is_guest": False,
    }
    assert browser.get(ME).json() == answer.json()


def test_it_refuses_to_sign_in_without_a_csrf_token(ana):
    answer = sign_in(APIClient(enforce_csrf_checks=True))
    assert answer.status_code == 403
    assert answer.json()["code"] == "csrf_failed"


def test_it_refuses_a_change_by_session_without_a_csrf_token(ana):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.patch(ME, {"name": "Eve"})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_it_gives_the_session_a_new_key_at_sign_in(browser, ana):
    """SEC-7"""
    session = browser.session
    session["before"] = True
    session.save()
    before = session.session_key
    browser.cookies["sessionid"] = before
    sign_in(browser)
    assert browser.cookies["sessionid"].value != before


def test_it_answers_a_wrong_name_like_a_wrong_password(browser, ana):
    wrong_name = sign_in(browser, "nobody", PASSWORD)
    wrong_password = sign_in(browser, "ana", "not the password")
    one, other = wrong_name.json(), wrong_password.json()
    assert one.pop("request_id") != other.pop("request_id")
    assert one == other
    assert wrong_name.status_code == wrong_password.status_code == 400


def test_it_computes_the_hash_for_unknown_names_too(browser, ana, monkeypatch):
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args)
    )
    sign_in(browser, "nobody", PASSWORD)
    assert hashed


def test_it_answers_a_disabled_person_like_a_wrong_password(browser, ana):
    """SEC-11"""
    ana.is_active = False
    ana.save()
    assert sign_in(browser).json()["code"] == "bad_credentials"


def test_it_signs_out_with_an_empty_answer(browser, ana):
    sign_in(browser)
    browser.credentials(HTTP_X_CSRFTOKEN=browser.cookies["csrftoken"].value)
    answer = browser.post(LOGOUT)
    assert (answer.status_code, answer.content) == (204, b"")
    assert browser.get(ME).status_code == 401


def test_it_says_401_and_bearer_to_a_stranger(anonymous_client, db):
    answer = anonymous_client.get(ME)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "not_authenticated"


def test_it_lets_me_change_my_name_and_nothing_that_is_not_mine(signed_in_client, ana):
    client = signed_in_client(ana)
    assert client.patch(ME, {"name": "Ana B."}).json()["name"] == "Ana B."
    assert client.patch(ME, {"is_staff": True}).status_code == 400
    ana.refresh_from_db()
    assert (ana.name, ana.is_staff) == ("Ana B.", False)


@pytest.mark.parametrize("name", ["a\u202eb", "a\nb", "a\x00b", "x" * 101])
def test_it_refuses_names_that_could_mislead(signed_in_client, ana, name):
    answer = signed_in_client(ana).patch(ME, {"name": name})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["name"]


def test_it_names_an_unknown_field(signed_in_client, ana):
    answer = signed_in_client(ana).patch(ME, {"nmae": "Ana"})
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"nmae": ["Unknown field."]}


class TestBruteForce:
    """Limits by name and address, and by address alone."""

    def fail(self, client, times, **extra):
        return [client.post(LOGIN, WRONG, **extra).status_code for _ in range(times)]

    def test_it_locks_a_name_out_at_the_tenth_failure_even_with_the_right_password(
        self, anonymous_client, ana
    ):
        """SEC-10"""
        assert self.fail(anonymous_client, 10) == [400] * 9 + [429]
        answer = sign_in(anonymous_client)
        assert (answer.status_code, answer.json()["code"]) == (429, "locked_out")
        assert answer["Content-Type"] == "application/problem+json"
        assert 0 < int(answer["Retry-After"]) <= 901

    def test_it_counts_a_name_in_any_case_as_one(self, anonymous_client, ana):
        for name in ("ana", "ANA", "Ana", "aNa", "anA") * 2:
            last = sign_in(anonymous_client, name, "not the password")
        assert last.status_code == 429

    def test_it_cannot_lock_the_owner_out_from_elsewhere(self, anonymous_client, ana):
        """SEC-10"""
        self.fail(anonymous_client, 10, REMOTE_ADDR="198.51.100.7")
        assert sign_in(anonymous_client).status_code == 200

    def test_it_answers_an_unknown_name_under_lock_the_same(self, anonymous_client, db):
        assert self.fail(anonymous_client, 10) == [400] * 9 + [429]

    def test_it_forgets_failures_after_a_success(self, anonymous_client, ana):
        self.fail(anonymous_client, 9)
        assert sign_in(anonymous_client).status_code == 200
        assert self.fail(anonymous_client, 5) == [400] * 5

    @override_settings(SIGNIN_FAILURES_PER_ADDRESS=3)
    def test_it_turns_an_address_away_that_tries_many_names(self, anonymous_client, ana):
        """SEC-10"""
        for number in range(3):
            assert sign_in(anonymous_client, f"name{number}", "wrong wrong").status_code == 400
        answer = sign_in(anonymous_client)
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0

    @override_settings(SIGNIN_FAILURES_PER_ADDRESS=3)
    def test_it_counts_an_ipv6_neighbourhood_as_one_address(self, anonymous_client, ana):
        for number in range(3):
            anonymous_client.post(
                LOGIN, {**WRONG, "username": f"n{number}"}, REMOTE_ADDR=f"2001:db8::{number}"
            )
        right = {"username": "ana", "password": PASSWORD}
        assert anonymous_client.post(LOGIN, right, REMOTE_ADDR="2001:db8::ffff").status_code == 429
        assert anonymous_client.post(LOGIN, right, REMOTE_ADDR="2001:db8:1::1").status_code == 200

    def test_it_throttles_tokens_by_password_too(self, anonymous_client, ana):
        for _ in range(10):
            last = anonymous_client.post("/api/api-token-auth/", WRONG)
        assert last.status_code == 429

    def test_it_protects_the_admin_with_the_same_lock(self, client, olga):
        """SEC-10"""
        wrong = {"username": "olga", "password": "not the password"}
        for _ in range(10):
            last = client.post("/admin/login/", wrong)
        assert last.status_code == 429
        assert "Retry-After" in last
