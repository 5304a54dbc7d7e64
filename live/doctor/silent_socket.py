"""`/ws/silence/`: a socket on which nothing is sent for a while, and then one message.

The sockets of the application are never silent for long, so they do not show after how many
seconds a proxy closes one that is. Anybody may open a few of these: they carry no data.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

import msgspec

from live import runtime
from live.connections import handshake
from live.connections.handshake import ForeignOriginError
from live.connections.silence import MAX_SILENCE, SilentSockets
from live.noop import noop
from live.protocol.frames import CloseCode
from rest.client_address import scope_network

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SILENCE_EXTENSION = "trolley.stop_pings"
"""The function of the scope that stops the server's pings, for servers that can."""
silent_sockets = SilentSockets()


async def silent_socket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Say `begin`, be silent for `?seconds=`, and say `end`. Ends early with the client."""
    await receive()  # websocket.connect
    try:
        subprotocol = handshake.parse(scope).subprotocol
    except ForeignOriginError:
        await send({"type": "websocket.close"})
        return
    network = scope_network(scope)
    with silent_sockets.admit(network) as is_admitted:
        # A handshake costs the same as one of a socket without a credential.
        retry_in = runtime.get_runtime().admission.admit(time.monotonic(), network)
        await send({"type": "websocket.accept", "subprotocol": subprotocol})
        if not is_admitted or retry_in is not None:
            await send({"type": "websocket.close", "code": int(CloseCode.OVERLOADED)})
            return
        stop_pings = scope.get("extensions", {}).get(SILENCE_EXTENSION, noop)
        is_silent = stop_pings() is True
        await _say(send, {"type": "begin", "is_silent": is_silent})
        if await _is_open_after(_seconds(scope), receive):
            await _say(send, {"type": "end"})
            await send({"type": "websocket.close", "code": 1000})


def _seconds(scope: dict[str, Any]) -> float:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    with suppress(ValueError):
        seconds = float(query.get("seconds", ["0"])[0])
        return min(max(seconds, 0.0), MAX_SILENCE) if seconds == seconds else 0.0  # noqa: PLR0124
    return 0.0


async def _is_open_after(seconds: float, receive: Receive) -> bool:
    """Wait; return False if the client disconnects before. Its messages are ignored."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "websocket.disconnect":
                continue
            return False
    return True


async def _say(send: Send, content: dict[str, Any]) -> None:
    text = msgspec.json.encode(content).decode()
    await send({"type": "websocket.send", "text": text})
