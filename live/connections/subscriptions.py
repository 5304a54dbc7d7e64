"""How a socket gets onto a topic, and off it again.

The race: a change may be committed, delivered, or both, while the log is being
read for somebody who has just asked. So the list is watched first and read
second, and the socket is attached in one step without an await, exactly where
the relay stands then. What lies between the reading and that place comes from
the relay's own memory. Nothing is missing and nothing comes twice.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import NamedTuple
from uuid import UUID

from live.connections import identity
from live.connections.connection import Connection
from live.connections.presence import Presence
from live.connections.registry import ConnectionRegistry
from live.connections.state_machine import StartSubscription, parse_list_topic
from live.counters import counters
from live.db_threads import run_in_db_thread
from live.delivery.change_log import EncodedSnapshot, Tail
from live.delivery.change_sequence import ChangeSequence, IncomingChange
from live.delivery.hub import Hub
from live.delivery.relay import Relay, WatchedList
from live.delivery.send_queue import Batch
from live.intervals import Intervals
from live.metrics.sampler import Sampler
from live.protocol import frames

logger = logging.getLogger(__name__)

MAX_READ_ATTEMPTS = 10
"""Readings that a busy list may outrun before a subscriber is asked to come again."""
MAX_CACHED_REPLAYS = 8
"""Loads kept for the next comers of one list."""

Position = tuple[str, int]


class ListTooBusyError(Exception):
    """A list moved so fast that no reading of it came close enough."""


class PendingSubscription(NamedTuple):
    """A socket about to be attached to a list, from `at` on; `answer` None: once more."""

    connection: Connection
    watch: WatchedList
    at: Position | None
    answer: StartSubscription | None


class Subscriptions:
    """Attaches sockets to topics. It knows no frame but the answers to subscribing."""

    def __init__(
        self,
        *,
        hub: Hub,
        relay: Relay,
        registry: ConnectionRegistry,
        presence: Presence,
        sampler: Sampler,
        intervals: Intervals,
    ) -> None:
        self._hub = hub
        self._relay = relay
        self._registry = registry
        self._presence = presence
        self._sampler = sampler
        self._intervals = intervals

    async def subscribe(self, connection: Connection, wanted: StartSubscription) -> None:
        """Put a socket on a topic and answer, or refuse: unknown and forbidden are the same."""
        connection.release(wanted.topic)
        list_id = parse_list_topic(wanted.topic)
        try:
            if list_id is None:
                entered = self._follow_counters(connection, wanted)
            else:
                entered = await self._follow_list(connection, list_id, wanted)
        except Exception:
            logger.warning("%s cannot be followed now", wanted.topic, exc_info=True)
            self._refuse(connection, wanted, "unavailable", retry_in=self._intervals.retry)
            return
        if not entered:
            self._refuse(connection, wanted, "not_found")

    def _refuse(
        self,
        connection: Connection,
        wanted: StartSubscription,
        code: frames.ErrorCode,
        *,
        retry_in: float | None = None,
    ) -> None:
        connection.unsubscribe(wanted.topic)
        said = "no such topic" if code == "not_found" else "not now"
        connection.refuse(code, said, frame_id=wanted.id, retry_in=retry_in)

    def on_unsubscribe(self, connection: Connection, topic: str) -> None:
        """Take a socket off a topic (Connection.left)."""
        self._hub.detach(topic, connection.writer.send_queue)
        list_id = parse_list_topic(topic)
        if list_id is not None:
            self._presence.remove(connection, topic)
            self._relay.unwatch_by_id(list_id)

    def on_lagging(self, connection: Connection) -> None:
        """Begin to replay what a socket missed, now that it reads again."""
        if connection.resync is None or connection.resync.done():
            connection.resync = asyncio.ensure_future(self._resync(connection))

    # Counters.

    def _follow_counters(self, connection: Connection, wanted: StartSubscription) -> bool:
        who = connection.person
        allowed = {"requests": who.restricted_to_list is None, "ops": who.staff}
        if not allowed.get(wanted.topic, False):
            return False
        connection.send(
            frames.Subscribed(
                topic=wanted.topic, id=wanted.id, history=self._sampler.board.history()
            )
        )
        self._hub.attach(wanted.topic, connection.writer.send_queue)
        connection.subscriptions[wanted.topic] = 0
        return True

    # Lists.

    async def _follow_list(
        self, connection: Connection, list_id: UUID, wanted: StartSubscription
    ) -> bool:
        if not await self._may_see(connection, list_id):
            return False
        at = None
        if wanted.since is not None and wanted.epoch is not None:
            at = (wanted.epoch, wanted.since)
        watch = self._relay.watch(list_id)
        entered = False
        try:
            entered = await self._attach_at_position(
                PendingSubscription(connection, watch, at, wanted)
            )
        finally:
            if not entered:
                self._relay.unwatch(watch)
        return entered

    async def _may_see(self, connection: Connection, list_id: UUID) -> bool:
        who = connection.person
        if not connection.token_allows(list_id):
            return False
        if not self._registry.can_view(who.user_id, list_id):
            began = time.monotonic()
            place = await run_in_db_thread(identity.list_position, who.user_id, list_id)
            if place is not None:
                self._registry.update_access(who.user_id, {list_id: place}, at=began)
        return self._registry.can_view(who.user_id, list_id)

    async def _attach_at_position(self, entry: PendingSubscription) -> bool:
        """Attach a socket to a list that is watched; False if it may not or cannot be seen.

        1. Read the log from the socket's position, or the whole list.
        2. If the reading is ahead of the relay, let the relay catch up first.
        3. If the relay is ahead, add what it delivered since; if it has
           forgotten that, read again.
        4. Without an await: check once more, attach, queue what was missed.
        """
        watch = entry.watch
        await self._relay.wait_joined(watch)
        for _ in range(MAX_READ_ATTEMPTS):
            reading = await self._read(watch, entry.at)
            if reading is None:
                return False
            self._relay.init_sequence(watch, reading.epoch, reading.version)
            await self._relay.catch_up_to(watch, reading.epoch, reading.version)
            later = _changes_after(watch.sequence, reading)
            if later is None:
                continue
            if not self._still_allowed(entry):
                return False
            self._attach(entry, reading, later)
            return True
        raise ListTooBusyError(watch.topic)

    def _still_allowed(self, entry: PendingSubscription) -> bool:
        connection = entry.connection
        followed = entry.answer is not None or entry.watch.topic in connection.subscriptions
        return (
            followed
            and connection.closing is None
            and self._registry.can_view(connection.person.user_id, entry.watch.list_id)
        )

    async def _read(self, watch: WatchedList, at: Position | None) -> Tail | EncodedSnapshot | None:
        sequence = watch.sequence
        if at is not None and (sequence is None or sequence.epoch == at[0]):
            floor = sequence.oldest_kept if sequence else 0
            tail = await watch.readings.tail(epoch=at[0], since=at[1], min_version=floor)
            if tail.after(at[1]) is not None:
                return tail
        sequence = watch.sequence
        epoch, floor = (sequence.epoch, sequence.oldest_kept) if sequence else (None, 0)
        return await watch.readings.picture(epoch=epoch, floor=floor)

    def _attach(
        self,
        entry: PendingSubscription,
        reading: Tail | EncodedSnapshot,
        later: list[IncomingChange],
    ) -> None:
        connection, topic = entry.connection, entry.watch.topic
        send_queue = connection.writer.send_queue
        self._hub.attach(topic, send_queue)
        send_queue.missed.pop(topic, None)
        reached = reading.version + len(later)
        if entry.answer is not None:
            self._answer(connection, entry.answer, reading, reached)
            connection.subscriptions[topic] = reached
        for batch in self._replay_batches(entry.watch, reading, entry.at):
            send_queue.put(batch)
        if later:
            before = (reading.epoch, reading.version)
            send_queue.put(_load(topic, [one.frame for one in later], before))
        self._presence.send_to(connection, topic)

    def _answer(
        self,
        connection: Connection,
        wanted: StartSubscription,
        reading: Tail | EncodedSnapshot,
        reached: int,
    ) -> None:
        recovered = isinstance(reading, Tail)
        counters.resumed += recovered
        counters.snapshots += not recovered
        connection.send(
            frames.Subscribed(
                topic=wanted.topic,
                id=wanted.id,
                epoch=reading.epoch,
                # What follows a snapshot is live already.
                version=reached if recovered else reading.version,
                recovered=recovered,
            )
        )

    def _replay_batches(
        self, watch: WatchedList, reading: Tail | EncodedSnapshot, at: Position | None
    ) -> tuple[Batch, ...]:
        key = (reading.epoch, reading.version, at if isinstance(reading, Tail) else None)
        loads = watch.cached_replays.get(key)
        if loads is None:
            if isinstance(reading, EncodedSnapshot):
                loads = tuple(_load(watch.topic, [part], None) for part in reading.parts)
            else:
                assert at is not None
                missed = [change.frame for change in reading.after(at[1]) or ()]
                loads = (_load(watch.topic, missed, at),) if missed else ()
            if len(watch.cached_replays) >= MAX_CACHED_REPLAYS:
                watch.cached_replays.clear()
            watch.cached_replays[key] = loads
        return loads

    # Lagging sockets.

    async def _resync(self, connection: Connection) -> None:
        missed = connection.writer.send_queue.missed
        while missed and connection.closing is None:
            topic, at = next(iter(missed.items()))
            list_id = parse_list_topic(topic)
            if list_id is None or topic not in connection.subscriptions:
                missed.pop(topic)  # counters: the next sample is as good as this one
                continue
            try:
                await self._replay(connection, topic, list_id, at)
            except Exception:
                logger.warning("%s cannot be replayed now", topic, exc_info=True)
                await asyncio.sleep(self._intervals.retry)
            await connection.writer.drain()

    async def _replay(
        self, connection: Connection, topic: str, list_id: UUID, at: Position | None
    ) -> None:
        watch = self._relay.watch(list_id)
        try:
            if not await self._attach_at_position(PendingSubscription(connection, watch, at, None)):
                connection.end_subscription(topic, "deleted")
                connection.writer.send_queue.drop_topic(topic)
        finally:
            self._relay.unwatch(watch)


def _changes_after(
    sequence: ChangeSequence | None, reading: Tail | EncodedSnapshot
) -> list[IncomingChange] | None:
    if sequence is None or sequence.epoch != reading.epoch:
        return None
    return sequence.after(reading.version)


def _load(topic: str, lines: list[str], before: Position | None) -> Batch:
    return Batch("\n".join(lines), topic=topic, before=before, frames=len(lines), is_replay=True)
