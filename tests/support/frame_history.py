"""Every frame that a test sees becomes an event that the judge of `trolley_check` decides about.

A client is one socket. What it had before its first frame is not known, so a socket that
resumes is checked from there on.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from trolley_check.history import Applied, Copied, Event, OutOfOrder, ReceivedAnyway
from trolley_check.judge import Finding, judge
from trolley_check.replica import Replica

Frame = dict[str, Any]
RULES = {"order", "gap", "digest", "revoked"}
"""What can be decided without the edits that the clients sent."""
NO_LIST = "0" * 16
"""The digest of a list that does not exist."""
MAX_CLIENTS = 2000
"""Clients of one test whose events are kept."""


@dataclass
class _Position:
    """A list of which the rows are not known: the client had them before its first frame."""

    epoch: str
    version: int
    digest: str

    @property
    def computed(self) -> str:
        return self.digest

    def follows(self, change: Frame) -> bool:
        is_next: bool = change["version"] == self.version + 1
        return is_next and change["epoch"] == self.epoch and change["base"] == self.digest

    def apply(self, change: Frame) -> int:
        self.version, self.digest = change["version"], change["digest"]
        return len(change["items"]) + len(change["gone"])


@dataclass
class FrameHistory:
    """The frames of one client."""

    client: str
    events: list[Event] = field(default_factory=list)
    _lists: dict[str, Replica | _Position] = field(default_factory=dict)
    _parts: dict[str, list[Frame]] = field(default_factory=dict)
    _asked: dict[str, Frame] = field(default_factory=dict)
    """The subscriptions that are not answered, with the position that the client named."""
    _ended: set[str] = field(default_factory=set)

    def sent(self, frames: Iterable[Frame]) -> None:
        """Note what the client sends."""
        for frame in frames:
            if frame.get("type") == "subscribe":
                self._asked[frame["topic"]] = frame
            elif frame.get("type") == "unsubscribe":
                self._lists.pop(frame["topic"], None)

    def received(self, frames: Iterable[Frame]) -> None:
        """Note what the client gets."""
        for frame in frames:
            match frame["type"]:
                case "subscribed":
                    self._subscribed(frame)
                case "snapshot":
                    self._snapshot(frame)
                case "change":
                    self._change(frame)
                case "ended":
                    self._ended.add(frame["topic"])
                    self._lists.pop(frame["topic"], None)

    def _subscribed(self, frame: Frame) -> None:
        topic = frame["topic"]
        self._ended.discard(topic)
        asked, at = self._asked.pop(topic, {}), self._lists.get(topic)
        named = tuple(map(asked.get, ("since", "epoch", "digest")))
        if at is not None and named != (at.version, at.epoch, at.digest):
            del self._lists[topic]

    def _snapshot(self, frame: Frame) -> None:
        topic = frame["topic"]
        parts = [*(self._parts.get(topic, []) if frame["part"] > 1 else []), frame]
        self._parts[topic] = parts
        if frame["part"] < frame["parts"]:
            return
        rows = [item for part in parts for item in part["items"]]
        replica = self._lists[topic] = Replica(frame["list"], rows, frame)
        self._copied(topic, replica)

    def _copied(self, topic: str, at: Replica | _Position) -> None:
        self.events.append(
            Copied(
                client=self.client,
                list=topic,
                epoch=at.epoch,
                version=at.version,
                digest=at.digest,
                computed=at.computed,
            )
        )

    def _change(self, change: Frame) -> None:
        topic = change["topic"]
        if topic in self._asked:
            return  # it belongs to the time before the answer
        if topic in self._ended:
            event = ReceivedAnyway(client=self.client, list=topic, version=change["version"])
            self.events.append(event)
            return
        at = self._lists.get(topic)
        if at is None:
            before = change["version"] - 1
            at = self._lists[topic] = _Position(change["epoch"], before, change["base"])
            self._copied(topic, at)
        if not at.follows(change):
            self.events.append(
                OutOfOrder(
                    client=self.client, list=topic, version=change["version"], after=at.version
                )
            )
            return
        items = at.apply(change)
        if change["digest"] == NO_LIST:  # it was deleted for good, with its rows
            at = self._lists[topic] = _Position(change["epoch"], change["version"], NO_LIST)
        self.events.append(
            Applied.of(change, client=self.client, list=topic, computed=at.computed, items=items)
        )


_numbers = itertools.count(1)
_histories: deque[FrameHistory] = deque(maxlen=MAX_CLIENTS)


def new_history(kind: str) -> FrameHistory:
    """Return the history of a client of the running test."""
    history = FrameHistory(f"{kind} {next(_numbers)}")
    _histories.append(history)
    return history


def forget() -> None:
    """Forget all clients: a test begins."""
    _histories.clear()


def findings() -> list[Finding]:
    """Return what is wrong with the frames of the running test."""
    events = [event for history in _histories for event in history.events]
    return [finding for finding in judge(events).findings if finding.rule in RULES]
