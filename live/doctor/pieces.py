"""`/api/live/connection/pieces/`: a response in pieces, which shows whether a proxy collects them.

It is an ASGI application: the views of this project respond with everything at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

App = Callable[[Any, Any, Any], Awaitable[None]]

PIECES_PATH = "/api/live/connection/pieces/"
PIECES = 4
PIECE_INTERVAL = 0.2
"""Seconds between two pieces. They are not scaled: they are measured by a real client."""
_HEADERS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    # nginx sends each piece at once if its response asks for it.
    (b"x-accel-buffering", b"no"),
]


def answer_in_pieces(app: App) -> App:
    """Wrap an HTTP application: it gets every request but those for the pieces."""

    async def middleware(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == PIECES_PATH and scope["method"] == "GET":
            await _send_pieces(send)
        else:
            await app(scope, receive, send)

    return middleware


async def _send_pieces(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    for number in range(1, PIECES + 1):
        if number > 1:
            await asyncio.sleep(PIECE_INTERVAL)
        more = number < PIECES
        await send({"type": "http.response.body", "body": b"%d\n" % number, "more_body": more})
