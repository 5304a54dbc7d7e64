"""Sign-in and sign-out, the profile, and the limits on wrong passwords."""

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from accounts import sessions
from tests.conftest import PASSWORD

LOGIN, LOGOUT, ME = "/api/auth/login/", "/api/auth/logout/", "/api/auth/me/"
WRONG = {"username": "ana", "password": "not the password"}


@pytest.fixture
def browser(db):
    """A browser with CSRF checks that has loaded the page once."""
    client = APIClient(enforce_csrf_checks=True)
    client.get("/")
    client.credentials(HTTP_X_CSRFTOKEN=client.cookies["trolley_csrftoken"].value)
    return client


def sign_in(client, username="ana", password=PASSWORD):
    return client.post(LOGIN, {"username": username, "password": password})


def test_sign_in_returns_the_current_user(browser, ana):
    response = sign_in(browser)
    assert response.status_code == 200
    assert response.json() == {
        "id": ana.id,
        "name": "Ana",
        "username": "ana",
        "email": "",
        "language": "",
        "is_staff": False,
        "is_guest": False,
    }
    assert browser.get(ME).json() == response.json()


def test_sign_in_requires_the_csrf_token(ana):
    response = sign_in(APIClient(enforce_csrf_checks=True))
    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"


def test_session_write_requires_the_csrf_token(ana):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(ana)
    response = client.patch(ME, {"name": "Eve"})
    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")


def test_sign_in_changes_the_session_key(browser, ana):
    """SEC-7"""
    session = browser.session
    session["marker"] = True
    session.save()
    key_before = session.session_key
    browser.cookies["trolley_sessionid"] = key_before
    sign_in(browser)
    assert browser.cookies["trolley_sessionid"].value != key_before


def test_second_sign_in_of_the_same_user_changes_the_session_key(browser, ana):
    """SEC-7"""
    sign_in(browser)
    before = browser.session.session_key
    browser.credentials(HTTP_X_CSRFTOKEN=browser.cookies["trolley_csrftoken"].value)
    assert sign_in(browser).status_code == 200
    assert browser.session.session_key != before
    assert sessions.find(before) is None
    assert browser.get(ME).status_code == 200


def test_second_sign_in_at_the_admin_changes_the_session_key(client, olga):
    """SEC-7"""
    client.force_login(olga)
    before = client.session.session_key
    fields = {"username": "olga", "password": PASSWORD, "next": "/admin/"}
    assert client.post("/admin/login/", fields).status_code == 302
    assert client.session.session_key != before


def test_unknown_username_gets_the_same_response_as_a_wrong_password(browser, ana):
    wrong_name = sign_in(browser, "nobody", PASSWORD)
    wrong_password = sign_in(browser, "ana", "not the password")
    name_problem, password_problem = wrong_name.json(), wrong_password.json()
    assert name_problem.pop("request_id") != password_problem.pop("request_id")
    assert name_problem == password_problem
    assert wrong_name.status_code == wrong_password.status_code == 400


def test_disabled_user_gets_the_response_of_a_wrong_password(browser, ana):
    """SEC-11"""
    ana.is_active = False
    ana.save()
    assert sign_in(browser).json()["code"] == "bad_credentials"


def test_sign_out_returns_an_empty_response(browser, ana):
    sign_in(browser)
    browser.credentials(HTTP_X_CSRFTOKEN=browser.cookies["trolley_csrftoken"].value)
    response = browser.post(LOGOUT)
    assert (response.status_code, response.content) == (204, b"")
    assert browser.get(ME).status_code == 401


def test_anonymous_request_returns_401_with_a_bearer_challenge(anonymous_client, db):
    response = anonymous_client.get(ME)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json()["code"] == "not_authenticated"


def test_user_can_change_their_name_but_not_is_staff(signed_in_client, ana):
    client = signed_in_client(ana)
    assert client.patch(ME, {"name": "Ana B."}).json()["name"] == "Ana B."
    assert client.patch(ME, {"is_staff": True}).status_code == 400
    ana.refresh_from_db()
    assert (ana.name, ana.is_staff) == ("Ana B.", False)


@pytest.mark.parametrize("name", ["a\u202eb", "a\nb", "a\x00b", "x" * 101])
def test_profile_rejects_names_with_control_characters_or_over_100_chars(
    signed_in_client, ana, name
):
    response = signed_in_client(ana).patch(ME, {"name": name})
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["name"]


def test_profile_reports_an_unknown_field(signed_in_client, ana):
    response = signed_in_client(ana).patch(ME, {"nmae": "Ana"})
    assert response.status_code == 400
    assert response.json()["errors"] == {"nmae": ["Unknown field."]}


class TestBruteForce:
    """Limits per username and client address, and per client address."""

    def fail(self, client, times, **extra):
        return [client.post(LOGIN, WRONG, **extra).status_code for _ in range(times)]

    def test_username_is_locked_out_after_ten_failures(self, anonymous_client, ana):
        """SEC-10"""
        assert self.fail(anonymous_client, 10) == [400] * 9 + [429]
        response = sign_in(anonymous_client)
        assert (response.status_code, response.json()["code"]) == (429, "locked_out")
        assert response["Content-Type"] == "application/problem+json"
        assert 0 < int(response["Retry-After"]) <= 901

    def test_lockout_ignores_the_case_of_the_username(self, anonymous_client, ana):
        for name in ("ana", "ANA", "Ana", "aNa", "anA") * 2:
            response = sign_in(anonymous_client, name, "not the password")
        assert response.status_code == 429

    def test_lockout_from_one_address_does_not_affect_another(self, anonymous_client, ana):
        """SEC-10"""
        self.fail(anonymous_client, 10, REMOTE_ADDR="198.51.100.7")
        assert sign_in(anonymous_client).status_code == 200

    def test_unknown_username_is_locked_out_in_the_same_way(self, anonymous_client, db):
        assert self.fail(anonymous_client, 10) == [400] * 9 + [429]

    def test_successful_sign_in_resets_the_failure_count(self, anonymous_client, ana):
        self.fail(anonymous_client, 9)
        assert sign_in(anonymous_client).status_code == 200
        assert self.fail(anonymous_client, 5) == [400] * 5

    @override_settings(SIGNIN_FAILURES_PER_ADDRESS=3)
    def test_address_is_locked_out_after_failures_with_many_usernames(self, anonymous_client, ana):
        """SEC-10"""
        for number in range(3):
            assert sign_in(anonymous_client, f"name{number}", "wrong wrong").status_code == 400
        response = sign_in(anonymous_client)
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 0

    @override_settings(SIGNIN_FAILURES_PER_ADDRESS=3)
    def test_lockout_counts_an_ipv6_network_as_one_address(self, anonymous_client, ana):
        for number in range(3):
            anonymous_client.post(
                LOGIN, {**WRONG, "username": f"n{number}"}, REMOTE_ADDR=f"2001:db8::{number}"
            )
        credentials = {"username": "ana", "password": PASSWORD}
        assert (
            anonymous_client.post(LOGIN, credentials, REMOTE_ADDR="2001:db8::ffff").status_code
            == 429
        )
        assert (
            anonymous_client.post(LOGIN, credentials, REMOTE_ADDR="2001:db8:1::1").status_code
            == 200
        )

    def test_lockout_applies_to_api_token_auth(self, anonymous_client, ana):
        for _ in range(10):
            response = anonymous_client.post("/api/api-token-auth/", WRONG)
        assert response.status_code == 429

    def test_lockout_applies_to_the_admin_login(self, client, olga):
        """SEC-10"""
        wrong = {"username": "olga", "password": "not the password"}
        for _ in range(10):
            response = client.post("/admin/login/", wrong)
        assert response.status_code == 429
        assert "Retry-After" in response
