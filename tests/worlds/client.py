"""A client as docs/protocol.md describes it: follows one list, and notes what it applies."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from live.delivery.readings import Position
from tests.worlds.link import Link
from trolley_check.history import Applied, Copied, Event, OutOfOrder, ReceivedAnyway, Revoked
from trolley_check.replica import Replica

Frame = dict[str, Any]
COMES_BACK = {1000, 1001, 1006, 1011, 1012, 1013, *range(4000, 4500)}
"""The close codes after which a client connects again."""


@lru_cache(maxsize=512)
def _frame(line: str) -> Frame:
    frame: Frame = json.loads(line)
    return frame


class Client:
    """Follows one list through lost connections and lost access.

    In the history it has another name each time that it gains access again: the judge
    does not know that access comes back.
    """

    def __init__(
        self,
        name: str,
        *,
        user_id: int,
        list_id: UUID,
        has_list_address: bool,
        now: Callable[[], float],
        note: Callable[[Event], None],
        connect: Callable[[Client, float], None],
        on_delivered: Callable[[Client, Position], None],
        has_gone_back: Callable[[Client, Position, Position], bool],
    ) -> None:
        """`connect` opens a link to any process after some seconds, and calls `on_connected`.

        `has_gone_back` tells whether the database went back between two positions.
        """
        self.user_id, self.list_id = user_id, list_id
        self.topic = f"list:{list_id}"
        self.has_list_address = has_list_address
        self._first_name, self._now, self._note, self._connect = name, now, note, connect
        self._on_delivered, self._has_gone_back = on_delivered, has_gone_back
        self._lives = 0
        self.replica: Replica | None = None
        self.older: list[Replica] = []
        """Copies of a page that was open at an earlier time."""
        self.link: Link | None = None
        self.problems: list[str] = []
        self.is_over = False
        self.should_follow = True
        """Whether it asks for the list as soon as it may."""
        self._start_connection()

    def _start_connection(self) -> None:
        self.is_subscribed = False
        self._requests = 0
        """Requests to subscribe that are not answered."""
        self._has_ended = False
        self._asked: Replica | None = None
        """The rows of the position of the last request."""
        self._expected: Position | None = None
        """The position that the last `subscribed` named, until it is reached."""
        self._parts: list[Frame] = []
        self._retry_in = 0.0

    @property
    def name(self) -> str:
        """The name of this client in the history, while it has access."""
        return f"{self._first_name}.{self._lives}"

    @property
    def path(self) -> tuple[str, str]:
        """The path and the query with which it connects."""
        if not self.has_list_address:
            return "/ws/", ""
        return f"/ws/lists/{self.list_id}/", urlencode(self._position())

    # Connections.

    def on_connected(self, link: Link) -> None:
        """Use a new connection."""
        self.link = link
        self._start_connection()
        if self.has_list_address:
            self._requests = 1
            self._asked = _copy(self.replica)

    def on_closed(self, link: Link, code: int) -> None:
        """Connect again (LinkClient)."""
        if link is not self.link:
            return
        self.link = None
        self.is_subscribed = False
        if code not in COMES_BACK:
            self.problems.append(f"{self.name} was closed with {code}")
        elif not self.is_over:
            self._connect(self, max(self._retry_in, 0.2))

    def subscribe(self, *, has_position: bool = True) -> None:
        """Ask for the list, from the position of this client or from the start."""
        if self.link is None or self.link.is_closed:
            return
        self._requests += 1
        self._has_ended = False
        self._asked = _copy(self.replica) if has_position else None
        position = self._position() if has_position else {}
        frame = {"type": "subscribe", "topic": self.topic, **position}
        self.link.write(json.dumps(frame))

    def subscribe_again(self) -> None:
        """Ask for the list again, if it has ended."""
        if not self.is_subscribed and not self._requests:
            self.subscribe()

    def unsubscribe(self) -> None:
        """Stop to follow the list, and ask for it again."""
        if self.link is not None and self.is_subscribed and not self._requests:
            self.link.write(json.dumps({"type": "unsubscribe", "topic": self.topic}))
            self.subscribe()

    def forget_changes(self, number: int) -> None:
        """Be at an earlier position with the next connection, like a page of yesterday."""
        if self.older:
            self._go_to(self.older[number % len(self.older)])

    def forget_all(self) -> None:
        """Have nothing with the next connection, like a new page."""
        self.replica = None
        self._lives += 1

    def _go_to(self, replica: Replica) -> None:
        self._lives += 1
        self.replica = _copy(replica)
        self._note_copied()

    def _position(self) -> Frame:
        at = self.replica
        return {} if at is None else {"since": at.version, "epoch": at.epoch, "digest": at.digest}

    # Frames.

    def on_message(self, link: Link, text: str) -> None:
        """Handle the frames of a message (LinkClient)."""
        if link is self.link:
            for line in text.split("\n"):
                self._take(_frame(line))

    def _take(self, frame: Frame) -> None:
        handle = getattr(self, f"_on_{frame['type']}", None)
        if handle is not None:
            handle(frame)

    def _on_welcome(self, frame: Frame) -> None:
        if (
            not self.has_list_address
            and self.should_follow
            and any(each["id"] == str(self.list_id) for each in frame["lists"])
        ):
            self.subscribe()

    def _on_joined(self, frame: Frame) -> None:
        if frame["list"]["id"] == str(self.list_id) and not self._requests:
            self.subscribe()

    def _on_subscribed(self, frame: Frame) -> None:
        self._requests -= 1
        self.is_subscribed = True
        self._has_ended = False
        self._expected = Position(frame["epoch"], frame["version"], frame["digest"])
        self._parts = []
        if not frame["recovered"] or self._requests:
            return
        if self._asked is None or self.replica is None:
            self.problems.append(f"{self.name} had no position and resumed")
            return
        if self._asked.digest != self.replica.digest or self._asked.version != self.replica.version:
            self._go_to(self._asked)  # changes arrived meanwhile, and are repeated
        if self._expected.version < self.replica.version:
            self.problems.append(f"{self.name} resumed to an earlier version")
        else:
            self._compare_expected()

    def _on_error(self, frame: Frame) -> None:
        if frame["code"] == "overloaded":
            return  # a `bye` follows
        if frame["code"] not in {"not_found", "unavailable"}:
            self.problems.append(f"{self.name} got the error {frame['code']}")
            return
        self._requests = max(0, self._requests - 1)
        self.is_subscribed = False
        if frame["code"] == "unavailable" and self.link is not None:
            self.link.cut(is_noticed=True)

    def _on_snapshot(self, frame: Frame) -> None:
        if self._has_ended:
            self._note_anyway(frame)
            return
        self._parts = [*(self._parts if frame["part"] > 1 else ()), frame]
        if frame["part"] < frame["parts"]:
            return
        rows = [item for part in self._parts for item in part["items"]]
        if {(part["epoch"], part["version"]) for part in self._parts} != {
            (frame["epoch"], frame["version"])
        }:
            self.problems.append(f"{self.name} got parts of several snapshots")
        self._remember()
        self.replica = Replica(frame["list"], rows, frame)
        self._parts = []
        self._note_copied()
        self._on_delivered(self, Position(frame["epoch"], frame["version"], frame["digest"]))
        self._compare_expected(is_snapshot=True)
        self._expected = None

    def _on_change(self, frame: Frame) -> None:
        at = self.replica
        if self._has_ended:
            self._note_anyway(frame)
            return
        if at is None or not at.follows(frame):
            if not self._requests:
                after = 0 if at is None else at.version
                self._add(OutOfOrder, version=frame["version"], after=after)
                self.subscribe()
            return
        self._remember()
        items = at.apply(frame)
        position = {name: frame[name] for name in ("epoch", "version", "base", "digest", "op")}
        self._add(Applied, computed=at.computed, items=items, **position)
        self._on_delivered(self, Position(frame["epoch"], frame["version"], frame["digest"]))
        self._compare_expected()

    def _on_ended(self, frame: Frame) -> None:
        if frame["topic"] == self.topic:
            self._lose()

    def _on_left(self, frame: Frame) -> None:
        if frame["list"] == str(self.list_id):
            self._lose()

    def _on_bye(self, frame: Frame) -> None:
        self._retry_in = float(frame.get("retry_in") or 0)

    def _lose(self) -> None:
        self.is_subscribed = False
        if not self._has_ended:
            self._has_ended = True
            self._add(Revoked)
            self._lives += 1
            if self.replica is not None:
                self._note_copied()
            if not self._requests:
                self.on_lost(self)

    on_lost: Callable[[Client], None] = staticmethod(lambda client: None)

    def _compare_expected(self, *, is_snapshot: bool = False) -> None:
        """Check that this client reaches the position which `subscribed` named.

        A socket that does not keep up gets a newer snapshot in the place of the first, and so
        does one whose list goes back before the last part of the first is sent.
        """
        named, at = self._expected, self.replica
        if named is None or at is None or self._requests:
            return
        if at.version < named.version and not is_snapshot:
            return  # the rest of the replay is on its way
        self._expected = None
        reached = Position(at.epoch, at.version, at.digest)
        is_newer = is_snapshot and reached.epoch == named.epoch and reached.version > named.version
        if reached != named and not is_newer and not self._has_gone_back(self, named, reached):
            self.problems.append(f"{self.name} did not reach the position of `subscribed`")

    # Notes.

    def _remember(self) -> None:
        if self.replica is not None and len(self.older) < 4:
            self.older.append(_copied(self.replica))

    def _note_copied(self) -> None:
        at = self.replica
        assert at is not None
        position = {"epoch": at.epoch, "version": at.version, "digest": at.digest}
        self._add(Copied, computed=at.computed, **position)

    def _note_anyway(self, frame: Frame) -> None:
        if not self._requests:
            self._add(ReceivedAnyway, version=frame["version"])

    def _add(self, kind: type[Event], **values: Any) -> None:
        event = kind(client=self.name, list=str(self.list_id), time=self._now(), **values)
        self._note(event)


def _copy(replica: Replica | None) -> Replica | None:
    return None if replica is None else _copied(replica)


def _copied(replica: Replica) -> Replica:
    same = copy(replica)
    same.items = dict(replica.items)
    return same
