"""The load generator: many WebSocket readers that count, and keep-alive REST editors.

It does as little as it can for each message, so that the server is what is
measured: one `bytes.count`, one clock reading, three additions. `./run bench
null` proves it against a server that only writes.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import picows

from bench.event import CONTROL

HANDSHAKES_AT_ONCE = 32
SOCKETS_PER_ADDRESS = 2_000


class Tally:
    """What all readers have received, and when each event was sent."""

    def __init__(self) -> None:
        self.opened = self.closed = self.ready = 0
        self.schedule: dict[int, list[float]] = {}
        """List index to the moments at which its events were sent, in order."""
        self._reached = asyncio.Event()
        self.reset()

    def reset(self) -> None:
        """Forget everything counted so far, before a measured window."""
        self.latencies = array("d")
        self.received = self.bytes = self.wanted = 0
        self.last = 0.0
        for moments in self.schedule.values():
            moments.clear()
        self._reached.clear()

    def sent(self, list_index: int) -> list[float]:
        return self.schedule.setdefault(list_index, [])

    def add(self, frames: int, size: int, now: float) -> None:
        self.bytes += size
        self.received += frames
        self.last = now
        if self.received >= self.wanted:
            self._reached.set()

    def want(self, frames: int) -> None:
        """Expect this many more frames than were wanted before."""
        self.wanted += frames
        if self.received < self.wanted:
            self._reached.clear()

    async def reached(self, seconds: float) -> bool:
        """Wait until all that was wanted is here; False after `seconds` without it."""
        try:
            await asyncio.wait_for(self._reached.wait(), seconds)
        except TimeoutError:
            return False
        return True


class Reader(picows.WSListener):
    """One socket: counts the events in each message, for an event begins with `mark`."""

    def __init__(self, tally: Tally, *, mark: bytes, ready: bytes, list_index: int):
        self.tally, self.mark, self.ready_mark = tally, mark, ready
        self.list_index = list_index
        self.sent = tally.sent(list_index)
        self.count = 0
        self.is_ready = self.is_closed = False
        self.kept: list[bytes] | None = None
        """Every message, where this reader is the one whose order is checked."""

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport
        self.tally.opened += 1
        if not self.ready_mark:
            self.become_ready()

    def become_ready(self) -> None:
        if not self.is_ready:
            self.is_ready = True
            self.tally.ready += 1

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.CLOSE:
            transport.disconnect()
            return
        self.on_message(frame.get_payload_as_bytes())

    def on_message(self, payload: bytes) -> None:
        if frames := payload.count(self.mark):
            now = time.perf_counter()
            count, self.count = self.count, self.count + frames
            # The n-th event of a socket is the n-th event of its list.
            self.tally.latencies.extend([now - at for at in self.sent[count : self.count]])
            self.tally.add(frames, len(payload), now)
            if self.kept is not None:
                self.kept.append(payload)
        if not self.is_ready and self.ready_mark in payload:
            self.become_ready()

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        if not self.is_closed:
            self.is_closed = True
            self.tally.closed += 1


@dataclass(frozen=True)
class Seat:
    """Where one reader sits: the list that it watches and its headers."""

    list_index: int
    path: str
    headers: dict[str, str]


@dataclass
class Audience:
    """All readers of one run and the control connection to the server."""

    port: int
    mark: bytes
    ready: bytes
    tally: Tally = field(default_factory=Tally)
    readers: list[Reader] = field(default_factory=list)
    watching: Counter[int] = field(default_factory=Counter)
    """List index to how many readers it has."""
    errors: list[str] = field(default_factory=list)
    control: picows.WSTransport | None = None

    async def open(self, seats: Sequence[Seat], *, first_address: int) -> None:
        """Open every seat, at most 32 handshakes at once; failures are kept in `errors`."""
        gate = asyncio.Semaphore(HANDSHAKES_AT_ONCE)

        async def open_one(index: int, seat: Seat) -> None:
            async with gate:
                address = f"127.0.{(first_address + index // SOCKETS_PER_ADDRESS) % 250 + 1}.1"
                await self._connect(seat, address)

        await asyncio.gather(*(open_one(index, seat) for index, seat in enumerate(seats)))

    async def _connect(self, seat: Seat, address: str) -> None:
        try:
            _, reader = await connect(
                lambda: Reader(
                    self.tally, mark=self.mark, ready=self.ready, list_index=seat.list_index
                ),
                self.port,
                seat.path,
                headers=seat.headers,
                address=address,
            )
        except (OSError, TimeoutError, picows.WSError) as error:
            self.errors.append(f"handshake: {type(error).__name__} {error}"[:200])
            return
        self.readers.append(reader)
        self.watching[seat.list_index] += 1

    async def all_ready(self, seconds: float) -> bool:
        """Wait until every open reader has its first state."""
        end = time.monotonic() + seconds
        while self.tally.ready < len(self.readers):
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.05)
        return True

    async def open_control(self) -> None:
        self.control, _ = await connect(picows.WSListener, self.port, CONTROL)

    def emit(self, list_index: int, first: int, count: int) -> None:
        """Have the server hand `count` events of a list to its fan-out, from version `first`."""
        self.control.send(picows.WSMsgType.TEXT, f"{list_index} {first} {count}".encode())

    def reset(self) -> None:
        """Begin to count anew; the first reader keeps what it gets."""
        self.tally.reset()
        for reader in self.readers:
            reader.count = 0
        self.readers[0].kept = []

    def close(self) -> None:
        for reader in self.readers:
            reader.is_closed = True
            reader.transport.disconnect(graceful=False)
        if self.control:
            self.control.disconnect(graceful=False)


async def connect(
    factory: Callable[[], picows.WSListener],
    port: int,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    address: str = "127.0.0.1",
) -> tuple[picows.WSTransport, picows.WSListener]:
    return await picows.ws_connect(
        factory,
        f"ws://127.0.0.1:{port}{path}",
        extra_headers=headers,
        websocket_handshake_timeout=30,
        read_buffer_init_size=4096,
        max_frame_size=64 * 1024 * 1024,
        local_addr=(address, 0),
    )


class Editor:
    """One keep-alive HTTP connection; it knows just enough of HTTP/1.1 to wait for an answer."""

    def __init__(self, port: int, headers: dict[str, str]):
        self.port, self.headers = port, headers

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def patch(self, path: str, body: bytes) -> int:
        """Send one PATCH and return the status of its answer, once the answer is all here."""
        lines = [
            f"PATCH {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        await self._drain(head.lower())
        return int(head.split(b" ", 2)[1])

    async def _drain(self, head: bytes) -> None:
        for line in head.split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await self.reader.readexactly(int(line[15:]))
            elif line.startswith(b"transfer-encoding:"):
                while size := int((await self.reader.readuntil(b"\r\n")), 16):
                    await self.reader.readexactly(size + 2)
                await self.reader.readexactly(2)

    def close(self) -> None:
        self.writer.close()
