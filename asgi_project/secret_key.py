"""The secret key: given, or made once and kept beside the data."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

PLACEHOLDERS = ("changeme", "change-me", "secret", "insecure", "your-secret-key", "replace")
MIN_LENGTH, MIN_DISTINCT = 32, 8
"""Characters of a key, and how many different ones."""


def secret_key(given: str, data_dir: Path) -> str:
    """Return the key to sign with.

    `given` wins. Without it the key in `data_dir/secret_key` is used, made
    there with mode 0600 on the first start. Raises ImproperlyConfigured for a
    key that is short or a known placeholder, and for an unwritable directory.
    """
    if given:
        return _validated(given)
    path = data_dir / "secret_key"
    try:
        return _read(path) or _create(path)
    except OSError as error:
        raise ImproperlyConfigured(
            f"TROLLEY_DATA: cannot write to {data_dir}: {error.strerror}"
        ) from error


def _validated(given: str) -> str:
    placeholder = any(word in given.lower() for word in PLACEHOLDERS)
    if len(given) < MIN_LENGTH or len(set(given)) < MIN_DISTINCT or placeholder:
        raise ImproperlyConfigured(
            f"SECRET_KEY must be at least {MIN_LENGTH} random characters and no placeholder"
        )
    return given


def _read(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""


def _create(path: Path) -> str:
    """Write a key, unless another first start did while this one waited for the lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        key = file.read().strip()
        if not key:
            key = secrets.token_urlsafe(48)
            file.write(key)
        return key
