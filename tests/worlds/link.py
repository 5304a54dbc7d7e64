"""The connection between one client and one process: what they send, in order, with a bound."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from tests.worlds.decisions import Decisions
from tests.worlds.scheduler import ProcessLoop, Scheduler

DELAYS = (0.002, 0.0, 0.012, 0.06, 0.4, 1.5)
"""Seconds between sending and arriving."""
DISCONNECT = "websocket.disconnect"

Message = dict[str, Any]


class LinkClient(Protocol):
    """The client's end of a link."""

    def on_message(self, link: Link, text: str) -> None:
        """Handle what the server has sent."""

    def on_closed(self, link: Link, code: int) -> None:
        """Handle the end of the link."""


class Link:
    """Carries the messages of one socket. `receive` and `send` are those of ASGI.

    A client that does not read fills the buffer of `capacity` messages; then `send` waits.
    """

    def __init__(
        self,
        name: str,
        client: LinkClient,
        *,
        loop: ProcessLoop,
        scheduler: Scheduler,
        decisions: Decisions,
        capacity: int,
    ) -> None:
        self.name = name
        self._client, self.loop = client, loop
        self._scheduler, self._decisions = scheduler, decisions
        self._capacity = capacity
        self._to_server: deque[Message] = deque([{"type": "websocket.connect"}])
        self._to_client: deque[Message] = deque()
        self._receiving: asyncio.Future[Message] | None = None
        self._sending: asyncio.Future[None] | None = None
        self._arrives_at = [0.0, 0.0]
        self._numbers = [0, 0]
        self._is_read_scheduled = False
        self.is_reading = True
        self.is_closed = False
        """Whether the client's end is closed."""
        self._is_broken = False
        """Whether the server's end is closed."""

    # The client's end.

    def write(self, text: str) -> None:
        """Send a message to the server."""
        self._post(0, self._arrive_at_server, {"type": "websocket.receive", "text": text})

    def cut(self, *, is_noticed: bool) -> None:
        """End the link. A server that does not notice it goes on to fill the buffer."""
        if self.is_closed:
            return
        self.is_closed = True
        self._to_client.clear()
        if is_noticed:
            self._post(0, self._arrive_at_server, {"type": DISCONNECT, "code": 1006})
        self._client.on_closed(self, 1006)

    def stop_reading(self) -> None:
        """Leave what arrives from now on in the buffer."""
        self.is_reading = False

    def go_on_reading(self) -> None:
        """Read the buffer, and what arrives from now on."""
        self.is_reading = True
        self._schedule_read()

    @property
    def is_empty(self) -> bool:
        """Whether the client has read everything."""
        return not self._to_client and self._sending is None

    def _schedule_read(self) -> None:
        can_read = self.is_reading and not self.is_closed and bool(self._to_client)
        if can_read and not self._is_read_scheduled:
            self._is_read_scheduled = True
            self._post(1, self._read)

    def _read(self) -> None:
        self._is_read_scheduled = False
        if not self.is_reading or self.is_closed or not self._to_client:
            return
        message = self._to_client.popleft()
        if self._sending is not None and not self._sending.done():
            self._sending.set_result(None)
        self._schedule_read()
        if message["type"] == "websocket.send":
            self._client.on_message(self, message["text"])
        elif message["type"] == "websocket.close":
            self.is_closed = True
            self._client.on_closed(self, message.get("code", 1000))

    # The server's end.

    async def receive(self) -> Message:
        """Wait for the next message of the client."""
        if self._to_server:
            return self._to_server.popleft()
        self._receiving = self.loop.create_future()
        return await self._receiving

    async def send(self, message: Message) -> None:
        """Send a message to the client; wait while the buffer is full."""
        if self.loop.is_dead:
            return
        if self._is_broken:
            raise ConnectionResetError("the client is disconnected")
        while len(self._to_client) >= self._capacity:
            self._sending = self.loop.create_future()
            try:
                await self._sending
            finally:
                self._sending = None
            if self._is_broken:
                raise ConnectionResetError("the client is disconnected")
        self._to_client.append(message)
        self._schedule_read()

    def end(self) -> None:
        """End the link: the process is dead, or the server has closed the socket."""
        if not self.is_closed:
            self._post(1, self._end_at_client)

    def _end_at_client(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self._client.on_closed(self, 1006)

    def _arrive_at_server(self, message: Message) -> None:
        if self.loop.is_dead:
            return
        if message["type"] == DISCONNECT:
            self._is_broken = True
            if self._sending is not None and not self._sending.done():
                self._sending.set_result(None)
        if self._receiving is not None and not self._receiving.done():
            self._receiving.set_result(message)
            self._receiving = None
        else:
            self._to_server.append(message)

    def _post(self, direction: int, run: Callable[..., None], *args: Any) -> None:
        """Run something after the time of the way; nothing overtakes what was sent before."""
        number = self._numbers[direction]
        self._numbers[direction] = number + 1
        key = f"{['to', 'from'][direction]} {self.name} {number}"
        delay = DELAYS[self._decisions.decide("link", key, len(DELAYS))]
        at = max(self._arrives_at[direction], self._scheduler.now + delay)
        self._arrives_at[direction] = at
        self._scheduler.post_at(at, run, *args)
