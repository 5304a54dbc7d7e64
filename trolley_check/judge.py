"""Decides whether a history keeps the promises of docs/protocol.md. Pure.

Each list has one history for all clients: versions without gaps, decided by the server. So
every promise is checked in one pass over the events, and a finding names its rule.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from trolley_check.history import (
    Applied,
    Copied,
    Ended,
    Event,
    Invoked,
    OutOfOrder,
    Read,
    ReceivedAnyway,
    Removed,
    Responded,
    Revoked,
)

E = TypeVar("E", bound=Event)

RULES = {
    "order": "all clients get the same changes in the same order",
    "gap": "no client misses a change, or gets it twice",
    "digest": "the rows of every client have the digest that the server sends",
    "lost": "an edit that was answered as saved is in the history",
    "repeated": "one edit has one effect, however often it is sent",
    "phantom": "there is no change that nobody made, or that was refused",
    "atomic": "a change of many items is seen whole",
    "real time": "an edit that began after another was answered comes after it",
    "stale read": "a response is never older than what was answered before it was asked",
    "back": "what a client reads never goes back",
    "revoked": "no change arrives after access has ended",
    "converged": "at the end all clients have the same rows",
}
"""What each rule means."""


REVOCATION_SECONDS = 2.0
"""Seconds in which an end of access reaches every socket."""


class Finding(NamedTuple):
    """A promise that a history breaks."""

    rule: str
    list: str
    text: str


class Position(NamedTuple):
    """A moment of a list. Positions of one epoch are in the order of their versions."""

    epoch: str
    version: int


@dataclass(frozen=True)
class Verdict:
    """All findings, and how much was checked."""

    findings: tuple[Finding, ...]
    edits: int
    deliveries: int
    clients: int


def judge(events: Iterable[Event]) -> Verdict:
    """Check a whole history."""
    of_list: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        of_list[event.list].append(event)
    every = [event for some_events in of_list.values() for event in some_events]
    return Verdict(
        findings=tuple(finding for name in of_list for finding in _judge_list(name, of_list[name])),
        edits=sum(isinstance(event, Responded) and event.is_saved for event in every),
        deliveries=sum(isinstance(event, Applied) for event in every),
        clients=len({event.client for event in every if isinstance(event, Applied)}),
    )


def _judge_list(name: str, events: list[Event]) -> Iterator[Finding]:
    changes, conflicts = _agreed_changes(events)
    checks = (
        conflicts,
        _gaps(events),
        _out_of_order(events),
        _digests(events),
        _effects(events, changes),
        _real_time(events, changes),
        _reads(events, changes),
        _revoked(events),
        _converged(events),
    )
    for check in checks:
        for rule, text in check:
            yield Finding(rule, name, text)


Broken = tuple[str, str]
"""A rule, and what breaks it."""
Changes = dict[Position, Applied]


def _agreed_changes(events: list[Event]) -> tuple[Changes, list[Broken]]:
    """Return the one history that all clients have seen, and where they differ."""
    changes: Changes = {}
    broken: list[Broken] = []
    for event in events:
        if not isinstance(event, Applied):
            continue
        position = Position(event.epoch, event.version)
        first = changes.setdefault(position, event)
        if (first.base, first.digest, first.op) != (event.base, event.digest, event.op):
            broken.append(
                ("order", f"{first.client} and {event.client} have another version {event.version}")
            )
    return changes, broken


def _gaps(events: list[Event]) -> Iterator[Broken]:
    """Check that a change follows the one before it, or a snapshot."""
    at: dict[str, Applied | Copied] = {}
    for event in events:
        if isinstance(event, Applied):
            before = at.get(event.client)
            if before is None:
                yield "gap", f"{event.client} applied version {event.version} without a snapshot"
            elif event.epoch != before.epoch or event.version != before.version + 1:
                yield (
                    "gap",
                    f"{event.client} applied version {event.version} after {before.version}",
                )
            elif event.base != before.digest:
                yield "gap", f"{event.client}: version {event.version} builds on other rows"
        if isinstance(event, Applied | Copied):
            at[event.client] = event


def _out_of_order(events: list[Event]) -> Iterator[Broken]:
    for event in _of(OutOfOrder, events):
        yield "gap", f"{event.client} was sent version {event.version} after {event.after}"


def _digests(events: list[Event]) -> Iterator[Broken]:
    for event in events:
        if isinstance(event, Applied | Copied) and event.computed != event.digest:
            yield "digest", f"{event.client} has other rows than version {event.version}"


def _effects(events: list[Event], changes: Changes) -> Iterator[Broken]:
    """Every edit that was answered as saved is there once; no other is there."""
    invoked = {event.op: event for event in events if isinstance(event, Invoked)}
    responded = {event.op: event for event in events if isinstance(event, Responded)}
    seen: dict[str, Position] = {}
    for position, change in changes.items():
        if change.op is None:
            continue
        if change.op in seen:
            other = seen[change.op].version
            yield "repeated", f"{change.op} is version {other} and version {position.version}"
        seen[change.op] = position
        edit, response = invoked.get(change.op), responded.get(change.op)
        if edit is None:
            yield "phantom", f"version {position.version}: nobody has sent {change.op}"
        elif response is not None and response.is_refused:
            yield "phantom", f"version {position.version}: {change.op} was refused"
        elif change.items != edit.items:
            yield (
                "atomic",
                f"version {position.version} has {change.items} of {edit.items} items",
            )
    if not changes:
        return
    for op, response in responded.items():
        if response.is_saved and op not in seen:
            yield "lost", f"{op} was answered with {response.status} and nobody got it"


def _real_time(events: list[Event], changes: Changes) -> Iterator[Broken]:
    """In the order of time: no edit has a lower version than one that was answered before it."""
    versions = {change.op: position for position, change in changes.items() if change.op}
    newest: dict[str, int] = {}
    floor: dict[str, dict[str, int]] = {}
    for event in sorted(events, key=lambda each: each.time):
        if isinstance(event, Invoked):
            floor[event.op] = dict(newest)
        elif isinstance(event, Responded) and event.is_saved and event.op in versions:
            epoch, version = versions[event.op]
            if version <= floor.get(event.op, {}).get(epoch, 0):
                yield "real time", f"{event.op} is version {version}, before an edit before it"
            newest[epoch] = max(newest.get(epoch, 0), version)


def _reads(events: list[Event], changes: Changes) -> Iterator[Broken]:
    """Check that a response is as new as what was answered before the request was sent."""
    versions = {change.op: position for position, change in changes.items() if change.op}
    answered = [
        (event.time, *versions[event.op])
        for event in events
        if isinstance(event, Responded) and event.is_saved and event.op in versions
    ]
    # What a socket was sent is committed, so everybody can read it.
    answered += [(event.time, event.epoch, event.version) for event in _of(Applied, events)]
    newest_of = _Newest(answered)
    last: dict[tuple[str, str], Read] = {}
    for read in sorted(_of(Read, events), key=lambda each: each.time):
        floor = newest_of.before(read.began, read.epoch)
        if read.version < floor:
            yield "stale read", f"{read.client} got version {read.version} after {floor}"
        before = last.get((read.client, read.epoch))
        if before is not None and read.began > before.time and read.version < before.version:
            yield "back", f"{read.client} got version {read.version} after {before.version}"
        last[read.client, read.epoch] = read
        change = changes.get(Position(read.epoch, read.version))
        if change is not None and change.digest != read.digest:
            yield "order", f"{read.client} read another version {read.version} than sockets got"


class _Newest:
    """The highest version of each epoch that was known at a time."""

    def __init__(self, known: list[tuple[float, str, int]]) -> None:
        self._times: dict[str, list[float]] = defaultdict(list)
        self._versions: dict[str, list[int]] = defaultdict(list)
        for at, epoch, version in sorted(known):
            versions = self._versions[epoch]
            versions.append(max(version, versions[-1] if versions else 0))
            self._times[epoch].append(at)

    def before(self, time: float, epoch: str) -> int:
        """Return the highest version before a time, or 0."""
        count = bisect_left(self._times[epoch], time)
        return self._versions[epoch][count - 1] if count else 0


def _revoked(events: list[Event]) -> Iterator[Broken]:
    for change in _of(ReceivedAnyway, events):
        yield "revoked", f"{change.client} got version {change.version} after its access had ended"
    informed = {event.client for event in _of(Revoked, events)}
    removed = {event.client: event.time for event in _of(Removed, events)}
    for client in sorted(removed.keys() - informed):
        yield "revoked", f"{client} was never told that its access has ended"
    for event in _of(Applied, events):
        late = event.time - removed.get(event.client, float("inf"))
        if late > REVOCATION_SECONDS:
            yield (
                "revoked",
                f"{event.client} got version {event.version} {late:.1f} s after it was removed",
            )


def _converged(events: list[Event]) -> Iterator[Broken]:
    ends = list(_of(Ended, events))
    for end in ends[1:]:
        first = ends[0]
        if (end.epoch, end.version, end.digest) != (first.epoch, first.version, first.digest):
            yield (
                "converged",
                f"{first.client} has version {first.version}, {end.client} has {end.version}"
                f"{' with other rows' if end.version == first.version else ''}",
            )


def _of(kind: type[E], events: list[Event]) -> Iterator[E]:
    return (event for event in events if isinstance(event, kind))
