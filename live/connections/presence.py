"""Who looks at which list: known here, told to the other processes, believed for a while.

Each process tells what its own sockets say, and repeats it; what a process has
not repeated for a lease is forgotten, so a killed one leaves nobody behind.
It never reads the database.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from live.connections.connection import Connection
from live.connections.state_machine import parse_list_topic
from live.delivery.hub import Hub
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage
from live.intervals import Intervals
from live.protocol import frames
from shopping_list.rows import encode

STATE_PRIORITY: dict[frames.PresenceState, int] = {"shopping": 0, "viewing": 1, "away": 2}
"""Of a person with several sockets the most present one counts."""
MAX_PEOPLE = 200
"""People told of at most; more than that is a crowd, not a household."""


class PresenceEntry(NamedTuple):
    """Somebody on a list; `since` in seconds since the epoch."""

    id: int
    name: str
    state: frames.PresenceState
    since: float


class RemotePresence(NamedTuple):
    """What another process says of one list, until `ends` (monotonic seconds)."""

    people: tuple[PresenceEntry, ...]
    ends: float


class Presence:
    """Keeps who is where, and publishes it to the topic when it changes."""

    def __init__(
        self,
        *,
        process: str,
        hub: Hub,
        publish: Callable[[GroupMessage], None],
        position: Callable[[UUID], Any],
        intervals: Intervals,
    ) -> None:
        self._process = process
        self._hub = hub
        self._send = publish
        self._position = position
        self._intervals = intervals
        self._here: dict[str, dict[Connection, PresenceEntry]] = {}
        self._elsewhere: dict[str, dict[str, RemotePresence]] = {}
        self._changed: dict[str, bool] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._renew_at = 0.0

    def set_state(self, connection: Connection, topic: str, state: frames.PresenceState) -> None:
        """Take in what a socket says of its person."""
        here = self._here.setdefault(topic, {})
        before = here.get(connection)
        if before is None or before.state != state:
            who = connection.person
            here[connection] = PresenceEntry(who.user_id, who.name, state, time.time())
            self._schedule_publish(topic, ours=True)

    def remove(self, connection: Connection, topic: str) -> None:
        """Forget what a socket said: it left."""
        here = self._here.get(topic, {})
        if here.pop(connection, None) is not None:
            if not here:
                del self._here[topic]
            self._schedule_publish(topic, ours=True)

    def receive_remote(self, message: dict[str, Any]) -> None:
        """Take in what another process says of a list."""
        if message["process"] == self._process:
            return
        topic = message["topic"]
        people = tuple(msgspec.convert(one, PresenceEntry) for one in message["people"])
        leases = self._elsewhere.setdefault(topic, {})
        before = leases.pop(message["process"], None)
        if people:
            ends = time.monotonic() + self._intervals.lease
            leases[message["process"]] = RemotePresence(people, ends)
        if not leases:
            del self._elsewhere[topic]
        if people != (before.people if before else ()):
            self._schedule_publish(topic, ours=False)

    def send_to(self, connection: Connection, topic: str) -> None:
        """Tell a newcomer who is there, if anybody is."""
        frame = self._frame(topic)
        if frame.people:
            connection.send(frame)

    def expire(self, now: float) -> None:
        """Forget what was not repeated, and repeat what we know."""
        for topic, leases in list(self._elsewhere.items()):
            for process, leased in list(leases.items()):
                if leased.ends < now:
                    del leases[process]
                    self._schedule_publish(topic, ours=False)
            if not leases:
                del self._elsewhere[topic]
        if now >= self._renew_at:
            self._renew_at = now + self._intervals.lease / 3
            for topic in self._here:
                self._broadcast(topic)

    def close(self) -> None:
        """Tell the others that nobody is left here."""
        if self._timer is not None:
            self._timer.cancel()
        topics = list(self._here)
        self._here.clear()
        for topic in topics:
            self._broadcast(topic)

    def _schedule_publish(self, topic: str, *, ours: bool) -> None:
        self._changed[topic] = self._changed.get(topic, False) or ours
        if self._timer is None:
            # A crowd that arrives at once is told of once.
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._intervals.presence, self._publish)

    def _publish(self) -> None:
        self._timer = None
        changed, self._changed = self._changed, {}
        for topic, ours in changed.items():
            text = encode(self._frame(topic)).decode()
            self._hub.publish(topic, text, before=self._list_position(topic))
            if ours:
                self._broadcast(topic)

    def _list_position(self, topic: str) -> Any:
        # A dropped presence frame must not make anybody replay more than its list.
        list_id = parse_list_topic(topic)
        return None if list_id is None else self._position(list_id)

    def _broadcast(self, topic: str) -> None:
        message = {
            "type": "live.presence",
            "process": self._process,
            "topic": topic,
            "people": [list(seen) for seen in self._here.get(topic, {}).values()],
        }
        self._send(GroupMessage(CONTROL_GROUP, message))

    def _frame(self, topic: str) -> frames.PresenceFrame:
        seen = list(self._here.get(topic, {}).values())
        for leased in self._elsewhere.get(topic, {}).values():
            seen.extend(leased.people)
        people = tuple(
            frames.PresentPerson(
                id=one.id,
                name=one.name,
                state=one.state,
                since=datetime.fromtimestamp(one.since, UTC),
            )
            for one in _merged(seen)[:MAX_PEOPLE]
        )
        return frames.PresenceFrame(topic=topic, people=people)


def _merged(seen: Iterable[PresenceEntry]) -> list[PresenceEntry]:
    """Return each person once: their most present state, since the earliest of these."""
    people: dict[int, PresenceEntry] = {}
    for one in sorted(seen, key=lambda one: (STATE_PRIORITY[one.state], one.since)):
        people.setdefault(one.id, one)
    return sorted(people.values(), key=lambda one: (one.since, one.id))
