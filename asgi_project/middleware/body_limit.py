"""Bodies arrive whole, or not at all: Django would spool any length to disk."""

from __future__ import annotations

import json
from collections.abc import Callable

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    HTTPRequestEvent,
    HTTPScope,
    Scope,
)

from asgi_project.middleware.security_headers import DEFAULT_HEADERS
from rest.problems import CONTENT_TYPE, problem

FRAMING_HEADERS = (b"content-length", b"transfer-encoding")


class BodyLimit:
    """Wraps an ASGI app; gives it each body whole, and none that is too long.

    The app is called only after the whole body has arrived, so a client that sends
    slowly occupies nothing but its own connection. `limit_for` returns the limit of
    a path, in bytes.
    """

    def __init__(self, app: ASGI3Application, limit_for: Callable[[str], int]) -> None:
        self.app = app
        self.limit_for = limit_for

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer 413 at once for a declared length, or where a chunked body passes it."""
        body, limit = bytearray(), self.limit_for(str(scope.get("path", "")))
        if scope["type"] == "http" and _declared(scope) > limit:
            await _refuse(send)
            return
        while True:
            event = await receive()
            if event["type"] != "http.request":
                return
            body += event.get("body", b"")
            if len(body) > limit:
                await _refuse(send)
                return
            if not event.get("more_body", False):
                break
        await self.app(
            _with_content_length(scope, len(body)), _replay_body(bytes(body), receive), send
        )


def _with_content_length(scope: Scope, length: int) -> Scope:
    """Tell how long a chunked body was: REST framework takes one without a length for none."""
    if scope["type"] != "http" or not length:
        return scope
    headers = [pair for pair in scope["headers"] if pair[0] not in FRAMING_HEADERS]
    return {**scope, "headers": [*headers, (b"content-length", str(length).encode())]}


def _replay_body(body: bytes, receive: ASGIReceiveCallable) -> ASGIReceiveCallable:
    event: HTTPRequestEvent | None
    event = {"type": "http.request", "body": body, "more_body": False}

    async def once() -> ASGIReceiveEvent:
        nonlocal event
        given, event = event, None
        return given or await receive()

    return once


def _declared(scope: HTTPScope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(send: ASGISendCallable) -> None:
    body = json.dumps(problem(413, "too_large", "The body is too large.")).encode()
    headers = {**DEFAULT_HEADERS, "Content-Type": CONTENT_TYPE, "Content-Length": str(len(body))}
    headers |= {"Connection": "close", "Cache-Control": "no-store"}
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send(
        {"type": "http.response.start", "status": 413, "headers": encoded, "trailers": False}
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
