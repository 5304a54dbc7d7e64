"""The load generator: many WebSocket readers that count, and keep-alive REST editors.

It does as little as possible for each message, so that the server is measured and not
the generator: one `bytes.count`, one clock reading, three additions. The target `null`,
a server that only writes, shows how much the generator can receive.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import picows

from bench.event import CONTROL_PATH

MAX_CONCURRENT_HANDSHAKES = 32
MAX_SOCKETS_PER_ADDRESS = 2_000


class DeliveryStats:
    """Counts what all readers have received, and knows when each event was sent."""

    def __init__(self) -> None:
        self.opened = self.closed = self.ready = 0
        self._send_times: dict[int, list[float]] = {}
        """For each list index, when its events were sent, in order."""
        self._complete = asyncio.Event()
        self.reset()

    def reset(self) -> None:
        """Set all counts to zero, before the measured window."""
        self.latencies = array("d")
        self.received = self.bytes = self.expected = 0
        self.last_received_at = 0.0
        for times in self._send_times.values():
            times.clear()
        self._complete.clear()

    def send_times(self, list_index: int) -> list[float]:
        return self._send_times.setdefault(list_index, [])

    def add(self, frames: int, size: int, now: float) -> None:
        self.bytes += size
        self.received += frames
        self.last_received_at = now
        if self.received >= self.expected:
            self._complete.set()

    def expect(self, frames: int) -> None:
        """Expect this many frames in addition."""
        self.expected += frames
        if self.received < self.expected:
            self._complete.clear()

    async def wait_until_complete(self, seconds: float) -> bool:
        """Wait until all expected frames are received; return False if `seconds` pass before."""
        try:
            await asyncio.wait_for(self._complete.wait(), seconds)
        except TimeoutError:
            return False
        return True


class Reader(picows.WSListener):
    """One socket. It counts the events in each message; an event starts with `event_prefix`."""

    def __init__(
        self, stats: DeliveryStats, *, event_prefix: bytes, ready_marker: bytes, list_index: int
    ):
        self.stats, self.event_prefix, self.ready_marker = stats, event_prefix, ready_marker
        self.list_index = list_index
        self.send_times = stats.send_times(list_index)
        self.count = 0
        self.is_ready = self.is_closed = False
        self.messages: list[bytes] | None = None
        """Every message, if the order of this reader's messages is checked."""

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport
        self.stats.opened += 1
        if not self.ready_marker:
            self.mark_ready()

    def mark_ready(self) -> None:
        if not self.is_ready:
            self.is_ready = True
            self.stats.ready += 1

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.CLOSE:
            transport.disconnect()
            return
        self.on_message(frame.get_payload_as_bytes())

    def on_message(self, payload: bytes) -> None:
        if frames := payload.count(self.event_prefix):
            now = time.perf_counter()
            count, self.count = self.count, self.count + frames
            # The n-th event of a socket is the n-th event of its list.
            self.stats.latencies.extend(
                [now - sent_at for sent_at in self.send_times[count : self.count]]
            )
            self.stats.add(frames, len(payload), now)
            if self.messages is not None:
                self.messages.append(payload)
        if not self.is_ready and self.ready_marker in payload:
            self.mark_ready()

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        if not self.is_closed:
            self.is_closed = True
            self.stats.closed += 1


@dataclass(frozen=True)
class ReaderConfig:
    """How one reader connects: its list, its path and its headers."""

    list_index: int
    path: str
    headers: dict[str, str]


@dataclass
class ReaderPool:
    """All readers of one run, and the control connection to the server."""

    port: int
    event_prefix: bytes
    ready_marker: bytes
    stats: DeliveryStats = field(default_factory=DeliveryStats)
    readers: list[Reader] = field(default_factory=list)
    readers_per_list: Counter[int] = field(default_factory=Counter)
    """The number of readers for each list index."""
    errors: list[str] = field(default_factory=list)
    control: picows.WSTransport | None = None

    async def open(self, configs: Sequence[ReaderConfig], *, first_address: int) -> None:
        """Connect all readers, at most 32 at the same time; failures go to `errors`."""
        semaphore = asyncio.Semaphore(MAX_CONCURRENT_HANDSHAKES)

        async def open_one(index: int, config: ReaderConfig) -> None:
            async with semaphore:
                address = f"127.0.{(first_address + index // MAX_SOCKETS_PER_ADDRESS) % 250 + 1}.1"
                await self._connect(config, address)

        await asyncio.gather(*(open_one(index, config) for index, config in enumerate(configs)))

    async def _connect(self, config: ReaderConfig, address: str) -> None:
        try:
            _, reader = await connect(
                lambda: Reader(
                    self.stats,
                    event_prefix=self.event_prefix,
                    ready_marker=self.ready_marker,
                    list_index=config.list_index,
                ),
                self.port,
                config.path,
                headers=config.headers,
                address=address,
            )
        except (OSError, TimeoutError, picows.WSError) as error:
            self.errors.append(f"handshake: {type(error).__name__} {error}"[:200])
            return
        self.readers.append(reader)
        self.readers_per_list[config.list_index] += 1

    async def wait_until_ready(self, seconds: float) -> bool:
        """Wait until every reader has its first state; return False if `seconds` pass before."""
        deadline = time.monotonic() + seconds
        while self.stats.ready < len(self.readers):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.05)
        return True

    async def open_control(self) -> None:
        self.control, _ = await connect(picows.WSListener, self.port, CONTROL_PATH)

    def emit(self, list_index: int, first: int, count: int) -> None:
        """Ask the server to publish `count` events of a list, from version `first` on."""
        self.control.send(picows.WSMsgType.TEXT, f"{list_index} {first} {count}".encode())

    def reset(self) -> None:
        """Start counting from zero. The first reader stores its messages from now on."""
        self.stats.reset()
        for reader in self.readers:
            reader.count = 0
        self.readers[0].messages = []

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
    """One keep-alive HTTP connection, with just enough of HTTP/1.1 to read a response."""

    def __init__(self, port: int, headers: dict[str, str]):
        self.port, self.headers = port, headers

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def patch(self, path: str, body: bytes) -> int:
        """Send one PATCH, read the whole response, and return its status."""
        lines = [
            f"PATCH {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        await self._read_body(head.lower())
        return int(head.split(b" ", 2)[1])

    async def _read_body(self, head: bytes) -> None:
        for line in head.split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await self.reader.readexactly(int(line[15:]))
            elif line.startswith(b"transfer-encoding:"):
                while size := int((await self.reader.readuntil(b"\r\n")), 16):
                    await self.reader.readexactly(size + 2)
                await self.reader.readexactly(2)

    def close(self) -> None:
        self.writer.close()
