"""The secret key: created once and kept private, or configured and strong."""

import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.core.exceptions import ImproperlyConfigured

from asgi_project.secret_key import secret_key, validated

GOOD = "fJ3hZ9qL0xV7bN2mK5tR8wY1cD4gS6pA"


def test_missing_key_is_created_once_with_private_file_mode(tmp_path):
    """SEC-25"""
    data = tmp_path / "deep" / "data"
    key = secret_key("", data)
    assert len(key) >= 50
    assert stat.S_IMODE((data / "secret_key").stat().st_mode) == 0o600
    assert secret_key("", data) == key


def test_every_installation_has_its_own_key(tmp_path):
    """SEC-25"""
    assert secret_key("", tmp_path / "one") != secret_key("", tmp_path / "other")


def test_parallel_first_starts_agree_on_the_key(tmp_path, monkeypatch):
    """SEC-25"""
    token_urlsafe = secrets.token_urlsafe

    def slow_token(length):
        Event().wait(0.05)  # the other threads run while the file is still empty
        return token_urlsafe(length)

    monkeypatch.setattr(secrets, "token_urlsafe", slow_token)
    with ThreadPoolExecutor(8) as pool:
        (key,) = set(pool.map(lambda _: secret_key("", tmp_path), range(8)))
    assert key == (tmp_path / "secret_key").read_text() != ""


def test_empty_key_file_is_filled(tmp_path):
    (tmp_path / "secret_key").touch()
    assert secret_key("", tmp_path) == secret_key("", tmp_path) != ""


@pytest.mark.parametrize("content", [b"short", b"\xff" * 64, GOOD.encode()[:31] + b"\n"])
def test_damaged_key_file_is_an_error_and_kept(tmp_path, content):
    """CFG-1"""
    path = tmp_path / "secret_key"
    path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match="does not contain 32 random characters"):
        secret_key("", tmp_path)
    assert path.read_bytes() == content


def test_configured_key_is_used_and_not_stored(tmp_path):
    assert secret_key(GOOD, tmp_path) == GOOD
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "key",
    [
        "short",
        GOOD[:31],
        "changeme" * 8,
        "CHANGE-ME-please-change-me-please-change",
        "django-insecure-1234567890abcdefghijklmnopqrstuvwxyz",
        "your-secret-key-goes-here-your-secret-key",
        "replace-this-with-fifty-random-characters-now",
        "x" * 64,
    ],
)
def test_weak_key_is_rejected(key):
    """SEC-25"""
    with pytest.raises(ValueError, match="32 random characters"):
        validated(key)
