"""A client of the WebSocket application in this process, frame by frame."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, Self, TypeVar

from channels.testing import WebsocketCommunicator
from django.conf import settings

from live.routing import websocket_application
from shopping_list.models import ShoppingList
from shopping_list.rows import topic_of
from tests.support.frame_history import new_history
from tests.support.frame_schema import encode_client_frame, server_frames

TIME_SCALE = 0.04
"""The waiting times of the product are multiplied by this."""
TIMEOUT = 30.0
HOST = "testserver"
ORIGIN = f"http://{HOST}"

Frame = dict[str, Any]
P = ParamSpec("P")
R = TypeVar("R")
_numbers = itertools.count(1_000_000)


async def eventually(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(TIMEOUT):
        while not condition():  # noqa: ASYNC110  (the one place that polls)
            await asyncio.sleep(0.005)


def with_timeout(wait: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Limit the whole wait: heartbeats arrive so often that single frames never time out."""

    @wraps(wait)
    async def bounded(*args: P.args, **kwargs: P.kwargs) -> R:
        async with asyncio.timeout(TIMEOUT):
            return await wait(*args, **kwargs)

    return bounded


async def _without_headers_once_accepted(scope: Any, receive: Any, send: Any) -> None:
    """Run the application and drop the handshake like serving/websocket_protocol.py."""

    async def send_and_drop(message: Any) -> None:
        await send(message)
        if message["type"] == "websocket.accept":
            scope["headers"].clear()

    await websocket_application(scope, receive, send_and_drop)


class SocketClient:
    """A client of one socket. Every frame, in both directions, is in the AsyncAPI document."""

    def __init__(
        self,
        path: str = "/ws/",
        *,
        session: str | None = None,
        token: str | None = None,
        origin: str | None = ORIGIN,
        host: str = HOST,
        subprotocols: list[str] | None = None,
        headers: list[tuple[bytes, bytes]] | None = None,
    ) -> None:
        all_headers = [(b"host", host.encode()), *(headers or [])]
        if origin is not None:
            all_headers.append((b"origin", origin.encode()))
        if session is not None:
            all_headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()))
        if token is not None:
            all_headers.append((b"authorization", f"Bearer {token}".encode()))
        self.communicator = WebsocketCommunicator(
            _without_headers_once_accepted, path, all_headers, subprotocols
        )
        self.accepted = False
        self.subprotocol: str | None = None
        self._frames: deque[Frame] = deque()
        self._history = new_history("consumer")
        self.close_code: int | None = None

    async def open(self) -> Self:
        """Do the handshake, which the server may reject."""
        self.accepted, subprotocol = await self.communicator.connect(timeout=TIMEOUT)
        self.subprotocol = subprotocol if self.accepted else None
        return self

    async def send(self, **frame: Any) -> None:
        text = encode_client_frame(frame)
        self._history.sent([json.loads(text)])
        await self.communicator.send_to(text_data=text)

    async def send_text(self, text: str) -> None:
        await self.communicator.send_input({"type": "websocket.receive", "text": text})

    async def next(self) -> Frame:
        """Return the next frame."""
        while not self._frames:
            self._take(await self.communicator.receive_output(TIMEOUT))
        return self._frames.popleft()

    @with_timeout
    async def until(self, kind: str, **fields: Any) -> Frame:
        """Skip frames up to one of this type with these fields."""
        while True:
            frame = await self.next()
            wanted = frame["type"] == kind
            if wanted and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    @with_timeout
    async def drain(self) -> list[Frame]:
        """Return every frame that was sent before this moment, without heartbeats."""
        number = next(_numbers)
        await self.send(type="ping", id=number)
        frames = []
        while True:
            frame = await self.next()
            if frame == {"type": "pong", "id": number}:
                return frames
            if frame["type"] != "beat":
                frames.append(frame)

    @with_timeout
    async def subscribe(self, target: Any, **fields: Any) -> Frame:
        """Subscribe to a list or a topic, and return the reply."""
        topic = topic_of(target.pk) if isinstance(target, ShoppingList) else target
        number = next(_numbers)
        await self.send(type="subscribe", topic=topic, id=number, **fields)
        while True:
            frame = await self.next()
            if frame.get("id") == number:
                return frame

    @with_timeout
    async def wait_closed(self) -> int:
        """Wait for the close and return its code; `bye` is the last frame before it."""
        last: Frame = {}
        while self.close_code is None:
            self._take(await self.communicator.receive_output(TIMEOUT))
        if self._frames:
            last = self._frames[-1]
        assert last.get("type") == "bye"
        assert last["code"] == self.close_code
        return self.close_code

    async def disconnect(self) -> None:
        """Close the socket, and wait until the server has handled that."""
        await self.communicator.disconnect(timeout=TIMEOUT)

    @property
    def frames(self) -> list[Frame]:
        """The received frames that were not read."""
        return list(self._frames)

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.close_code = message.get("code", 1000)
            return
        frames = server_frames(message["text"])
        self._history.received(frames)
        self._frames += frames


OpenClient = Callable[..., Any]
