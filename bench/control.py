"""An ASGI wrapper that adds one WebSocket, through which the generator asks for events.

The fan-out scenarios measure the stage after the commit, so the events must start
inside the server process, without REST. Each text message is "list first count". The
product's code does not know this socket.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bench.event import CONTROL_PATH

Emit = Callable[[int, int, int], Awaitable[None]]


def with_control(application: Any, emit: Emit) -> Any:
    """Return the application with the control socket in front of it."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket" and scope["path"] == CONTROL_PATH:
            await _serve(receive, send, emit)
        else:
            await application(scope, receive, send)

    return wrapped


async def _serve(receive: Any, send: Any, emit: Emit) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        text = message.get("text") or message["bytes"].decode()
        list_index, first, count = map(int, text.split())
        await emit(list_index, first, count)
