"""Adds up what all processes counted on Django's signals. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from live.histogram import (
    WINDOW_SECONDS,
    BucketCounts,
    merge_buckets,
    percentile,
    subtract_buckets,
)
from live.protocol.frames import SignalReceiver, SignalRow

MICROSECONDS = 1000
"""The microseconds of a millisecond."""

Key = tuple[str, str]


class SignalCounts(msgspec.Struct, kw_only=True):
    """What one sender sent on one signal in one process since the process started.

    The histogram is a list of pairs, because not every channel layer keeps integer keys.
    """

    signal: str
    sender: str
    receivers: tuple[SignalReceiver, ...]
    sends: int
    errors: int
    buckets: list[tuple[int, int]]
    newest: datetime | None


@dataclass
class _Total:
    """The sum of all processes for one signal and sender."""

    receivers: tuple[SignalReceiver, ...] = ()
    sends: int = 0
    errors: int = 0
    buckets: BucketCounts = field(default_factory=dict)
    newest: datetime | None = None

    def add(self, counts: SignalCounts) -> None:
        self.receivers = counts.receivers or self.receivers
        self.sends += counts.sends
        self.errors += counts.errors
        self.buckets = merge_buckets(self.buckets, dict(counts.buckets))
        if counts.newest and (self.newest is None or counts.newest > self.newest):
            self.newest = counts.newest


class _Window:
    """The sends of the last WINDOW_SECONDS of one signal and sender, second by second."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, BucketCounts]] = deque(maxlen=WINDOW_SECONDS)
        self._new_sends = 0
        self._new_buckets: BucketCounts = {}

    def add(self, sends: int, buckets: BucketCounts) -> None:
        """Note what a process has counted since it told its counts before."""
        self._new_sends += sends
        self._new_buckets = merge_buckets(self._new_buckets, buckets)

    def advance(self) -> None:
        """End the second."""
        self._seconds.append((self._new_sends, self._new_buckets))
        self._new_sends, self._new_buckets = 0, {}

    @property
    def last_second(self) -> int:
        return self._seconds[-1][0]

    @property
    def sends(self) -> int:
        return sum(sends for sends, _ in self._seconds)

    @property
    def buckets(self) -> BucketCounts:
        return merge_buckets(*(buckets for _, buckets in self._seconds))


class SignalTable:
    """The last counts of each process, and their sum. Stopped processes stay in it."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[Key, SignalCounts]] = {}
        self._windows: dict[Key, _Window] = {}
        self._totals: dict[Key, _Total] = {}

    def put(self, process: str, counts: Iterable[SignalCounts]) -> None:
        """Store what a process has counted. Rows that it leaves out are the same as before."""
        known = self._counts.setdefault(process, {})
        for each in counts:
            key = each.signal, each.sender
            self._windows.setdefault(key, _Window()).add(*_news(each, known.get(key)))
            known[key] = each

    def restore(self, process: str, counts: Iterable[SignalCounts]) -> None:
        """Take over the totals of a process, if they are higher than the known ones.

        They are no news of this second.
        """
        known = self._counts.setdefault(process, {})
        for each in counts:
            key = each.signal, each.sender
            before = known.get(key, each)
            if before.sends <= each.sends:
                each.receivers, each.newest = before.receivers, before.newest
                known[key] = each

    def advance(self) -> None:
        """Add up all processes, once a second."""
        self._totals = {}
        for counts_of_process in self._counts.values():
            for key, counts in counts_of_process.items():
                self._totals.setdefault(key, _Total()).add(counts)
        for key in self._totals:
            self._windows.setdefault(key, _Window()).advance()

    def rows(self) -> tuple[SignalRow, ...]:
        """Return a row for each signal and sender, as of the last `advance`."""
        return tuple(self._row(key, total) for key, total in sorted(self._totals.items()))

    def _row(self, key: Key, total: _Total) -> SignalRow:
        window = self._windows[key]
        signal, sender = key
        return SignalRow(
            signal=signal,
            sender=sender,
            receivers=total.receivers,
            sends=total.sends,
            errors=total.errors,
            last_second=window.last_second,
            last_minute=window.sends,
            receiver_us=_percentiles(window.buckets),
            newest=total.newest,
        )


def _news(counts: SignalCounts, before: SignalCounts | None) -> tuple[int, BucketCounts]:
    """Return the sends and durations since earlier counts of the same process."""
    if before is None:
        return counts.sends, dict(counts.buckets)
    sends = max(0, counts.sends - before.sends)
    if before.sends and not before.buckets:
        return sends, {}  # restored: which of the durations are new is not known
    return sends, subtract_buckets(dict(counts.buckets), dict(before.buckets))


def stored_totals(counts: Iterable[SignalCounts]) -> dict[str, dict[str, int]]:
    """Return the totals to store (StoredTopic)."""
    return {
        f"{each.signal} {each.sender}": {"sends": each.sends, "errors": each.errors}
        for each in counts
    }


def restored_counts(
    totals: Mapping[str, Mapping[str, int]],
    receivers: Callable[[str, str], tuple[SignalReceiver, ...]],
) -> list[SignalCounts]:
    """Return stored totals as counts, without durations and without a newest send.

    `receivers` returns the receivers of a signal and a sender.
    """
    keys = {row: row.partition(" ") for row in totals}
    return [
        SignalCounts(
            signal=signal,
            sender=sender,
            receivers=receivers(signal, sender),
            sends=totals[row].get("sends", 0),
            errors=totals[row].get("errors", 0),
            buckets=[],
            newest=None,
        )
        for row, (signal, _, sender) in keys.items()
    ]


def changed_counts(counts: Sequence[SignalCounts], before: dict[Key, int]) -> list[SignalCounts]:
    """Return the counts with sends that are not in `before`, and put them there."""
    changed = [each for each in counts if before.get((each.signal, each.sender)) != each.sends]
    before.update({(each.signal, each.sender): each.sends for each in changed})
    return changed


def _percentiles(buckets: BucketCounts) -> dict[str, float | None]:
    shares = {"p50": 0.5, "p99": 0.99}
    values = {name: percentile(buckets, share) for name, share in shares.items()}
    return {
        name: None if value is None else round(value * MICROSECONDS, 2)
        for name, value in values.items()
    }
