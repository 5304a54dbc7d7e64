"""Follows the lists that this process watches, each in order.

Changes come from the channel layer, from the writers of this process and, if one
is missing, from the log.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any
from uuid import UUID

import msgspec
from channels.layers import get_channel_layer  # type: ignore[import-untyped]

from live.delivery.access_changes import AccessChanges
from live.delivery.change_sequence import IncomingChange
from live.delivery.hub import Hub
from live.delivery.layer_client import LayerClient
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage
from live.delivery.log_repair import LogRepair
from live.delivery.ordered_delivery import AccessListener, OrderedDelivery
from live.delivery.readings import Position, Reading
from live.delivery.replay import Replay
from live.delivery.watched_list import WatchedList
from live.delivery_meter import DeliveryMeter
from live.intervals import Intervals

MAX_READ_ATTEMPTS = 10
"""Readings of a busy list before a subscriber is told to retry."""

MessageHandler = Callable[[dict[str, Any]], None]


class ListTooBusyError(Exception):
    """A list changed so fast that every reading was outdated before it could be used."""


class Relay:
    """Delivers each change of a watched list to the hub: once, in order, without gaps.

    It knows lists and versions, but no sockets.
    """

    def __init__(
        self,
        *,
        hub: Hub,
        access_listener: AccessListener,
        before_restart: Callable[[], Awaitable[None]],
        intervals: Intervals,
        meter: DeliveryMeter | None = None,
    ) -> None:
        """`before_restart` is awaited before the subscribers of a list read it again."""
        self._meter = meter or DeliveryMeter()
        self._access_listener = access_listener
        self._intervals = intervals
        self._watched_lists: dict[UUID, WatchedList] = {}
        self._handlers: dict[str, MessageHandler] = {
            "live.change": self._handle_change,
            "live.access_changed": self._handle_access_changed,
        }
        self._delivery = OrderedDelivery(
            hub=hub, access_listener=access_listener, meter=self._meter
        )
        self._log_repair = LogRepair(
            watched_lists=self._watched_lists,
            delivery=self._delivery,
            before_restart=before_restart,
            intervals=intervals,
            meter=self._meter,
        )
        self.layer_client = LayerClient(
            get_channel_layer(),
            receive=self._receive_from_layer,
            on_recovered=self._log_repair.request_reconcile,
            intervals=intervals,
            meter=self._meter,
        )

    @property
    def watched_count(self) -> int:
        """The number of watched lists."""
        return len(self._watched_lists)

    def position(self, list_id: UUID) -> Position | None:
        """Return the position up to which a list was delivered, if it is watched."""
        watched_list = self._watched_lists.get(list_id)
        return None if watched_list is None else watched_list.position

    def digest_at(self, list_id: UUID, version: int) -> str | None:
        """Return the digest of a watched list after a version, if it is known."""
        watched_list = self._watched_lists.get(list_id)
        sequence = None if watched_list is None else watched_list.sequence
        return None if sequence is None else sequence.digest_at(version)

    def received_at(self, list_id: UUID, version: int) -> float | None:
        """Return when this process got a change of a watched list, if it is known."""
        watched_list = self._watched_lists.get(list_id)
        sequence = None if watched_list is None else watched_list.sequence
        return None if sequence is None else sequence.received_at(version)

    def start(self) -> None:
        """Join the group of all processes and start to reconcile."""
        self.layer_client.join(CONTROL_GROUP)
        self.layer_client.start()
        self._log_repair.start()

    async def stop(self) -> None:
        """Leave the channel layer and stop."""
        await self.layer_client.stop()
        await self._log_repair.stop()

    # Messages.

    def register_handler(self, message_type: str, handler: MessageHandler) -> None:
        """Pass messages of one type to a handler. It may get the same message twice."""
        self._handlers[message_type] = handler

    def publish(self, group_message: GroupMessage) -> None:
        """Deliver a message of this process: here at once, elsewhere by the channel layer."""
        self.layer_client.send(group_message)
        self.receive(group_message.message)

    def receive(self, message: dict[str, Any]) -> None:
        """Handle a message of this process or of another one."""
        handler = self._handlers.get(message["type"])
        if handler is not None:
            handler(message)

    def _receive_from_layer(self, message: dict[str, Any]) -> None:
        sent_at = message.get("sent_at")
        if sent_at is not None:
            # The clocks of two machines differ, and nothing arrives before it was sent.
            self._meter.hops["relay"].observe(max(0.0, time.time() - sent_at) * 1000)
        self.receive(message)

    def _handle_change(self, message: dict[str, Any]) -> None:
        watched_list = self._watched_lists.get(UUID(message["list"]))
        if watched_list is None or watched_list.sequence is None:
            return
        if message["epoch"] != watched_list.sequence.epoch:
            self._log_repair.repair(watched_list)
            return
        change = IncomingChange(
            version=message["version"],
            base=message["base"],
            digest=message["digest"],
            frame=message["frame"].decode(),
            access_changes=msgspec.convert(message.get("access_changes", {}), AccessChanges),
            committed_at=message.get("committed_at"),
            received_at=perf_counter(),
        )
        self._delivery.accept(watched_list, change)
        if watched_list.sequence.is_contradicted:
            self._log_repair.repair(watched_list)
        elif watched_list.sequence.has_gap:
            self._log_repair.repair(watched_list, delay=self._intervals.reorder_delay)

    def _handle_access_changed(self, message: dict[str, Any]) -> None:
        access_changes = msgspec.convert(message["access_changes"], AccessChanges)
        list_id = UUID(message["list"])
        position = Position(message["epoch"], message["version"], message["digest"])
        self._access_listener.on_access_changed(list_id, position, access_changes)
        if access_changes.deleted and list_id not in self._watched_lists:
            self._access_listener.on_list_deleted(list_id)

    # Watching.

    def watch(self, list_id: UUID) -> WatchedList:
        """Add a watcher of a list; the first one joins its group."""
        watched_list = self._watched_lists.get(list_id)
        if watched_list is None:
            watched_list = self._watched_lists[list_id] = WatchedList(list_id)
            self.layer_client.join(watched_list.group)
        watched_list.watcher_count += 1
        return watched_list

    def unwatch(self, list_id: UUID) -> None:
        """Remove a watcher of a list; the last one leaves its group."""
        watched_list = self._watched_lists[list_id]
        watched_list.watcher_count -= 1
        if watched_list.watcher_count == 0:
            del self._watched_lists[list_id]
            self.layer_client.leave(watched_list.group)
            if watched_list.repair_task is not None:
                watched_list.repair_task.cancel()

    @asynccontextmanager
    async def replay_from(
        self, list_id: UUID, position: Position | None
    ) -> AsyncIterator[Replay | None]:
        """Yield what is between `position` and the position of the relay at this moment.

        Yields None if the list does not exist. The list is watched until the end
        of the block. A subscriber that stays attached must call `watch` and attach
        its send queue in the block, before the first await: then it gets every
        change after the replay, and none twice. Raises ListTooBusyError.
        """
        watched_list = self.watch(list_id)
        try:
            yield await self._read_replay(watched_list, position)
        finally:
            self.unwatch(list_id)

    async def _read_replay(
        self, watched_list: WatchedList, position: Position | None
    ) -> Replay | None:
        """Read until a reading and the kept changes together reach the position of the relay.

        A change may be committed, delivered, or both, during a reading.

        1. Join the group of the list first, so that no later change is missed.
        2. Read the log from the position of the subscriber, or the whole list.
        3. If the reading is ahead of the relay, wait until the relay has reached it. If it is
           older than what the relay kept when it started, the database went back.
        4. If the relay is ahead of the reading, add the changes that it delivered
           since then. If it no longer keeps them, read again.

        There is no await between step 4 and the block of the caller.
        """
        await self._wait_joined(watched_list)
        for _ in range(MAX_READ_ATTEMPTS):
            start = watched_list.sequence
            oldest_kept = 0 if start is None else start.oldest_kept
            reading = await watched_list.read(position)
            if reading is None:
                return None
            if start is watched_list.sequence and reading.version < oldest_kept:
                await asyncio.shield(self._log_repair.repair(watched_list))
            await self._catch_up_to(watched_list, reading)
            replay = watched_list.replay(reading, position)
            if replay is not None:
                return replay
        raise ListTooBusyError(watched_list.topic)

    async def _wait_joined(self, watched_list: WatchedList) -> None:
        join_timeout = self._intervals.join_timeout
        if not await self.layer_client.wait_joined(watched_list.group, join_timeout):
            # The next comparison of versions finds what is published before the join.
            self._log_repair.request_reconcile()

    async def _catch_up_to(self, watched_list: WatchedList, reading: Reading) -> None:
        if not watched_list.has_reached(reading):
            await asyncio.sleep(self._intervals.reorder_delay)  # the change is probably on its way
        if watched_list.is_unlike(reading):
            await asyncio.shield(self._log_repair.repair(watched_list))
            if watched_list.is_unlike(reading):
                watched_list.forget_readings()  # the database went back after this one
