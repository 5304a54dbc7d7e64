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


def fingerprint(*parts: object) -> str:
    """Return a hash by which a repeated request is recognised as the same one."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
