"""Names for sessions and tokens that may be sent between processes and logged."""

from __future__ import annotations

import hashlib


def fingerprint(key: str) -> str:
    """Return a name for a session key or token digest. It does not reveal the key."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]
