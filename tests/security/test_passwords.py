"""How passwords are stored, and which ones are accepted."""

from __future__ import annotations

import sqlite3

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

GOOD = "a long enough passphrase"


@pytest.mark.system
def test_passwords_are_stored_as_argon2id(server):
    """SEC-24, SEC-28: with the parameters that OWASP recommends, and no more memory."""
    with sqlite3.connect(server.data / "trolley.sqlite3") as database:
        ((stored,),) = database.execute("SELECT password FROM accounts_user").fetchall()
    kind, _, rest = stored.partition("$")
    assert kind == "argon2"
    parameters = extract_parameters(f"${rest}")
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost) == (19 * 1024, 2)
    assert parameters.parallelism == 1
    assert parameters.salt_len >= 16


@pytest.mark.parametrize(
    "weak",
    ["nine char", "password123", "qwertyuiop", "1234567890123", "mallory-mallory"],
)
def test_registration_rejects_a_weak_password(anonymous_client, olga, settings, weak):
    """SEC-24: under ten characters, common, only digits, or similar to the user name."""
    settings.OPEN_REGISTRATION = True
    body = {"username": "mallory-mallor", "password": weak}
    response = anonymous_client.post("/api/auth/register/", body)
    assert (response.status_code, list(response.json()["errors"])) == (400, ["password"])


@pytest.mark.parametrize(
    "good", [GOOD, "ten chars!", " spaces stay ", "pässwörd ñandú 你好", "x" * 900 + GOOD]
)
def test_registration_accepts_a_good_password_exactly_as_typed(
    anonymous_client, olga, settings, good
):
    """SEC-24: long passwords, spaces and every script are accepted."""
    settings.OPEN_REGISTRATION = True
    body = {"username": "mallory", "password": good}
    assert anonymous_client.post("/api/auth/register/", body).status_code == 201
    sign_in = "/api/api-token-auth/"
    assert anonymous_client.post(sign_in, body).status_code == 200
    assert anonymous_client.post(sign_in, {**body, "password": f"{good} "}).status_code == 400
