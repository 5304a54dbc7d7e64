"""The same request twice has one effect and one answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from shopping_list.api import permissions
from shopping_list.api.errors import KeyReusedError
from shopping_list.models import IdempotentResponse

HEADER = "Idempotency-Key"
RETENTION = timedelta(days=30)
"""How long an answer is kept, and its key good for this request only."""
_KEPT_HEADERS = ("ETag", "Location")

Handler = Callable[..., Response]


class _KeyTakenError(Exception):
    """Another request took the key between the look and the insert."""


def idempotent(handler: Handler) -> Handler:
    """Answer a request whose Idempotency-Key was seen before as it was answered then.

    The key is inserted first, in the transaction of the effect: of two requests
    at once the second waits at the unique constraint, and finds the answer
    when the first has committed, or does the work itself if that rolled back.
    """

    @wraps(handler)
    def wrapper(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = _key(request)
        if key is None:
            return handler(view, request, *args, **kwargs)
        scope = _scope(request, kwargs)
        print_ = _fingerprint(request)
        stored = IdempotentResponse.objects.filter(scope=scope, key=key).first()
        if stored is None:
            try:
                with transaction.atomic():
                    row = _claim(scope, key, print_)
                    response = handler(view, request, *args, **kwargs)
                    _store_response(row, response)
                    return response
            except _KeyTakenError:
                stored = IdempotentResponse.objects.get(scope=scope, key=key)
        return _replay(request, stored, print_, kwargs)

    return wrapper


def delete_expired() -> int:
    """Delete the answers that nobody will ask for again; return how many."""
    deleted, _ = IdempotentResponse.objects.filter(at__lt=timezone.now() - RETENTION).delete()
    return deleted


def _claim(scope: str, key: UUID, fingerprint: str) -> IdempotentResponse:
    try:
        with transaction.atomic():
            return IdempotentResponse.objects.create(scope=scope, key=key, fingerprint=fingerprint)
    except IntegrityError as error:
        raise _KeyTakenError from error


def _store_response(row: IdempotentResponse, response: Response) -> None:
    row.status = response.status_code
    # As text: jsonb would sort the keys, and the answer would not be the same.
    row.body = json.dumps(response.data)
    row.headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    row.save(update_fields=["status", "body", "headers"])


def _replay(
    request: Request, stored: IdempotentResponse, fingerprint: str, kwargs: dict[str, Any]
) -> Response:
    if stored.fingerprint == fingerprint:
        body = json.loads(stored.body or "null")
        return Response(body, status=stored.status, headers=stored.headers)
    if "list_id" in kwargs:
        permissions.require_member(
            request, kwargs["list_id"]
        )  # a stranger must not learn of the key
    raise KeyReusedError


def _key(request: Request) -> UUID | None:
    given = request.headers.get(HEADER)
    if given is None:
        return None
    try:
        return UUID(given)
    except ValueError:
        raise ValidationError({HEADER: ["Must be a UUID."]}) from None


def _scope(request: Request, kwargs: dict[str, Any]) -> str:
    return f"list:{kwargs['list_id']}" if "list_id" in kwargs else f"user:{request.user.pk}"


def _fingerprint(request: Request) -> str:
    """Return what makes a request the same: person, method, address, body."""
    parts = [request.user.pk, request.method, request.get_full_path(), request.data]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
