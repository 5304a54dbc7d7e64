"""What the clients of a trial did and saw: events, as lines of JSON.

Times are seconds of one clock that never goes back. All clients of a history share it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that one client did or saw."""

    event: ClassVar[str]
    client: str
    list: str
    time: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, kw_only=True)
class Invoked(Event):
    """A client begins to send an edit. `items` is how many items it changes."""

    event: ClassVar[str] = "invoked"
    op: str
    items: int


@dataclass(frozen=True, kw_only=True)
class Responded(Event):
    """The last response to an edit. `status` is 0 if none arrived, so nobody knows its effect."""

    event: ClassVar[str] = "responded"
    op: str
    status: int

    @property
    def is_saved(self) -> bool:
        """Whether the server has promised that the edit is saved."""
        return 200 <= self.status < 300

    @property
    def is_refused(self) -> bool:
        """Whether the server has promised that the edit had no effect."""
        return 400 <= self.status < 500


@dataclass(frozen=True, kw_only=True)
class Copied(Event):
    """A socket took a snapshot. `computed` is the digest of its rows."""

    event: ClassVar[str] = "copied"
    epoch: str
    version: int
    digest: str
    computed: str


@dataclass(frozen=True, kw_only=True)
class Applied(Event):
    """A socket applied a change. `computed` is the digest of its rows afterwards."""

    event: ClassVar[str] = "applied"
    epoch: str
    version: int
    base: str
    digest: str
    computed: str
    op: str | None
    items: int

    @classmethod
    def of(cls, change: Mapping[str, Any], **seen: Any) -> Self:
        """Return the event of a change as its frame has it; `seen` is what the client adds."""
        names = ("epoch", "version", "base", "digest", "op")
        return cls(**{name: change[name] for name in names}, **seen)


@dataclass(frozen=True, kw_only=True)
class OutOfOrder(Event):
    """A change arrived that does not follow the last one of this connection."""

    event: ClassVar[str] = "out_of_order"
    version: int
    after: int


@dataclass(frozen=True, kw_only=True)
class Read(Event):
    """A response over REST with the position of a list. The request was sent at `began`."""

    event: ClassVar[str] = "read"
    began: float
    epoch: str
    version: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Removed(Event):
    """The response that a client may not see the list any more, by the one who removed it."""

    event: ClassVar[str] = "removed"


@dataclass(frozen=True, kw_only=True)
class Revoked(Event):
    """The server has told a socket that its user may not see the list any more."""

    event: ClassVar[str] = "revoked"


@dataclass(frozen=True, kw_only=True)
class ReceivedAnyway(Event):
    """A change of a list arrived after `Revoked`."""

    event: ClassVar[str] = "received_anyway"
    version: int


@dataclass(frozen=True, kw_only=True)
class Ended(Event):
    """What a client had when all edits were over, and all clients had time to get them."""

    event: ClassVar[str] = "ended"
    epoch: str
    version: int
    digest: str


KINDS: dict[str, type[Event]] = {
    kind.event: kind
    for kind in (
        *(Invoked, Responded, Copied, Applied, OutOfOrder),
        *(Read, Removed, Revoked, ReceivedAnyway, Ended),
    )
}


class HistoryError(Exception):
    """A line is no event; the message names the line."""


class History:
    """The events in the order in which they were added, from any thread."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._lock = threading.Lock()

    def add(self, event: Event) -> None:
        """Add an event."""
        with self._lock:
            self.events.append(event)

    def write(self, path: Path) -> None:
        """Write all events to a file."""
        path.write_text("".join(f"{line}\n" for line in map(as_line, self.events)))


def as_line(event: Event) -> str:
    """Return an event as JSON."""
    return json.dumps({"event": event.event, **asdict(event)}, separators=(",", ":"))


def read_lines(lines: Iterable[str]) -> Iterator[Event]:
    """Read events. Raises HistoryError."""
    for number, line in enumerate(lines, start=1):
        try:
            content: dict[str, Any] = json.loads(line)
            yield KINDS[content.pop("event")](**content)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HistoryError(f"line {number} is no event: {error!r}") from error
