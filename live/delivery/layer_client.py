"""This process's one channel on the layer: groups, sending, receiving, outages.

A layer that fails never fails a caller: sends are dropped, groups are joined
again when it is back, and `back` is called so that what was missed is looked for.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from live.counters import counters
from live.delivery.local_bus import GroupMessage
from live.intervals import Intervals

logger = logging.getLogger(__name__)

MAX_QUEUED_MESSAGES = 10_000
"""Messages that wait for the layer; more than that and the oldest are dropped."""
CALL_TIMEOUT = 2.0
"""Seconds that one call to the layer may take."""


class LayerClient:
    """Keeps the groups that are wanted joined, and carries messages both ways.

    It does not know what a message means. `receive` gets each message.
    """

    def __init__(
        self,
        layer: Any,
        *,
        receive: Callable[[dict[str, Any]], None],
        on_recovered: Callable[[], None],
        intervals: Intervals,
    ) -> None:
        self._layer = layer
        self._receive = receive
        self._back = on_recovered
        self._intervals = intervals
        self._backoff = intervals.min_backoff
        self._channel: str | None = None
        self._wanted: set[str] = set()
        self._joined: set[str] = set()
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._outbox: deque[GroupMessage] = deque(maxlen=MAX_QUEUED_MESSAGES)
        self._changed = asyncio.Event()
        self._posted = asyncio.Event()
        self._opened = asyncio.Event()
        self._needs_reconcile = False
        self._tasks: list[asyncio.Task[None]] = []
        self.is_up = True
        """Whether the last call to the layer succeeded."""

    def start(self) -> None:
        """Begin; returns at once, whether or not the layer can be reached."""
        for work in (self._keep_groups, self._keep_sending, self._keep_receiving):
            self._tasks.append(asyncio.ensure_future(work()))

    async def stop(self) -> None:
        """Leave all groups if the layer can be reached, and end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not self.is_up:
            return
        try:
            async with asyncio.timeout(CALL_TIMEOUT):
                for group, message in self._outbox:
                    await self._layer.group_send(group, message)
                for group in self._joined:
                    await self._layer.group_discard(group, self._channel)
        except Exception as error:
            logger.info("the channel layer was left without a word: %r", error)

    def send(self, outgoing: GroupMessage) -> None:
        """Queue a message for a group."""
        self._outbox.append(outgoing)
        self._posted.set()

    def join(self, group: str) -> None:
        """Want what is sent to a group."""
        self._wanted.add(group)
        self._changed.set()

    def leave(self, group: str) -> None:
        """No longer want what is sent to a group."""
        self._wanted.discard(group)
        self._changed.set()

    async def joined(self, group: str, patience: float) -> bool:
        """Wait until a group is joined; False if that takes longer than `patience` seconds."""
        if group in self._joined:
            return True
        if not self.is_up:
            return False
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(group, []).append(waiter)
        done, _ = await asyncio.wait([waiter], timeout=patience)
        return bool(done)

    async def _keep_groups(self) -> None:
        while True:
            try:
                await self._sync_groups()
            except Exception as error:
                await self._failed(error)
                continue
            try:
                async with asyncio.timeout(self._intervals.refresh):
                    await self._changed.wait()
            except TimeoutError:
                # Both kinds of layer forget members: by age, or for one message unread.
                self._joined.clear()

    async def _sync_groups(self) -> None:
        self._changed.clear()
        while missing := self._wanted - self._joined:
            for group in missing:
                channel = self._channel or await self._open()
                await self._call(self._layer.group_add(group, channel))
                self._joined.add(group)
                self._release(group)
        for group in self._joined - self._wanted:
            await self._call(self._layer.group_discard(group, self._channel))
            self._joined.discard(group)
            if group in self._wanted:  # it was joined again meanwhile
                self._changed.set()
        if self._needs_reconcile:
            self._needs_reconcile = False
            self._back()

    async def _open(self) -> str:
        channel: str = await self._call(self._layer.new_channel())
        self._channel = channel
        self._opened.set()
        return channel

    async def _keep_sending(self) -> None:
        while True:
            if not self._outbox:
                self._posted.clear()
                await self._posted.wait()
            group, message = self._outbox.popleft()
            try:
                await self._call(self._layer.group_send(group, message))
            except Exception as error:
                self._outbox.clear()  # whoever missed them reads the log
                await self._failed(error)

    async def _keep_receiving(self) -> None:
        while True:
            await self._opened.wait()
            try:
                message = await self._layer.receive(self._channel)
            except Exception as error:
                await self._failed(error)
                continue
            try:
                self._receive(message)
            except Exception:
                logger.exception("a message of the channel layer was not understood")

    async def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        async with asyncio.timeout(CALL_TIMEOUT):
            result = await work
        if not self.is_up:
            self._is_back()
        return result

    async def _failed(self, error: Exception) -> None:
        counters.layer_call_failed()
        if self.is_up:
            logger.warning("the channel layer is down: %r", error)
        self.is_up = False
        self._joined.clear()  # a restarted Redis has forgotten them
        for group in list(self._waiting):
            self._release(group)
        await asyncio.sleep(self._backoff)
        self._backoff = min(self._backoff * 2, self._intervals.max_backoff)
        self._changed.set()  # joining a group is how we find out that it is back

    def _is_back(self) -> None:
        logger.info("the channel layer is back")
        self.is_up = True
        self._backoff = self._intervals.min_backoff
        self._needs_reconcile = True
        self._changed.set()

    def _release(self, group: str) -> None:
        for waiter in self._waiting.pop(group, ()):
            if not waiter.done():
                waiter.set_result(None)
