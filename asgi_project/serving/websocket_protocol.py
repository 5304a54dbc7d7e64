"""uvicorn's WebSocket protocol with less memory for each idle socket, and one frame for all.

Most of what an idle socket holds is its handshake, and queues and events that are
empty. Both are replaced here: the handshake is dropped once it is accepted, and the
queue and the event take memory only while they hold something.

uvicorn builds the frame of a message again for each socket. Here the first socket that
gets a message builds it, and the others write the same bytes.
"""

from __future__ import annotations

import asyncio
import math
from functools import partial
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN

from asgi_project.serving import unread_bytes

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveEvent


STOP_PINGS = "trolley.stop_pings"
"""The extension of the scope with which the application makes a socket silent."""

WRITE_NOW = "trolley.write_now"
"""The extension of the scope with which the application writes a message without waiting."""
FRAME = "trolley.frame"
"""The key of a message that has its frame. Sockets that get the same message share it."""
PING_ROUNDING = 0.1
"""Seconds to whose multiples the times of pings are rounded up.

To wake up for one ping costs as much as the ping. 5,000 sockets have 25 pings in this time.
"""


class ReceiveQueue:
    """The messages of one socket that the application has not received yet.

    Like asyncio.Queue without a limit, for one receiver at a time.
    """

    __slots__ = ("_messages", "_receiver")

    def __init__(self) -> None:
        self._messages: list[ASGIReceiveEvent] = []
        self._receiver: asyncio.Future[None] | None = None

    def put_nowait(self, message: ASGIReceiveEvent) -> None:
        """Add a message and wake the receiver."""
        self._messages.append(message)
        if self._receiver is not None and not self._receiver.done():
            self._receiver.set_result(None)

    def empty(self) -> bool:
        """Tell whether there is no message."""
        return not self._messages

    async def get(self) -> ASGIReceiveEvent:
        """Remove and return the oldest message; wait until there is one."""
        while not self._messages:
            self._receiver = asyncio.get_running_loop().create_future()
            try:
                await self._receiver
            finally:
                self._receiver = None
        return self._messages.pop(0)


class WritableEvent:
    """Whether the transport takes more data. Like asyncio.Event."""

    __slots__ = ("_is_set", "_waiters")

    def __init__(self) -> None:
        self._is_set = True
        self._waiters: list[asyncio.Future[None]] | None = None

    def set(self) -> None:
        """Let all waiting writers continue."""
        self._is_set = True
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def clear(self) -> None:
        """Make writers wait."""
        self._is_set = False

    def is_set(self) -> bool:
        """Tell whether writers need not wait."""
        return self._is_set

    async def wait(self) -> None:
        """Wait until the event is set."""
        while not self._is_set:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters = [*(self._waiters or ()), waiter]
            await waiter


class CompactWebSocketProtocol(WebSocketsSansIOProtocol):
    """One socket. It takes less memory than uvicorn's, and tells what its peer has not taken."""

    # Instances of one class share the keys of their dictionaries only up to 30 attributes, and
    # uvicorn's have 43: each would have a table of 1.6 KB. These are kept beside it.
    __slots__ = (
        "app_state",
        "asgi_version",
        "close_sent",
        "close_timeout",
        "close_timer",
        "curr_msg_data_type",
        "default_headers",
        "disconnected",
        "frames",
        "handshake_complete",
        "handshake_initiated",
        "initial_response",
        "last_ping_rtt",
        "pending_ping_payload",
        "ping_sent_at",
        "ping_timer",
        "pong_timer",
        "queue",
        "read_paused",
        "writable",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue = ReceiveQueue()  # type: ignore[assignment]
        self.writable = WritableEvent()  # type: ignore[assignment]

    async def run_asgi(self) -> None:
        """Run the application, which may ask how many bytes its peer has not taken."""
        extensions: Any = self.scope["extensions"]
        extensions[unread_bytes.EXTENSION] = partial(unread_bytes.unread_bytes, self.transport)
        extensions[STOP_PINGS] = self.stop_pings
        if not self.conn.extensions:  # such as compression, which has frames of its own
            extensions[WRITE_NOW] = self.write_now
        await super().run_asgi()

    def write_now(self, message: dict[str, Any]) -> bool:
        """Write a text to an open socket; return False if this is not one or writers must wait.

        A message that is not written here may be given to `send`.
        """
        if not self.writable.is_set() or self.conn.state is not OPEN or self.disconnected:
            return False
        frame = message.get(FRAME)
        if frame is None:
            text = message.get("text")
            if text is None:
                return False
            frame = message[FRAME] = Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
        self.transport.write(frame)
        return True

    def schedule_ping(self) -> None:
        """Send the next ping with those of other sockets, up to PING_ROUNDING after its time."""
        assert self.ping_interval is not None
        due_at = self.loop.time() + max(0.0, self.ping_interval - self.last_ping_rtt)
        rounded = math.ceil(due_at / PING_ROUNDING) * PING_ROUNDING
        self.ping_timer = self.loop.call_at(rounded, self.send_keepalive_ping)

    def stop_pings(self) -> bool:
        """Send no more pings on this socket; return that this is so."""
        self.stop_keepalive()
        self.ping_interval = None
        return True

    def start_keepalive(self) -> None:
        """Drop the handshake: uvicorn calls this after it has sent the acceptance.

        The parser of `websockets` keeps the request until the socket is closed, and
        the application keeps the scope. So their headers are cleared, not the
        references to them. The application has read them before it accepted.
        """
        super().start_keepalive()
        for headers in (self.request.headers, self.response.headers, self.scope["headers"]):
            headers.clear()  # type: ignore[union-attr]
