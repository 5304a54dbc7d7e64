"""One id for each request: in its response, in its errors, in its log lines."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-ID"


def new_request_id() -> str:
    """Return an id for a request that does not reach Django."""
    return secrets.token_hex(8)


def request_id(request: HttpRequest) -> str:
    """Return the id of this request; the first call creates it."""
    existing = getattr(request, "_request_id", None)
    if existing is None:
        existing = request._request_id = new_request_id()  # type: ignore[attr-defined]
    return str(existing)


class RequestIdMiddleware:
    """Gives every request an id. An id that the client sends is ignored."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the id to the log lines of this request and to its response."""
        with structlog.contextvars.bound_contextvars(request_id=request_id(request)):
            response = self.get_response(request)
        response.headers[HEADER] = request_id(request)
        return response
