"""No door tells who has an account here."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher

from tests.support.routes import comparable_parts

GOOD = "a long enough passphrase"


@pytest.fixture
def hashed(monkeypatch):
    """Every password that was hashed."""
    seen, encode = [], MD5PasswordHasher.encode

    def noting(self, password, *rest):
        seen.append(password)
        return encode(self, password, *rest)

    monkeypatch.setattr(MD5PasswordHasher, "encode", noting)
    return seen


@pytest.mark.parametrize("door", ["/api/auth/login/", "/api/api-token-auth/"])
def test_a_wrong_name_is_answered_like_a_wrong_password(anonymous_client, ana, hashed, door):
    """SEC-11: and the hash is computed once in either case."""
    answers = []
    for name in ("ana", "nobody"):
        hashed.clear()
        answers.append(
            comparable_parts(anonymous_client.post(door, {"username": name, "password": GOOD}))
        )
        assert hashed == [GOOD]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("door", ["/api/auth/login/", "/api/api-token-auth/"])
def test_a_locked_name_is_answered_like_a_name_that_nobody_has(anonymous_client, ana, door):
    """SEC-11"""
    last = {}
    for name in ("ana", "nobody"):
        for _ in range(10):
            answer = anonymous_client.post(door, {"username": name, "password": "wrong wrong"})
        last[name] = comparable_parts(answer)[:2]
    assert last["ana"] == last["nobody"]
    assert last["ana"][0] == 429


@pytest.mark.parametrize("token", [None, "x" * 43])
def test_a_closed_sign_up_does_not_tell_whether_a_name_is_taken(
    anonymous_client, ana, hashed, token
):
    """SEC-11: nor does it take the time of a hash."""
    answers = []
    for name in ("ana", "nobody"):
        body = {"username": name, "password": GOOD} | ({"token": token} if token else {})
        answers.append(comparable_parts(anonymous_client.post("/api/auth/register/", body)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 403
    assert hashed == []


def test_the_admin_tells_no_name_from_another(client, olga, ana):
    """SEC-11: neither staff from members, nor members from nobody."""
    texts = set()
    for name in ("olga", "ana", "nobody"):
        page = client.post("/admin/login/", {"username": name, "password": "wrong wrong"})
        assert page.status_code == 200
        errors = page.context["form"].non_field_errors()
        texts.add(str(errors))
    assert len(texts) == 1
