"""How passwords are hashed, and how hashes of older versions are renewed."""

import argon2
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher, identify_hasher

from accounts import hashers
from accounts.models import ResetLink, Session
from accounts.signals import access_revoked
from tests.conftest import PASSWORD

TOKEN = "/api/api-token-auth/"
COMPOSED, DECOMPOSED = "Käse-Brötchen-12", "Ka\u0308se-Bro\u0308tchen-12"


class OlderHasher(Argon2PasswordHasher):
    """Django's hasher, which hashed what was typed; with little memory."""

    memory_cost, parallelism = 64, 8


@pytest.fixture
def _older_hashes(settings):
    settings.PASSWORD_HASHERS = [
        *settings.PASSWORD_HASHERS,
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]


def sign_in(client, password):
    return client.post(TOKEN, {"username": "ana", "password": password}).status_code


def is_current(user):
    user.refresh_from_db()
    return not identify_hasher(user.password).must_update(user.password)


@pytest.mark.parametrize("stored", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
def test_password_is_accepted_in_each_spelling(anonymous_client, ana, stored, typed):
    """SEC-24: case Q1."""
    ana.set_password(stored)
    ana.save()
    assert sign_in(anonymous_client, typed) == 200
    assert sign_in(anonymous_client, typed.replace("12", "13")) == 400


@pytest.mark.parametrize("stored", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
def test_older_hash_of_what_was_typed_is_accepted_and_renewed(anonymous_client, ana, stored, typed):
    """SEC-24: case Q1."""
    ana.password = OlderHasher().encode(stored, "s" * 22)
    ana.save()
    assert sign_in(anonymous_client, typed + "3") == 400
    assert not is_current(ana)
    assert sign_in(anonymous_client, typed) == 200
    assert is_current(ana)
    for spelling in (COMPOSED, DECOMPOSED):
        assert sign_in(anonymous_client, spelling) == 200


@pytest.mark.usefixtures("_older_hashes")
def test_hash_of_another_algorithm_is_renewed(anonymous_client, ana):
    hasher = PBKDF2PasswordHasher()
    hasher.iterations = 10
    ana.password = hasher.encode(PASSWORD, "s" * 22)
    ana.save()
    assert sign_in(anonymous_client, PASSWORD) == 200
    assert is_current(ana)


def test_renewed_hash_ends_no_session_and_no_reset_link(
    anonymous_client, signed_in_client, ana, django_capture_on_commit_callbacks
):
    """PPL-7: only a new password ends sessions."""
    ana.password = OlderHasher().encode(PASSWORD, "s" * 22)
    ana.save()
    phone, secret, revoked = signed_in_client(ana), ResetLink.issue(ana), []

    def on_revoked(**event):
        revoked.append(event)

    access_revoked.connect(on_revoked)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            assert sign_in(anonymous_client, PASSWORD) == 200
    finally:
        access_revoked.disconnect(on_revoked)
    assert is_current(ana)
    assert phone.get("/api/auth/me/").status_code == 200
    assert Session.objects.filter(user=ana).exists()
    assert ResetLink.user_for(secret) == ana
    assert revoked == []


def test_same_password_set_again_ends_the_sessions(signed_in_client, ana):
    """PPL-7: its salt is new."""
    phone = signed_in_client(ana)
    ana.set_password(PASSWORD)
    ana.save()
    assert phone.get("/api/auth/me/").status_code == 401


def test_one_password_is_hashed_at_a_time(ana, monkeypatch):
    """SEC-28: so hashes take the memory of one, in every thread."""
    was_locked = []

    def watch(module, name):
        original = getattr(module, name)

        def watching(*arguments, **options):
            was_locked.append(hashers._one_at_a_time.locked())
            return original(*arguments, **options)

        monkeypatch.setattr(module, name, watching)

    watch(argon2.low_level, "hash_secret")
    watch(argon2.PasswordHasher, "verify")
    ana.set_password(PASSWORD)
    assert ana.check_password(PASSWORD)
    assert was_locked == [True, True]
    assert not hashers._one_at_a_time.locked()
