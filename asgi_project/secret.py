"""The secret key: given, or made once and kept beside the data."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

PLACEHOLDERS = ("changeme", "change-me", "secret", "insecure", "your-secret-key", "replace")
SHORTEST = 32


def secret_key(given: str, data_dir: Path) -> str:
    """Return the key to sign with.

    `given` wins. Without it the key in `data_dir/secret_key` is used, made
    there with mode 0600 on the first start. Raises ImproperlyConfigured for a
    key that is short or a known placeholder, and for an unwritable directory.
    """
    if given:
        if len(given) < SHORTEST or any(word in given.lower() for word in PLACEHOLDERS):
            raise ImproperlyConfigured(
                f"SECRET_KEY must be at least {SHORTEST} random characters and no placeholder"
            )
        return given
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        # O_EXCL decides the race between two first starts.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"TROLLEY_DATA: cannot write to {data_dir}: {error.strerror}"
        ) from error
    key = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    return key
