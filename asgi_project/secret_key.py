"""The secret key: configured, or generated once and stored in the data directory."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from asgi_project.data_directory import DIRECTORY_MODE

PLACEHOLDERS = ("changeme", "change-me", "secret", "insecure", "your-secret-key", "replace")
MIN_LENGTH, MIN_DISTINCT = 32, 8
"""Length of a key, and the number of different characters in it."""


def secret_key(configured: str, data_dir: Path) -> str:
    """Return the key to sign with.

    `configured` takes precedence. If it is empty, the key in `data_dir/secret_key` is
    used; the first start creates that file with mode 0600. Raises ImproperlyConfigured
    if the directory is not writable.
    """
    if configured:
        return configured
    path = data_dir / "secret_key"
    try:
        return _read(path) or _create(path)
    except ValueError:
        raise ImproperlyConfigured(
            f"TROLLEY_DATA: {path} does not contain {MIN_LENGTH} random characters: "
            "restore it from a backup; without it, all sessions end"
        ) from None
    except OSError as error:
        raise ImproperlyConfigured(
            f"TROLLEY_DATA: cannot write to {data_dir}: {error.strerror}"
        ) from error


def validated(key: str) -> str:
    """Return a configured key; raises ValueError if it is short or a known placeholder."""
    is_placeholder = any(word in key.lower() for word in PLACEHOLDERS)
    if len(key) < MIN_LENGTH or len(set(key)) < MIN_DISTINCT or is_placeholder:
        raise ValueError(
            f"it must be at least {MIN_LENGTH} random characters and not a placeholder"
        )
    return key


def public_name(key: str) -> str:
    """Return a name of the installation that has this key. The name does not reveal the key."""
    digest = hmac.digest(key.encode(), b"name of the installation", hashlib.sha256)
    return f"trolley-{digest.hex()[:16]}"


def _read(path: Path) -> str:
    """Return the stored key, or an empty text; raises ValueError if it is damaged."""
    key = path.read_text(encoding="ascii").strip() if path.exists() else ""
    if 0 < len(key) < MIN_LENGTH:
        raise ValueError(f"the key is shorter than {MIN_LENGTH}")
    return key


def _create(path: Path) -> str:
    """Write a key, unless another process wrote one while this one waited for the lock."""
    path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        key = file.read().strip()
        if not key:
            key = secrets.token_urlsafe(48)
            file.write(key)
        return key
