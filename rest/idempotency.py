"""The request header Idempotency-Key: its parser, the fingerprint of a request, its error.

The storage belongs to the apps, because they store different things. `shopping_list`
stores whole responses, to send them again. `accounts` must not store the response that
contains the secret of a token; it stores which token a key created, even after the token
is deleted.
"""

from __future__ import annotations

import hashlib
import json
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.request import Request

from rest.errors import DomainError

HEADER = "Idempotency-Key"
RANDOM_VERSIONS = (4, 7)
"""The versions of UUIDs that have 62 random bits or more."""


class KeyReusedError(DomainError):
    """The Idempotency-Key was used for another request."""

    message = f"{HEADER}: this key was already used for another request."


def idempotency_key(request: Request | HttpRequest) -> UUID | None:
    """Return the key of a request, None if it has none. Raises ValidationError."""
    value = request.headers.get(HEADER)
    if value is None:
        return None
    try:
        return UUID(value)
    except ValueError:
        raise ValidationError({HEADER: ["Must be a UUID."]}) from None


def stored_key(key: UUID) -> UUID:
    """Return what the database stores of a key: a hash.

    The secret of a token or of an invite is derived from the key, so the key itself must
    not be at rest. A deleted one would stay in a backup, and in free pages of SQLite.
    """
    return UUID(bytes=hashlib.sha256(key.bytes).digest()[:16])


def random_idempotency_key(request: Request | HttpRequest) -> UUID | None:
    """Return a key from which a secret can be derived, None if the request has no key.

    Raises ValidationError for a key that is not random, because then the secret could be
    computed from a copy of the data.
    """
    key = idempotency_key(request)
    if key is not None and key.version not in RANDOM_VERSIONS:
        raise ValidationError({HEADER: ["Must be a random UUID (version 4 or 7) here."]})
    return key


def fingerprint(*parts: object) -> str:
    """Return a hash by which a repeated request is recognised as the same one."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
