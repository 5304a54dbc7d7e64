"""A repeated request with the same Idempotency-Key has one effect and one response."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.db import IntegrityError, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from rest.idempotency import KeyReusedError, fingerprint, idempotency_key, stored_key
from shopping_list.api import permissions
from shopping_list.api.responses import LIST_VERSION_HEADER
from shopping_list.models import IdempotentResponse
from shopping_list.recording.turns import take_turns
from shopping_list.rows import Role

_STORED_HEADERS = ("ETag", "Location", LIST_VERSION_HEADER)

Handler = Callable[..., Response]


class _KeyTakenError(Exception):
    """A concurrent request inserted the key first."""


def idempotent(handler: Handler) -> Handler:
    """Decorate a method of a view, so that a repeated request gets the stored response.

    The key is inserted first, in the transaction of the effect. Of two concurrent
    requests the second one waits at the unique constraint. It finds the response if the
    first one commits, or handles the request itself if the first one rolls back.
    """

    @wraps(handler)
    def wrapper(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        client_key = idempotency_key(request)
        if client_key is None:
            return handler(view, request, *args, **kwargs)
        key = stored_key(client_key)
        scope = _scope(request, kwargs)
        request_fingerprint = _fingerprint(request)
        stored = IdempotentResponse.objects.filter(scope=scope, key=key).first()
        if stored is None:
            try:
                with take_turns(_lists(kwargs)), transaction.atomic():
                    row = _claim(scope, key, request_fingerprint)
                    response = handler(view, request, *args, **kwargs)
                    _store_response(row, response, request)
                    return response
            except _KeyTakenError:
                stored = IdempotentResponse.objects.get(scope=scope, key=key)
        if stored.fingerprint == request_fingerprint and hasattr(view, "require_other_list"):
            view.require_other_list(request)
        return _replay(request, stored, request_fingerprint, kwargs)

    return wrapper


def _claim(scope: str, key: UUID, request_fingerprint: str) -> IdempotentResponse:
    try:
        with transaction.atomic():
            return IdempotentResponse.objects.create(
                scope=scope, key=key, fingerprint=request_fingerprint
            )
    except IntegrityError as error:
        raise _KeyTakenError from error


def _store_response(row: IdempotentResponse, response: Response, request: Request) -> None:
    row.status = response.status_code
    # As text: jsonb would sort the keys, and the response would not be the same.
    row.body = json.dumps(response.data)
    row.headers = {name: response[name] for name in _STORED_HEADERS if name in response}
    row.needed_role = permissions.needed_role(request)
    row.needs_unrestricted_token = permissions.has_needed_unrestricted_token(request)
    row.save(update_fields=["status", "body", "headers", "needed_role", "needs_unrestricted_token"])


def _replay(
    request: Request, stored: IdempotentResponse, request_fingerprint: str, kwargs: dict[str, Any]
) -> Response:
    if stored.fingerprint == request_fingerprint:
        body = json.loads(stored.body or "null")
        _require_access(request, stored, kwargs.get("list_id"), has_content=body is not None)
        return Response(body, status=stored.status, headers=stored.headers)
    if "list_id" in kwargs:
        # A user without access must not learn that the key was used.
        permissions.require_member(request, kwargs["list_id"])
    raise KeyReusedError


def _require_access(
    request: Request, stored: IdempotentResponse, list_id: UUID | None, *, has_content: bool
) -> None:
    """Refuse a caller who has lost the access that the request needed, or uses another token.

    A response without content shows nothing of the list. It is sent again although the
    caller is no member any more, because the request itself (leaving or deleting the
    list) may be the reason.
    """
    needed = cast("Role", stored.needed_role)
    if list_id is not None and has_content:
        permissions.require_member(request, list_id, needed)
        return
    if list_id is not None:
        permissions.require_visible_to_token(request, list_id)
    if stored.needs_unrestricted_token:
        permissions.require_unrestricted_token(request)
    permissions.require_token(request, needed)


def _scope(request: Request, kwargs: dict[str, Any]) -> str:
    return f"list:{kwargs['list_id']}" if "list_id" in kwargs else f"user:{request.user.pk}"


def _lists(kwargs: dict[str, Any]) -> list[UUID]:
    """Return the list that the request names, whose turn a recording cannot take any more."""
    return [kwargs["list_id"]] if "list_id" in kwargs else []


def _fingerprint(request: Request) -> str:
    """Return what makes a request the same one: its user, method, address and body."""
    return fingerprint(request.user.pk, request.method, request.get_full_path(), request.data)
