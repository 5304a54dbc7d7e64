"""A client that subscribes to one list as docs/protocol.md requires."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from live.protocol import frames
from shopping_list.rows import Change, topic_of
from tests.support.frame_history import new_history
from tests.support.frame_schema import encode_client_frame, server_frames
from tests.support.replica import Replica, State

BASE_DELAY, MAX_DELAY = 0.5, 30.0  # s
RECONNECT_CODES = {1001, 1006, 1011, 1012, 1013, *range(4000, 4500)}
decode = msgspec.json.Decoder(frames.ServerFrame).decode


class ReferenceClient:
    """Stays subscribed to its list when connections are lost. It writes nothing."""

    def __init__(self, url: str, token: str, list_id: str, *, path: str, seed: int) -> None:
        """`path` is `/ws/`, or `/ws/lists/` to subscribe by the URL."""
        self.list_id, self.topic, self.path = list_id, topic_of(list_id), path
        self.url = url.replace("http", "ws", 1) + path
        self.headers = {"Authorization": f"Bearer {token}"}
        self.rng = random.Random(seed)
        self.replica: Replica | None = None
        self.recovered: list[bool] = []
        """For each subscription, whether it began with the missed changes (or else a snapshot)."""
        self.repeated = self.gaps = 0
        self.byes: list[frames.Bye] = []
        self.close_code: int | None = None
        self._socket: ClientConnection | None = None
        self._parts: list[frames.Snapshot] = []

    @property
    def version(self) -> int:
        """The newest applied version."""
        return 0 if self.replica is None else self.replica.version

    def abort_connection(self) -> None:
        """Abort the connection without a close frame."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def run(self) -> None:
        """Reconnect until a close code forbids it."""
        failures = 0
        while self.close_code is None or self.close_code in RECONNECT_CODES:
            self._received, self._retry_in = False, 0.0
            self.close_code = await self._connection()
            failures = 0 if self._received else failures + 1
            jitter = self.rng.uniform(0, min(MAX_DELAY, BASE_DELAY * 2**failures))
            await asyncio.sleep(max(jitter, self._retry_in))

    async def _connection(self) -> int:
        """Handle one connection to its end, and return its close code."""
        try:
            async with connect(
                self._address(), additional_headers=self.headers, max_size=None, proxy=None
            ) as self._socket:
                self._history = new_history("reference client")
                if self.path == "/ws/":
                    await self._subscribe()
                while True:
                    message = await self._socket.recv()
                    self._history.received(server_frames(message))
                    for line in str(message).split("\n"):
                        self._received = True
                        await self._handle(decode(line))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        except (OSError, InvalidHandshake, TimeoutError):
            return 1006

    def _position(self) -> dict[str, Any]:
        at = self.replica
        if at is None:
            return {}
        return {"since": at.version, "epoch": at.epoch, "digest": at.digest}

    def _address(self) -> str:
        if self.path == "/ws/":
            return self.url
        query = "&".join(f"{name}={value}" for name, value in self._position().items())
        return f"{self.url}{self.list_id}/?{query}"

    async def _subscribe(self) -> None:
        assert self._socket is not None
        frame = {"type": "subscribe", "topic": self.topic, **self._position()}
        self._history.sent([frame])
        await self._socket.send(encode_client_frame(frame))

    async def _handle(self, frame: Any) -> None:
        match frame:
            case frames.Subscribed(recovered=bool(recovered)):
                self.recovered.append(recovered)
            case frames.Snapshot():
                self._collect(frame)
            case Change():
                await self._apply(frame)
            case frames.Bye():
                self.byes.append(frame)
                self._retry_in = frame.retry_in or 0.0

    def _collect(self, snapshot: frames.Snapshot) -> None:
        self._parts = [*(self._parts if snapshot.part > 1 else []), snapshot]
        if snapshot.part == snapshot.parts:
            rows = tuple(row for part in self._parts for row in part.items)
            self.replica = Replica.of(State(snapshot.epoch, snapshot.version, snapshot.list, rows))
            assert self.replica.digest == snapshot.digest

    async def _apply(self, change: Change) -> None:
        if self.replica is None or self.replica.epoch != change.epoch:
            return
        if change.version <= self.version:
            self.repeated += 1
        elif change.version == self.version + 1 and change.base == self.replica.digest:
            self.replica.apply(change)
        else:
            self.gaps += 1
            await self._subscribe()
