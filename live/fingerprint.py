"""Names for sessions and tokens that may be sent between processes and logged."""

from __future__ import annotations

import hashlib


def fingerprint(digest: str) -> str:
    """Return a name for the digest of a session key or token. It does not reveal the digest."""
    return hashlib.sha256(digest.encode()).hexdigest()[:24]
