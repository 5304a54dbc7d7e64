"""The one channel of this process on the channel layer: groups, sending, receiving, outages.

A failed layer never fails a caller: unsent messages are dropped, groups are
joined again when the layer is available again, and `on_recovered` is called so
that missed changes are read from the log.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from live.counters import counters
from live.delivery.layer_redis import redis_of
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage
from live.delivery_meter import DeliveryMeter
from live.intervals import Intervals

logger = logging.getLogger(__name__)

MAX_QUEUED_MESSAGES = 10_000
"""Messages that wait for the layer; beyond that the oldest are dropped."""
CALL_TIMEOUT = 2.0
"""Seconds that one call to the layer may take."""
_PROBE = GroupMessage(CONTROL_GROUP, {"type": "live.layer_probe"})
"""A message without a meaning: no handler is registered for it."""


class LayerClient:
    """Joins the wanted groups, and sends and receives their messages.

    It does not know what a message means: it passes each to `receive`.
    """

    def __init__(
        self,
        layer: Any,
        *,
        receive: Callable[[dict[str, Any]], None],
        on_recovered: Callable[[], None],
        intervals: Intervals,
        meter: DeliveryMeter | None = None,
    ) -> None:
        self._meter = meter or DeliveryMeter()
        self._layer = layer
        self._receive = receive
        self._on_recovered = on_recovered
        self._intervals = intervals
        self._backoff = intervals.min_backoff
        self._channel: str | None = None
        self._wanted_groups: set[str] = set()
        self._joined_groups: set[str] = set()
        self._join_waiters: dict[str, list[asyncio.Future[None]]] = {}
        self._outbox: deque[GroupMessage] = deque(maxlen=MAX_QUEUED_MESSAGES)
        self._groups_changed = asyncio.Event()
        self._message_queued = asyncio.Event()
        self._channel_opened = asyncio.Event()
        self._needs_reconcile = False
        self._tasks: list[asyncio.Task[None]] = []
        self.is_up = True
        """Whether a message was sent since the last call to the layer that failed."""

    @property
    def redis(self) -> Any | None:
        """The connection of the layer to Redis; None if it has none (yet)."""
        return redis_of(self._layer)

    def start(self) -> None:
        """Start; returns at once, whether or not the layer is available."""
        for run in (self._keep_groups, self._keep_sending, self._keep_receiving):
            self._tasks.append(asyncio.ensure_future(run()))

    async def stop(self) -> None:
        """Stop; send the queued messages and leave all groups if the layer is available."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not self.is_up:
            return
        try:
            async with asyncio.timeout(CALL_TIMEOUT):
                for group, message in self._outbox:
                    await self._layer.group_send(group, message)
                for group in sorted(self._joined_groups):
                    await self._layer.group_discard(group, self._channel)
        except Exception as error:
            logger.info("the groups of the channel layer could not be left: %r", error)

    def send(self, group_message: GroupMessage) -> None:
        """Queue a message for a group."""
        self._outbox.append(group_message)
        self._message_queued.set()

    def join(self, group: str) -> None:
        """Receive the messages of a group from now on."""
        self._wanted_groups.add(group)
        self._groups_changed.set()

    def leave(self, group: str) -> None:
        """Receive no more messages of a group."""
        self._wanted_groups.discard(group)
        self._groups_changed.set()

    async def wait_joined(self, group: str, max_wait: float) -> bool:
        """Wait until a group is joined, or an outage begins.

        Returns False if the layer is down, or after `max_wait` seconds.
        """
        if group in self._joined_groups:
            return True
        if not self.is_up:
            return False
        waiter = asyncio.get_running_loop().create_future()
        self._join_waiters.setdefault(group, []).append(waiter)
        done, _ = await asyncio.wait([waiter], timeout=max_wait)
        return bool(done)

    async def _keep_groups(self) -> None:
        while True:
            try:
                await self._sync_groups()
            except Exception as error:
                await self._on_call_failed(error)
                continue
            try:
                async with asyncio.timeout(self._intervals.group_refresh_interval):
                    await self._groups_changed.wait()
            except TimeoutError:
                # Both kinds of layer forget members: by age, or for one unread message.
                self._joined_groups.clear()

    async def _sync_groups(self) -> None:
        self._groups_changed.clear()
        while missing := self._wanted_groups - self._joined_groups:
            for group in sorted(missing):
                channel = self._channel or await self._open_channel()
                await self._call(self._layer.group_add(group, channel))
                self._joined_groups.add(group)
                self._release_waiters(group)
        for group in sorted(self._joined_groups - self._wanted_groups):
            await self._call(self._layer.group_discard(group, self._channel))
            self._joined_groups.discard(group)
            if group in self._wanted_groups:  # `join` was called during the call
                self._groups_changed.set()
        if self._needs_reconcile:
            self._needs_reconcile = False
            self._on_recovered()

    async def _open_channel(self) -> str:
        channel: str = await self._call(self._layer.new_channel())
        self._channel = channel
        self._channel_opened.set()
        return channel

    async def _keep_sending(self) -> None:
        while True:
            if not self._outbox:
                self._message_queued.clear()
                await self._message_queued.wait()
            group, message = self._outbox.popleft()
            try:
                await self._call(self._layer.group_send(group, message))
            except Exception as error:
                self._outbox.clear()  # the receivers find the changes in the log
                await self._on_call_failed(error)
            else:
                if not self.is_up:
                    self._on_send_succeeded_again()
                if "sent_at" in message:
                    self._meter.hops["layer"].observe((time.time() - message["sent_at"]) * 1000)

    async def _keep_receiving(self) -> None:
        while True:
            await self._channel_opened.wait()
            try:
                message = await self._layer.receive(self._channel)
            except Exception as error:
                await self._on_call_failed(error)
                continue
            try:
                self._receive(message)
            except Exception:
                logger.exception("a message of the channel layer could not be handled")

    async def _call(self, call: Coroutine[Any, Any, Any]) -> Any:
        async with asyncio.timeout(CALL_TIMEOUT):
            return await call

    async def _on_call_failed(self, error: Exception) -> None:
        counters.layer_call_failed()
        self._meter.errors["layer"].add()
        if self.is_up:
            logger.warning("the channel layer is down: %r", error)
        self.is_up = False
        self._joined_groups.clear()  # a restarted Redis has no groups
        for group in list(self._join_waiters):
            self._release_waiters(group)
        await asyncio.sleep(self._backoff)
        self._backoff = min(self._backoff * 2, self._intervals.max_backoff)
        self._groups_changed.set()
        # Only a message shows whether the layer is available again: redis-pubsub joins a group
        # that it knows without asking Redis.
        self.send(_PROBE)

    def _on_send_succeeded_again(self) -> None:
        logger.info("the channel layer is available again")
        self.is_up = True
        self._backoff = self._intervals.min_backoff
        self._needs_reconcile = True
        self._groups_changed.set()

    def _release_waiters(self, group: str) -> None:
        for waiter in self._join_waiters.pop(group, ()):
            if not waiter.done():
                waiter.set_result(None)
