"""Which users view which list and what they do there, across all processes.

Each process publishes the states of its own sockets and repeats them. The states
of another process expire if it does not repeat them, so a killed process leaves
no users behind. The state of a client that repeats it expires in the same way, so
a phone without a network leaves none behind either. It never reads the database.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from live.connections.connection import Connection
from live.delivery.hub import Hub
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage
from live.delivery.readings import Position
from live.intervals import Intervals
from live.noop import noop
from live.protocol import frames
from live.protocol.topics import parse_list_topic
from shopping_list.rows import encode

STATE_PRIORITY: dict[frames.PresenceState, int] = {"shopping": 0, "viewing": 1, "away": 2}
"""If a user has several sockets, the state with the lowest number is shown."""
MAX_PEOPLE = 200
"""Maximum users in one presence frame."""
MAX_CLAIMS = 200
"""Maximum claimed aisles in one presence frame."""


class Claim(NamedTuple):
    """An aisle that a user has claimed, and when, in epoch seconds."""

    aisle: str
    at: float


class PresenceEntry(msgspec.Struct, frozen=True, array_like=True):
    """What one user does on a list; `since` is in epoch seconds."""

    id: int
    name: str
    state: frames.PresenceState
    since: float
    device: frames.Device | None = None
    trip: frames.Trip | None = None
    claims: tuple[Claim, ...] = ()
    editing: UUID | None = None
    leaving_at: datetime | None = None


@dataclass(slots=True)
class LocalPresence:
    """What the client of one socket said, and until when it holds, in monotonic seconds."""

    entry: PresenceEntry
    expires_at: float


class RemotePresence(NamedTuple):
    """The states that another process published for one list. Expires in monotonic seconds."""

    entries: tuple[PresenceEntry, ...]
    expires_at: float


class Presence:
    """Keeps the presence states, and publishes them to the topic when they change."""

    def __init__(
        self,
        *,
        process: str,
        hub: Hub,
        publish: Callable[[GroupMessage], None],
        position: Callable[[UUID], Position | None],
        intervals: Intervals,
    ) -> None:
        self._process = process
        self._hub = hub
        self._publish_message = publish
        self._position = position
        self._intervals = intervals
        self._local: dict[str, dict[Connection, LocalPresence]] = {}
        self._remote: dict[str, dict[str, RemotePresence]] = {}
        self._changed_topics: dict[str, bool] = {}
        """The topics to publish, each with whether a local state changed."""
        self._publish_timers: dict[str, asyncio.TimerHandle] = {}
        self._published_at: dict[str, float] = {}
        """When each topic was published, in seconds of the event loop."""
        self._repeat_at = 0.0
        self.on_announced: Callable[[Connection, str], None] = noop
        """Called with a socket and the topic for which its client said something."""

    def set_state(self, connection: Connection, announced: frames.SetPresence) -> None:
        """Set or repeat what a socket's user does on a list."""
        topic = announced.topic
        local = self._local.setdefault(topic, {})
        previous = local.get(connection)
        entry = _entry_of(connection, announced, None if previous is None else previous.entry)
        lease = self._intervals.presence_lease if announced.is_leased else float("inf")
        local[connection] = LocalPresence(entry, time.monotonic() + lease)
        if previous is None or previous.entry != entry:
            self._schedule_publish(topic, is_local=True)
            self.on_announced(connection, topic)

    def remove(self, connection: Connection, topic: str) -> None:
        """Remove the state of a socket that unsubscribed."""
        local = self._local.get(topic, {})
        if local.pop(connection, None) is not None:
            if not local:
                del self._local[topic]
            self._schedule_publish(topic, is_local=True)

    def is_active(self, connection: Connection, topic: str) -> bool:
        """Tell whether a socket's user looks at a list."""
        local = self._local.get(topic, {}).get(connection)
        return local is not None and local.entry.state != "away"

    def receive_remote(self, message: dict[str, Any]) -> None:
        """Store the states that another process published for a list."""
        process, topic = message["process"], message["topic"]
        if process == self._process:
            return
        entries = msgspec.convert(message["people"], tuple[PresenceEntry, ...])
        processes = self._remote.setdefault(topic, {})
        previous = processes.pop(process, None)
        if entries:
            expires_at = time.monotonic() + self._intervals.presence_timeout
            processes[process] = RemotePresence(entries, expires_at)
        if not processes:
            del self._remote[topic]
        if entries != (previous.entries if previous else ()):
            self._schedule_publish(topic, is_local=False)

    def send_to(self, connection: Connection, topic: str) -> None:
        """Send the states to a new subscriber, if there are any."""
        frame = self._frame(topic)
        if frame.people:
            connection.send(frame)

    def entries(self, topic: str) -> list[PresenceEntry]:
        """Return the states of the users who have a list open: one for each user."""
        entries = [local.entry for local in self._local.get(topic, {}).values()]
        for presence in self._remote.get(topic, {}).values():
            entries.extend(presence.entries)
        return _merge_by_user(entries)[:MAX_PEOPLE]

    def expire(self, now: float) -> None:
        """Remove states that were not repeated, and repeat those of this process."""
        for topic, processes in list(self._remote.items()):
            for process, presence in list(processes.items()):
                if presence.expires_at < now:
                    del processes[process]
                    self._schedule_publish(topic, is_local=False)
            if not processes:
                del self._remote[topic]
        for topic, connections in list(self._local.items()):
            for connection, local in list(connections.items()):
                if local.expires_at < now:
                    self.remove(connection, topic)
        if now >= self._repeat_at:
            self._repeat_at = now + self._intervals.presence_timeout / 3
            for topic in self._local:
                self._broadcast(topic)

    def close(self) -> None:
        """Tell the other processes that this one has no users any more."""
        for timer in self._publish_timers.values():
            timer.cancel()
        topics = list(self._local)
        self._local.clear()
        for topic in topics:
            self._broadcast(topic)

    def _schedule_publish(self, topic: str, *, is_local: bool) -> None:
        """Publish a topic soon, together with the changes until then, and not too often."""
        self._changed_topics[topic] = self._changed_topics.get(topic, False) or is_local
        if topic in self._publish_timers:
            return
        loop, intervals = asyncio.get_running_loop(), self._intervals
        now = loop.time()
        self._published_at = {
            each: at
            for each, at in self._published_at.items()
            if at + intervals.presence_interval > now
        }
        at = now + intervals.presence_delay
        if topic in self._published_at:
            at = max(at, self._published_at[topic] + intervals.presence_interval)
        self._publish_timers[topic] = loop.call_at(at, self._publish_topic, topic)

    def _publish_topic(self, topic: str) -> None:
        del self._publish_timers[topic]
        self._published_at[topic] = asyncio.get_running_loop().time()
        text = encode(self._frame(topic)).decode()
        self._hub.publish(topic, text, before=self._list_position(topic))
        if self._changed_topics.pop(topic):
            self._broadcast(topic)

    def _list_position(self, topic: str) -> Position | None:
        # A client that missed only a presence frame must not get the whole list again.
        list_id = parse_list_topic(topic)
        return None if list_id is None else self._position(list_id)

    def _broadcast(self, topic: str) -> None:
        entries = [local.entry for local in self._local.get(topic, {}).values()]
        message = {
            "type": "live.presence",
            "process": self._process,
            "topic": topic,
            "people": msgspec.to_builtins(entries),
        }
        self._publish_message(GroupMessage(CONTROL_GROUP, message))

    def _frame(self, topic: str) -> frames.Presence:
        entries = self.entries(topic)
        aisles = _aisles_by_user(entries)
        people = (_person_of(entry, aisles.get(entry.id, ())) for entry in entries)
        return frames.Presence(topic=topic, people=tuple(people))


def _entry_of(
    connection: Connection, announced: frames.SetPresence, previous: PresenceEntry | None
) -> PresenceEntry:
    """Return the entry of a socket's user. What stays the same keeps its time."""
    now, user = time.time(), connection.user
    known = dict(() if previous is None else previous.claims)
    is_same_state = previous is not None and previous.state == announced.state
    return PresenceEntry(
        id=user.user_id,
        name=user.name,
        state=announced.state,
        since=previous.since if previous is not None and is_same_state else now,
        device=connection.device_kind,
        trip=announced.trip or None,
        claims=tuple(Claim(aisle, known.get(aisle, now)) for aisle in announced.aisles or ()),
        editing=announced.editing or None,
        leaving_at=announced.leaving_at or None,
    )


def _merge_by_user(entries: Iterable[PresenceEntry]) -> list[PresenceEntry]:
    """Return one entry for each user: the state of highest priority, the oldest of these.

    What that one does not say is taken from the others.
    """
    by_user: dict[int, PresenceEntry] = {}
    for entry in sorted(entries, key=lambda entry: (STATE_PRIORITY[entry.state], entry.since)):
        first = by_user.setdefault(entry.id, entry)
        if first is not entry:
            by_user[entry.id] = msgspec.structs.replace(
                first,
                trip=first.trip or entry.trip,
                claims=first.claims + entry.claims,
                editing=first.editing or entry.editing,
                leaving_at=first.leaving_at or entry.leaving_at,
            )
    return sorted(by_user.values(), key=lambda entry: (entry.since, entry.id))


def _aisles_by_user(entries: Iterable[PresenceEntry]) -> dict[int, tuple[str, ...]]:
    """Return the claimed aisles of each user. The first user who claims an aisle has it.

    Every process decides alike, because the times come with the claims.
    """
    claims = sorted(
        (claim.at, entry.id, claim.aisle) for entry in entries for claim in entry.claims
    )
    user_of: dict[str, int] = {}
    for _, user_id, aisle in claims:
        user_of.setdefault(aisle, user_id)
    aisles: dict[int, tuple[str, ...]] = {}
    for aisle, user_id in list(user_of.items())[:MAX_CLAIMS]:
        aisles[user_id] = (*aisles.get(user_id, ()), aisle)
    return aisles


def _person_of(entry: PresenceEntry, aisles: tuple[str, ...]) -> frames.PresentPerson:
    return frames.PresentPerson(
        id=entry.id,
        name=entry.name,
        state=entry.state,
        since=datetime.fromtimestamp(entry.since, UTC),
        device=entry.device or msgspec.UNSET,
        trip=entry.trip or msgspec.UNSET,
        aisles=aisles or msgspec.UNSET,
        editing=entry.editing or msgspec.UNSET,
        leaving_at=entry.leaving_at or msgspec.UNSET,
    )
