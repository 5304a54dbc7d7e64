"""No endpoint reveals which user names exist."""

from __future__ import annotations

import pytest

from tests.support.quick_hasher import QuickPasswordHasher
from tests.support.routes import comparable_parts

GOOD = "a long enough passphrase"


@pytest.fixture
def hashed(monkeypatch):
    """The passwords that were hashed, to store them or to compare them."""
    passwords = []

    def record(method):
        original = getattr(QuickPasswordHasher, method)

        def recording(self, password, encoded_or_salt):
            passwords.append(password)
            return original(self, password, encoded_or_salt)

        monkeypatch.setattr(QuickPasswordHasher, method, recording)

    record("encode")
    record("_matches")
    return passwords


@pytest.mark.parametrize("endpoint", ["/api/auth/login/", "/api/api-token-auth/"])
def test_unknown_username_gets_the_same_response_as_a_wrong_password(
    anonymous_client, ana, hashed, endpoint
):
    """SEC-11: and the hash is computed once in both cases."""
    responses = []
    for name in ("ana", "nobody"):
        hashed.clear()
        responses.append(
            comparable_parts(anonymous_client.post(endpoint, {"username": name, "password": GOOD}))
        )
        assert hashed == [GOOD]
    assert responses[0] == responses[1]


@pytest.mark.parametrize("endpoint", ["/api/auth/login/", "/api/api-token-auth/"])
def test_locked_out_username_gets_the_same_response_as_an_unknown_one(
    anonymous_client, ana, endpoint
):
    """SEC-11"""
    last_response = {}
    for name in ("ana", "nobody"):
        for _ in range(10):
            response = anonymous_client.post(
                endpoint, {"username": name, "password": "wrong wrong"}
            )
        last_response[name] = comparable_parts(response)[:2]
    assert last_response["ana"] == last_response["nobody"]
    assert last_response["ana"][0] == 429


@pytest.mark.parametrize("token", [None, "x" * 43])
def test_closed_registration_does_not_reveal_whether_a_username_is_taken(
    anonymous_client, ana, hashed, token
):
    """SEC-11: it computes no hash either, which would take measurable time."""
    responses = []
    for name in ("ana", "nobody"):
        body = {"username": name, "password": GOOD} | ({"token": token} if token else {})
        responses.append(comparable_parts(anonymous_client.post("/api/auth/register/", body)))
    assert responses[0] == responses[1]
    assert responses[0][0] == 403
    assert hashed == []


def test_admin_login_shows_the_same_error_for_every_username(client, olga, ana):
    """SEC-11: for staff, members and unknown names."""
    texts = set()
    for name in ("olga", "ana", "nobody"):
        page = client.post("/admin/login/", {"username": name, "password": "wrong wrong"})
        assert page.status_code == 200
        errors = page.context["form"].non_field_errors()
        texts.add(str(errors))
    assert len(texts) == 1
