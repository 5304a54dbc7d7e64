"""Read request bodies up to a limit: Django would write a body of any length to disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    HTTPRequestEvent,
    HTTPScope,
    Scope,
)

from asgi_project.middleware.problem_sender import send_problem

LimitFor = Callable[[str, Iterable[tuple[bytes, bytes]]], int]
FRAMING_HEADERS = (b"content-length", b"transfer-encoding")


class BodyLimitMiddleware:
    """Passes each request body on as one event, and rejects bodies that are too long.

    The app is called only after the whole body has arrived, so a client that sends
    slowly occupies nothing but its own connection. `limit_for` returns the limit of
    a path and of these headers, in bytes.
    """

    def __init__(self, app: ASGI3Application, limit_for: LimitFor) -> None:
        self.app = app
        self.limit_for = limit_for

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Respond with 413 as soon as the declared length, or a chunked body, exceeds the limit."""
        assert scope["type"] == "http"
        body, limit = bytearray(), self.limit_for(scope["path"], scope["headers"])
        if _declared_length(scope) > limit:
            await _send_too_large(send)
            return
        while True:
            event = await receive()
            if event["type"] != "http.request":
                return
            body += event.get("body", b"")
            if len(body) > limit:
                await _send_too_large(send)
                return
            if not event.get("more_body", False):
                break
        await self.app(
            _with_content_length(scope, len(body)), _replay_body(bytes(body), receive), send
        )


def _with_content_length(scope: HTTPScope, length: int) -> HTTPScope:
    """Add the length of a chunked body: DRF treats a body without a length as empty."""
    if not length:
        return scope
    headers = [header for header in scope["headers"] if header[0] not in FRAMING_HEADERS]
    return {**scope, "headers": [*headers, (b"content-length", str(length).encode())]}


def _replay_body(body: bytes, receive: ASGIReceiveCallable) -> ASGIReceiveCallable:
    pending: list[HTTPRequestEvent]
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> ASGIReceiveEvent:
        return pending.pop() if pending else await receive()

    return replay


def _declared_length(scope: HTTPScope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _send_too_large(send: ASGISendCallable) -> None:
    await send_problem(send, 413, "too_large", "The body is too large.", {"Connection": "close"})
