"""What the connected screens show, compared with what the database has."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

from live.connections.connection import Connection
from live.delivery.readings import Position
from live.delivery_meter import DeliveryMeter
from live.protocol import frames
from live.protocol.topics import parse_list_topic

logger = logging.getLogger(__name__)

ScreenState = Literal["identical", "behind", "different"]

REPORT_WINDOW = 60.0
"""Seconds in which a screen counts as one that reports its paint times."""


class ScreenCounts(NamedTuple):
    """The screens of one process. A screen is one list that one socket shows.

    `different` screens show rows that the list never had at that version. `behind` are those
    that have not confirmed a change for longer than a client holds back its report.
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


class ScreenStatus(NamedTuple):
    """What is known of one screen. `behind_since` is in seconds of `perf_counter`.

    It is when this process got the oldest change that the screen has not confirmed.
    """

    state: ScreenState
    changes_behind: int = 0
    behind_since: float | None = None


class DeliveredHistory(Protocol):
    """The positions of a watched list (relay.Relay)."""

    def position(self, list_id: UUID) -> Position | None:
        """Return the position up to which a list was delivered, if it is watched."""

    def digest_at(self, list_id: UUID, version: int) -> str | None:
        """Return the digest of a list after a version, if it is known."""

    def received_at(self, list_id: UUID, version: int) -> float | None:
        """Return when this process got a change, in seconds of `perf_counter`, if it is known."""


@dataclass(slots=True)
class _Screen:
    """The last report of a screen, and the times that it measured."""

    seen: frames.Seen
    round_trip_ms: float | None = None
    painted_at: float = float("-inf")


class Screens:
    """The last `seen` of each subscription. It sends nothing."""

    def __init__(
        self,
        history: DeliveredHistory,
        *,
        meter: DeliveryMeter | None = None,
        confirm_delay: float = 0.0,
    ) -> None:
        """`confirm_delay` is how long a screen may take to confirm a change, in seconds."""
        self._history = history
        self._confirm_delay = confirm_delay
        self._meter = meter or DeliveryMeter()
        self._screens: dict[str, dict[Connection, _Screen]] = {}

    def record(self, connection: Connection, seen: frames.Seen) -> None:
        """Store what a screen shows. One that is not subscribed is ignored."""
        list_id = parse_list_topic(seen.topic)
        if list_id is None or seen.topic not in connection.subscriptions:
            return
        screens = self._screens.setdefault(seen.topic, {})
        screen = screens.get(connection)
        if self._is_different(list_id, seen):
            self._note_difference(connection, list_id, seen, before=screen)
        if screen is None:
            screen = screens[connection] = _Screen(seen)
        screen.seen = seen
        # How long the client held its report back is not known without this time.
        if self._meter.tracer is not None and seen.held_ms is not None:
            self._meter.tracer.version_shown(
                list_id,
                seen.version,
                connection.writer.send_queue,
                held_seconds=seen.held_ms / 1000,
            )
        if seen.paint_ms is not None:
            self._record_times(screen, list_id, seen, seen.paint_ms)

    def shown_version(self, connection: Connection, topic: str) -> int | None:
        """Return the version of a list that a socket shows; None if it reports nothing."""
        screen = self._screens.get(topic, {}).get(connection)
        return None if screen is None else screen.seen.version

    def remove(self, connection: Connection, topic: str) -> None:
        """Forget a screen that is not subscribed any more."""
        screens = self._screens.get(topic, {})
        screens.pop(connection, None)
        if not screens:
            self._screens.pop(topic, None)

    def behind(self) -> Iterator[ScreenBehind]:
        """Yield the screens whose last report is older than what was delivered."""
        for topic, screens in self._screens.items():
            list_id = parse_list_topic(topic)
            position = None if list_id is None else self._history.position(list_id)
            if position is None:
                continue
            for connection, screen in screens.items():
                shown = screen.seen.version
                if shown < position.version:
                    yield ScreenBehind(connection, topic, shown, position.version)

    def count(self) -> ScreenCounts:
        """Compare all screens with the delivered histories."""
        counts = [self._count_of(topic, screens) for topic, screens in self._screens.items()]
        return ScreenCounts(*map(sum, zip(*counts, strict=True))) if counts else ScreenCounts()

    def count_by_list(self) -> Iterator[tuple[UUID, ScreenCounts]]:
        """Yield the lists that screens of this process show, with the screens of each."""
        for topic, screens in self._screens.items():
            list_id = parse_list_topic(topic)
            if list_id is not None:
                yield list_id, self._count_of(topic, screens)

    def _count_of(self, topic: str, screens: Iterable[Connection]) -> ScreenCounts:
        counts = dict.fromkeys(ScreenCounts._fields, 0)
        for connection in screens:
            status = self.status(connection, topic)
            if status is not None:
                counts["identical" if self._may_confirm(status) else status.state] += 1
        return ScreenCounts(**counts)

    def _may_confirm(self, status: ScreenStatus) -> bool:
        """Tell whether a screen that is behind may only not have reported yet."""
        since = status.behind_since
        is_young = since is not None and perf_counter() - since < self._confirm_delay
        return status.state == "behind" and is_young

    def status(self, connection: Connection, topic: str) -> ScreenStatus | None:
        """Compare one screen with the delivered history; None if it reports nothing."""
        screen = self._screens.get(topic, {}).get(connection)
        list_id = parse_list_topic(topic)
        if screen is None or list_id is None:
            return None
        position = self._history.position(list_id)
        if position is None:
            return None
        version = screen.seen.version
        if self._is_different(list_id, screen.seen):
            return ScreenStatus("different")
        if version >= position.version:
            return ScreenStatus("identical")
        behind_since = self._history.received_at(list_id, version + 1)
        return ScreenStatus("behind", position.version - version, behind_since)

    def round_trip_ms(self, connection: Connection) -> float | None:
        """Return the last measured time to a screen of this socket and back, if there is one."""
        for topic in connection.subscriptions:
            screen = self._screens.get(topic, {}).get(connection)
            if screen is not None and screen.round_trip_ms is not None:
                return screen.round_trip_ms
        return None

    def count_reporting(self) -> tuple[int, int]:
        """Return how many screens have reported a paint time lately, and how many there are."""
        since = perf_counter() - REPORT_WINDOW
        all_screens = [screen for screens in self._screens.values() for screen in screens.values()]
        return sum(screen.painted_at >= since for screen in all_screens), len(all_screens)

    def _note_difference(
        self,
        connection: Connection,
        list_id: UUID,
        seen: frames.Seen,
        *,
        before: _Screen | None,
    ) -> None:
        if before is None or not self._is_different(list_id, before.seen):
            self._meter.mismatches += 1
            self._meter.errors["paint"].add()
        logger.warning(
            "%s shows version %d of list %s with the digest %a",
            connection.id,
            seen.version,
            list_id,
            seen.digest[:16],
        )

    def _record_times(
        self, screen: _Screen, list_id: UUID, seen: frames.Seen, paint_ms: float
    ) -> None:
        """Count the time of painting, and that of the way to the screen and back."""
        now = perf_counter()
        if self._meter.report("paint", paint_ms):
            screen.painted_at = now
        received_at = self._history.received_at(list_id, seen.version)
        if received_at is None or seen.held_ms is None:
            return
        round_trip_ms = (now - received_at) * 1000 - paint_ms - seen.held_ms
        if self._meter.report("network", round_trip_ms):
            screen.round_trip_ms = round_trip_ms

    def _is_different(self, list_id: UUID, seen: frames.Seen) -> bool:
        return self._history.digest_at(list_id, seen.version) not in {None, seen.digest}
