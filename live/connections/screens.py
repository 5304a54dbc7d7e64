"""What the connected screens show, compared with what the database has."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import NamedTuple, Protocol
from uuid import UUID

from live.connections.connection import Connection
from live.delivery.readings import Position
from live.protocol import frames
from live.protocol.topics import parse_list_topic

logger = logging.getLogger(__name__)


class ScreenCounts(NamedTuple):
    """The screens of one process. A screen is one list that one socket shows.

    `different` screens show rows that the list never had at that version.
    """

    identical: int = 0
    behind: int = 0
    different: int = 0


class ScreenBehind(NamedTuple):
    """A screen that shows `shown` although the list is at `version`."""

    connection: Connection
    topic: str
    shown: int
    version: int


class DeliveredHistory(Protocol):
    """The positions of a watched list (relay.Relay)."""

    def position(self, list_id: UUID) -> Position | None:
        """Return the position up to which a list was delivered, if it is watched."""

    def digest_at(self, list_id: UUID, version: int) -> str | None:
        """Return the digest of a list after a version, if it is known."""


class Screens:
    """The last `seen` of each subscription. It sends nothing."""

    def __init__(self, history: DeliveredHistory) -> None:
        self._history = history
        self._seen: dict[str, dict[Connection, frames.Seen]] = {}

    def record(self, connection: Connection, seen: frames.Seen) -> None:
        """Store what a screen shows. One that is not subscribed is ignored."""
        list_id = parse_list_topic(seen.topic)
        if list_id is None or seen.topic not in connection.subscriptions:
            return
        if self._is_different(list_id, seen):
            logger.warning(
                "%s shows version %d of list %s with the digest %s",
                connection.id,
                seen.version,
                list_id,
                seen.digest[:16],
            )
        self._seen.setdefault(seen.topic, {})[connection] = seen

    def remove(self, connection: Connection, topic: str) -> None:
        """Forget a screen that is not subscribed any more."""
        screens = self._seen.get(topic, {})
        screens.pop(connection, None)
        if not screens:
            self._seen.pop(topic, None)

    def behind(self) -> Iterator[ScreenBehind]:
        """Yield the screens whose last report is older than what was delivered."""
        for topic, screens in self._seen.items():
            list_id = parse_list_topic(topic)
            position = None if list_id is None else self._history.position(list_id)
            if position is None:
                continue
            for connection, seen in screens.items():
                if seen.version < position.version:
                    yield ScreenBehind(connection, topic, seen.version, position.version)

    def count(self) -> ScreenCounts:
        """Compare all screens with the delivered histories."""
        identical = behind = different = 0
        for topic, screens in self._seen.items():
            list_id = parse_list_topic(topic)
            position = None if list_id is None else self._history.position(list_id)
            if list_id is None or position is None:
                continue
            for seen in screens.values():
                if self._is_different(list_id, seen):
                    different += 1
                elif seen.version < position.version:
                    behind += 1
                else:
                    identical += 1
        return ScreenCounts(identical, behind, different)

    def _is_different(self, list_id: UUID, seen: frames.Seen) -> bool:
        return self._history.digest_at(list_id, seen.version) not in {None, seen.digest}
