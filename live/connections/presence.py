"""Which users view which list, across all processes.

Each process publishes the states of its own sockets and repeats them. The states
of another process expire if it does not repeat them, so a killed process leaves
no users behind. It never reads the database.
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
from live.delivery.hub import Hub
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage
from live.delivery.readings import Position
from live.intervals import Intervals
from live.protocol import frames
from live.protocol.topics import parse_list_topic
from shopping_list.rows import encode

STATE_PRIORITY: dict[frames.PresenceState, int] = {"shopping": 0, "viewing": 1, "away": 2}
"""If a user has several sockets, the state with the lowest number is shown."""
MAX_PEOPLE = 200
"""Maximum users in one presence frame."""


class PresenceEntry(NamedTuple):
    """The state of one user on a list; `since` is in epoch seconds."""

    id: int
    name: str
    state: frames.PresenceState
    since: float


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
        self._local: dict[str, dict[Connection, PresenceEntry]] = {}
        self._remote: dict[str, dict[str, RemotePresence]] = {}
        self._changed_topics: dict[str, bool] = {}
        """The topics to publish, each with whether a local state changed."""
        self._publish_timer: asyncio.TimerHandle | None = None
        self._repeat_at = 0.0

    def set_state(self, connection: Connection, topic: str, state: frames.PresenceState) -> None:
        """Set the state of a socket's user."""
        entries = self._local.setdefault(topic, {})
        previous = entries.get(connection)
        if previous is None or previous.state != state:
            user = connection.user
            entries[connection] = PresenceEntry(user.user_id, user.name, state, time.time())
            self._schedule_publish(topic, is_local=True)

    def remove(self, connection: Connection, topic: str) -> None:
        """Remove the state of a socket that unsubscribed."""
        entries = self._local.get(topic, {})
        if entries.pop(connection, None) is not None:
            if not entries:
                del self._local[topic]
            self._schedule_publish(topic, is_local=True)

    def receive_remote(self, message: dict[str, Any]) -> None:
        """Store the states that another process published for a list."""
        process, topic = message["process"], message["topic"]
        if process == self._process:
            return
        entries = tuple(msgspec.convert(person, PresenceEntry) for person in message["people"])
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
        entries = list(self._local.get(topic, {}).values())
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
        if now >= self._repeat_at:
            self._repeat_at = now + self._intervals.presence_timeout / 3
            for topic in self._local:
                self._broadcast(topic)

    def close(self) -> None:
        """Tell the other processes that this one has no users any more."""
        if self._publish_timer is not None:
            self._publish_timer.cancel()
        topics = list(self._local)
        self._local.clear()
        for topic in topics:
            self._broadcast(topic)

    def _schedule_publish(self, topic: str, *, is_local: bool) -> None:
        self._changed_topics[topic] = self._changed_topics.get(topic, False) or is_local
        if self._publish_timer is None:
            # Changes that happen at the same time are published once.
            loop = asyncio.get_running_loop()
            delay = self._intervals.presence_delay
            self._publish_timer = loop.call_later(delay, self._publish_changed)

    def _publish_changed(self) -> None:
        self._publish_timer = None
        changed_topics, self._changed_topics = self._changed_topics, {}
        for topic, is_local in changed_topics.items():
            text = encode(self._frame(topic)).decode()
            self._hub.publish(topic, text, before=self._list_position(topic))
            if is_local:
                self._broadcast(topic)

    def _list_position(self, topic: str) -> Position | None:
        # A client that missed only a presence frame must not get the whole list again.
        list_id = parse_list_topic(topic)
        return None if list_id is None else self._position(list_id)

    def _broadcast(self, topic: str) -> None:
        message = {
            "type": "live.presence",
            "process": self._process,
            "topic": topic,
            "people": [list(entry) for entry in self._local.get(topic, {}).values()],
        }
        self._publish_message(GroupMessage(CONTROL_GROUP, message))

    def _frame(self, topic: str) -> frames.Presence:
        people = tuple(
            frames.PresentPerson(
                id=entry.id,
                name=entry.name,
                state=entry.state,
                since=datetime.fromtimestamp(entry.since, UTC),
            )
            for entry in self.entries(topic)
        )
        return frames.Presence(topic=topic, people=people)


def _merge_by_user(entries: Iterable[PresenceEntry]) -> list[PresenceEntry]:
    """Return one entry for each user: the state of highest priority, the oldest of these."""
    by_user: dict[int, PresenceEntry] = {}
    for entry in sorted(entries, key=lambda entry: (STATE_PRIORITY[entry.state], entry.since)):
        by_user.setdefault(entry.id, entry)
    return sorted(by_user.values(), key=lambda entry: (entry.since, entry.id))
