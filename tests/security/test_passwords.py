"""How passwords are kept, and which ones may be set."""

from __future__ import annotations

import sqlite3

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

GOOD = "a long enough passphrase"


@pytest.mark.system
def test_passwords_are_kept_as_argon2id(server):
    """SEC-24: with at least what OWASP asks for."""
    with sqlite3.connect(server.data / "trolley.sqlite3") as database:
        ((kept,),) = database.execute("SELECT password FROM accounts_user").fetchall()
    kind, _, rest = kept.partition("$")
    assert kind == "argon2"
    found = extract_parameters(f"${rest}")
    assert found.type is Type.ID
    assert found.memory_cost >= 19 * 1024
    assert found.time_cost >= 2
    assert found.salt_len >= 16


@pytest.mark.parametrize(
    "weak",
    ["nine char", "password123", "qwertyuiop", "1234567890123", "mallory-mallory"],
)
def test_a_weak_one_is_refused_by_its_field(anonymous_client, olga, settings, weak):
    """SEC-24: fewer than ten characters, common, all digits, or like the name."""
    settings.OPEN_REGISTRATION = True
    body = {"username": "mallory-mallor", "password": weak}
    answer = anonymous_client.post("/api/auth/register/", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["password"])


@pytest.mark.parametrize(
    "good", [GOOD, "ten chars!", " spaces stay ", "pässwörd ñandú 你好", "x" * 900 + GOOD]
)
def test_a_good_one_is_taken_as_it_was_typed(anonymous_client, olga, settings, good):
    """SEC-24: long ones, spaces and every script are welcome."""
    settings.OPEN_REGISTRATION = True
    body = {"username": "mallory", "password": good}
    assert anonymous_client.post("/api/auth/register/", body).status_code == 201
    door = "/api/api-token-auth/"
    assert anonymous_client.post(door, body).status_code == 200
    assert anonymous_client.post(door, {**body, "password": f"{good} "}).status_code == 400
