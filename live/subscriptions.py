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

from live import identity, protocol
from live.connection import Connection
from live.hub import Hub
from live.log import Picture, Tail
from live.mailbox import Batch
from live.metrics import counters
from live.pool import query
from live.presence import Presence
from live.relay import Relay, Watch
from live.roster import Roster
from live.sampler import Sampler
from live.sequence import Arrived, Sequence
from live.session import Follow, list_of
from live.timing import Timing

logger = logging.getLogger(__name__)

TRIES = 10
"""Readings that a busy list may outrun before a subscriber is asked to come again."""
KEPT = 8
"""Loads kept for the next comers of one list."""

Position = tuple[str, int]


class OutrunError(Exception):
    """A list moved so fast that no reading of it came close enough."""


class Entry(NamedTuple):
    """A socket about to be attached to a list, from `at` on; `answer` None: once more."""

    connection: Connection
    watch: Watch
    at: Position | None
    answer: Follow | None


class Subscriptions:
    """Attaches sockets to topics. It knows no frame but the answers to subscribing."""

    def __init__(
        self,
        *,
        hub: Hub,
        relay: Relay,
        roster: Roster,
        presence: Presence,
        sampler: Sampler,
        timing: Timing,
    ) -> None:
        self._hub = hub
        self._relay = relay
        self._roster = roster
        self._presence = presence
        self._sampler = sampler
        self._timing = timing

    async def follow(self, connection: Connection, wanted: Follow) -> None:
        """Put a socket on a topic and answer, or refuse: unknown and forbidden are the same."""
        connection.release(wanted.topic)
        list_id = list_of(wanted.topic)
        try:
            if list_id is None:
                entered = self._follow_counters(connection, wanted)
            else:
                entered = await self._follow_list(connection, list_id, wanted)
        except Exception:
            logger.warning("%s cannot be followed now", wanted.topic, exc_info=True)
            self._refuse(connection, wanted, "unavailable", retry_in=self._timing.retry)
            return
        if not entered:
            self._refuse(connection, wanted, "not_found")

    def _refuse(
        self,
        connection: Connection,
        wanted: Follow,
        code: protocol.ErrorCode,
        *,
        retry_in: float | None = None,
    ) -> None:
        connection.leave(wanted.topic)
        said = "no such topic" if code == "not_found" else "not now"
        connection.refuse(code, said, frame_id=wanted.id, retry_in=retry_in)

    def left(self, connection: Connection, topic: str) -> None:
        """Take a socket off a topic (Connection.left)."""
        self._hub.detach(topic, connection.writer.mailbox)
        list_id = list_of(topic)
        if list_id is not None:
            self._presence.withdraw(connection, topic)
            self._relay.forsake(list_id)

    def lagged(self, connection: Connection) -> None:
        """Begin to replay what a socket missed, now that it reads again."""
        if connection.resync is None or connection.resync.done():
            connection.resync = asyncio.ensure_future(self._resync(connection))

    # Counters.

    def _follow_counters(self, connection: Connection, wanted: Follow) -> bool:
        who = connection.person
        allowed = {"requests": who.only is None, "ops": who.staff}
        if not allowed.get(wanted.topic, False):
            return False
        connection.send(
            protocol.Subscribed(
                topic=wanted.topic, id=wanted.id, history=self._sampler.board.history()
            )
        )
        self._hub.attach(wanted.topic, connection.writer.mailbox)
        connection.following[wanted.topic] = 0
        return True

    # Lists.

    async def _follow_list(self, connection: Connection, list_id: UUID, wanted: Follow) -> bool:
        if not await self._may_see(connection, list_id):
            return False
        at = None
        if wanted.since is not None and wanted.epoch is not None:
            at = (wanted.epoch, wanted.since)
        watch = self._relay.watch(list_id)
        entered = False
        try:
            entered = await self._enter(Entry(connection, watch, at, wanted))
        finally:
            if not entered:
                self._relay.unwatch(watch)
        return entered

    async def _may_see(self, connection: Connection, list_id: UUID) -> bool:
        who = connection.person
        if not connection.may_open(list_id):
            return False
        if not self._roster.may_see(who.user_id, list_id):
            began = time.monotonic()
            place = await query(identity.place_of, who.user_id, list_id)
            if place is not None:
                self._roster.learn(who.user_id, {list_id: place}, at=began)
        return self._roster.may_see(who.user_id, list_id)

    async def _enter(self, entry: Entry) -> bool:
        """Attach a socket to a list that is watched; False if it may not or cannot be seen.

        1. Read the log from the socket's position, or the whole list.
        2. If the reading is ahead of the relay, let the relay catch up first.
        3. If the relay is ahead, add what it delivered since; if it has
           forgotten that, read again.
        4. Without an await: check once more, attach, queue what was missed.
        """
        watch = entry.watch
        await self._relay.ready(watch)
        for _ in range(TRIES):
            reading = await self._read(watch, entry.at)
            if reading is None:
                return False
            self._relay.begin(watch, reading.epoch, reading.version)
            await self._relay.reach(watch, reading.epoch, reading.version)
            later = _later(watch.sequence, reading)
            if later is None:
                continue
            if not self._wanted(entry):
                return False
            self._attach(entry, reading, later)
            return True
        raise OutrunError(watch.topic)

    def _wanted(self, entry: Entry) -> bool:
        connection = entry.connection
        followed = entry.answer is not None or entry.watch.topic in connection.following
        return (
            followed
            and connection.closing is None
            and self._roster.may_see(connection.person.user_id, entry.watch.list_id)
        )

    async def _read(self, watch: Watch, at: Position | None) -> Tail | Picture | None:
        sequence = watch.sequence
        if at is not None and (sequence is None or sequence.epoch == at[0]):
            floor = sequence.floor if sequence else 0
            tail = await watch.readings.tail(epoch=at[0], since=at[1], floor=floor)
            if tail.after(at[1]) is not None:
                return tail
        sequence = watch.sequence
        epoch, floor = (sequence.epoch, sequence.floor) if sequence else (None, 0)
        return await watch.readings.picture(epoch=epoch, floor=floor)

    def _attach(self, entry: Entry, reading: Tail | Picture, later: list[Arrived]) -> None:
        connection, topic = entry.connection, entry.watch.topic
        mailbox = connection.writer.mailbox
        self._hub.attach(topic, mailbox)
        mailbox.missed.pop(topic, None)
        reached = reading.version + len(later)
        if entry.answer is not None:
            self._answer(connection, entry.answer, reading, reached)
            connection.following[topic] = reached
        for batch in self._loads(entry.watch, reading, entry.at):
            mailbox.put(batch)
        if later:
            before = (reading.epoch, reading.version)
            mailbox.put(_load(topic, [one.frame for one in later], before))
        self._presence.show(connection, topic)

    def _answer(
        self, connection: Connection, wanted: Follow, reading: Tail | Picture, reached: int
    ) -> None:
        recovered = isinstance(reading, Tail)
        counters.resumed += recovered
        counters.snapshots += not recovered
        connection.send(
            protocol.Subscribed(
                topic=wanted.topic,
                id=wanted.id,
                epoch=reading.epoch,
                # What follows a snapshot is live already.
                version=reached if recovered else reading.version,
                recovered=recovered,
            )
        )

    def _loads(
        self, watch: Watch, reading: Tail | Picture, at: Position | None
    ) -> tuple[Batch, ...]:
        key = (reading.epoch, reading.version, at if isinstance(reading, Tail) else None)
        loads = watch.loads.get(key)
        if loads is None:
            if isinstance(reading, Picture):
                loads = tuple(_load(watch.topic, [part], None) for part in reading.parts)
            else:
                assert at is not None
                missed = [change.frame for change in reading.after(at[1]) or ()]
                loads = (_load(watch.topic, missed, at),) if missed else ()
            if len(watch.loads) >= KEPT:
                watch.loads.clear()
            watch.loads[key] = loads
        return loads

    # Lagging sockets.

    async def _resync(self, connection: Connection) -> None:
        missed = connection.writer.mailbox.missed
        while missed and connection.closing is None:
            topic, at = next(iter(missed.items()))
            list_id = list_of(topic)
            if list_id is None or topic not in connection.following:
                missed.pop(topic)  # counters: the next sample is as good as this one
                continue
            try:
                await self._replay(connection, topic, list_id, at)
            except Exception:
                logger.warning("%s cannot be replayed now", topic, exc_info=True)
                await asyncio.sleep(self._timing.retry)
            await connection.writer.empty()

    async def _replay(
        self, connection: Connection, topic: str, list_id: UUID, at: Position | None
    ) -> None:
        watch = self._relay.watch(list_id)
        try:
            if not await self._enter(Entry(connection, watch, at, None)):
                connection.end(topic, "deleted")
                connection.writer.mailbox.forget(topic)
        finally:
            self._relay.unwatch(watch)


def _later(sequence: Sequence | None, reading: Tail | Picture) -> list[Arrived] | None:
    if sequence is None or sequence.epoch != reading.epoch:
        return None
    return sequence.after(reading.version)


def _load(topic: str, frames: list[str], before: Position | None) -> Batch:
    return Batch("\n".join(frames), topic=topic, before=before, frames=len(frames), load=True)
