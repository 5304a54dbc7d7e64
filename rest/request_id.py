"""One id for each request: in its answer, in its errors, in its log lines."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-ID"


def request_id(request: HttpRequest) -> str:
    """Return the id of this request, made at the first asking."""
    found = getattr(request, "_request_id", None)
    if found is None:
        found = request._request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
    return str(found)


class RequestIdMiddleware:
    """Names the request. An id that the client sent is not believed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Bind the id to the log lines of this request and stamp the answer."""
        with structlog.contextvars.bound_contextvars(request_id=request_id(request)):
            response = self.get_response(request)
        response.headers[HEADER] = request_id(request)
        return response
