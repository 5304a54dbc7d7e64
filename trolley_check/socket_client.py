"""A client that follows one list over the WebSocket, and notes what it sees."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from trolley_check.api import RefusedError
from trolley_check.history import Applied, Copied, History, OutOfOrder, ReceivedAnyway, Revoked
from trolley_check.replica import Frame, Replica

COMES_BACK = {1001, 1006, 1011, 1012, 1013, *range(4000, 4500)}
"""The close codes after which a client connects again."""
ACCESS_ENDED = {4501, 4503}
"""The close codes of a user whose access has ended, perhaps while the client was away."""
BASE_DELAY, MAX_DELAY = 0.5, 4.0
"""Seconds, with full jitter."""


def topic_of(list_id: str) -> str:
    """Return the topic of a list."""
    return f"list:{list_id}"


class SocketClient:
    """Follows a list through lost connections until `stop`, as docs/protocol.md says."""

    def __init__(
        self, url: str, headers: Mapping[str, str], list_id: str, *, name: str, history: History
    ) -> None:
        """`url` is that of the installation. `name` is the client in the history."""
        self._address = f"{url.replace('http', 'ws', 1)}/ws/lists/{list_id}/"
        self._headers = dict(headers)
        self.list_id, self.name, self._history = list_id, name, history
        self.replica: Replica | None = None
        self.changed = asyncio.Event()
        self.received_at: dict[str, float] = {}
        """When the change of each operation arrived."""
        self.moved_at = 0.0
        """When this client last got rows that it did not have."""
        self.outages: list[float] = []
        """Seconds without a connection that delivers, each time."""
        self.resumed = self.copied = 0
        self.is_revoked = False
        self.close_code: int | None = None
        self.close_reason = ""
        self._parts: list[Frame] = []
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def version(self) -> int:
        """The version that this client has, 0 before the first snapshot."""
        return 0 if self.replica is None else self.replica.version

    def start(self) -> None:
        """Begin to follow the list."""
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(lambda _: self.changed.set())

    async def stop(self) -> None:
        """End the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ended(self) -> None:
        """Wait until the server has closed the connection for good."""
        if self._task is not None:
            await self._task

    def cut(self) -> None:
        """Cut the connection, as a phone does that loses its network."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def reach(self, version: int) -> None:
        """Wait until this client has a version. Raises RefusedError if it was closed for good."""
        while self.version < version:
            if self._task is not None and self._task.done():
                reason = f"{self.close_code}, {self.close_reason}"
                raise RefusedError(f"{self.name} was closed with {reason}")
            self.changed.clear()
            await self.changed.wait()

    def is_at(self, position: Mapping[str, Any]) -> bool:
        """Whether this client has exactly the rows of a position."""
        at = self.replica
        names = ("epoch", "version", "digest")
        return at is not None and all(getattr(at, name) == position[name] for name in names)

    async def settle(self, position: Mapping[str, Any]) -> None:
        """Wait until this client is at a position, also at a lower version than before."""
        while not self.is_at(position):
            self.changed.clear()
            await self.changed.wait()

    async def _run(self) -> None:
        delay, lost_at = BASE_DELAY, time.monotonic()
        while True:
            self._is_first, self._is_subscribing, self._retry_in = True, False, 0.0
            code = await self._connection(lost_at)
            self.close_code = code
            if code in ACCESS_ENDED:
                self._revoked()
            if code not in COMES_BACK:
                return
            delay = BASE_DELAY if not self._is_first else min(2 * delay, MAX_DELAY)
            lost_at = time.monotonic()
            await asyncio.sleep(max(self._retry_in, random.uniform(0, delay)))  # noqa: S311

    async def _connection(self, lost_at: float) -> int:
        """Follow one connection to its end, and return its close code."""
        query = ""
        if at := self.replica:
            position = {"since": at.version, "epoch": at.epoch, "digest": at.digest}
            query = f"?{urlencode(position)}"
        try:
            async with connect(
                self._address + query,
                additional_headers=self._headers,
                max_size=None,
                open_timeout=20,
                proxy=None,
            ) as self._socket:
                async for message in self._socket:
                    for line in str(message).split("\n"):
                        await self._take(json.loads(line), lost_at)
            return 1000
        except ConnectionClosed as closed:
            self.close_reason = closed.rcvd.reason if closed.rcvd else ""
            return closed.rcvd.code if closed.rcvd else 1006
        except (OSError, WebSocketException, TimeoutError):
            return 1006
        finally:
            self._socket = None

    async def _take(self, frame: Frame, lost_at: float) -> None:
        kind = frame["type"]
        if kind == "subscribed":
            self._is_subscribing = False
        if kind == "subscribed" and self._is_first:
            self._is_first = False
            self.outages.append(time.monotonic() - lost_at)
            if self.replica is not None:
                self.resumed += frame["recovered"]
                self.copied += not frame["recovered"]
        elif kind == "snapshot":
            self._parts = [*(self._parts if frame["part"] > 1 else ()), frame]
            if frame["part"] == frame["parts"]:
                self._copy()
        elif kind == "change":
            await self._change(frame)
        elif kind == "ended" or (kind == "left" and frame["list"] == self.list_id):
            self._revoked()
        elif kind == "error":
            await self._error(frame)
        elif kind == "bye":
            self._retry_in = float(frame.get("retry_in") or 0)

    async def _error(self, frame: Frame) -> None:
        if frame["code"] == "not_found":
            self._revoked()  # it ended while this client was away
        elif frame["code"] == "unavailable" and self.replica is not None:
            await asyncio.sleep(float(frame.get("retry_in") or 0))
            await self._subscribe_again(topic_of(self.list_id), self.replica)

    def _revoked(self) -> None:
        if not self.is_revoked:
            self.is_revoked = True
            self._history.add(Revoked(client=self.name, list=self.list_id))
            self.changed.set()

    async def _subscribe_again(self, topic: str, at: Replica) -> None:
        """Ask for what is missing. What arrives before the answer belongs to the time before."""
        self._is_subscribing = True
        position: dict[str, Any] = {"since": at.version, "epoch": at.epoch, "digest": at.digest}
        if self._socket is not None:
            await self._socket.send(json.dumps({"type": "subscribe", "topic": topic, **position}))

    def _copy(self) -> None:
        rows = [item for part in self._parts for item in part["items"]]
        if not self.is_at(self._parts[-1]):
            self.moved_at = time.monotonic()
        self.replica = Replica(self._parts[-1]["list"], rows, self._parts[-1])
        self._parts = []
        event = Copied(
            client=self.name,
            list=self.list_id,
            epoch=self.replica.epoch,
            version=self.replica.version,
            digest=self.replica.digest,
            computed=self.replica.computed,
        )
        self._history.add(event)
        self.changed.set()

    async def _change(self, change: Frame) -> None:
        at = self.replica
        if self.is_revoked:
            self._history.add(
                ReceivedAnyway(client=self.name, list=self.list_id, version=change["version"])
            )
            return
        if at is None or change["epoch"] != at.epoch:
            return
        if not at.follows(change):
            if not self._is_subscribing:
                event = OutOfOrder(
                    client=self.name,
                    list=self.list_id,
                    version=change["version"],
                    after=at.version,
                )
                self._history.add(event)
            if change["version"] > at.version:
                await self._subscribe_again(change["topic"], at)
            return
        items, self.moved_at = at.apply(change), time.monotonic()
        if change["op"]:
            self.received_at.setdefault(change["op"], time.monotonic())
        applied = Applied.of(
            change, client=self.name, list=self.list_id, computed=at.computed, items=items
        )
        self._history.add(applied)
        self.changed.set()
