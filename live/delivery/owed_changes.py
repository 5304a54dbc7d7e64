"""The changes that one socket is owed and did not get as they happened. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from live.delivery_meter import DeliveryMeter


@dataclass(slots=True)
class _Debt:
    """The changes of one topic.

    `missed` wait for a replay, `replaying` are in the replay of which so many `batches` are
    queued. `since` is when the oldest was committed, in seconds of `perf_counter`.
    """

    since: float
    missed: int = 0
    replaying: int = 0
    batches: int = 0
    is_snapshot: bool = False


class OwedChanges:
    """Follows each change that a replay must bring, until it was written or is not owed any more.

    It counts what became of it in the meter. It does not know what a position means.
    """

    __slots__ = ("_debts", "_meter")

    def __init__(self, meter: DeliveryMeter) -> None:
        self._meter = meter
        self._debts: dict[str, _Debt] | None = None  # None: an empty dict for each socket adds up

    @property
    def count(self) -> int:
        """The number of changes."""
        if self._debts is None:
            return 0
        return sum(debt.missed + debt.replaying for debt in self._debts.values())

    @property
    def since(self) -> float | None:
        """When the oldest change was committed, in seconds of `perf_counter`."""
        return min((debt.since for debt in (self._debts or {}).values()), default=None)

    def add(self, topic: str, change_count: int, since: float) -> None:
        """Note that a replay must bring these changes."""
        if not change_count:
            return
        if self._debts is None:
            self._debts = {}
        self._debts.setdefault(topic, _Debt(since)).missed += change_count

    def start_replay(self, topic: str, *, batches: int, covered: int | None) -> None:
        """Note that a replay of so many batches is queued next.

        `covered` is the number of changes that it contains, None for a snapshot, which
        replaces all changes before it. What is owed beyond that is lost. An earlier replay that
        was dropped in the middle is replaced by this one.
        """
        debt = self._debt(topic)
        if debt is None:
            return
        debt.is_snapshot = covered is None
        owed = debt.missed + debt.replaying
        debt.replaying = owed if covered is None else min(owed, covered)
        debt.missed, debt.batches = 0, batches
        if not batches:
            self._settle(topic, debt)

    def replay_written(self, topic: str | None) -> None:
        """Note that a batch of a replay was written."""
        debt = self._debt(topic)
        if topic is None or debt is None or not debt.batches:
            return
        debt.batches -= 1
        if not debt.batches:
            self._settle(topic, debt)

    def withdraw(self, topic: str) -> None:
        """Note that the socket does not follow a topic any more."""
        debt = self._debt(topic)
        if debt is not None:
            self._meter.withdrawn += debt.missed + debt.replaying
            self._remove(topic)

    def withdraw_all(self) -> None:
        """Note that the socket is closed."""
        for topic in tuple(self._debts or ()):
            self.withdraw(topic)

    def _debt(self, topic: str | None) -> _Debt | None:
        return None if self._debts is None or topic is None else self._debts.get(topic)

    def _settle(self, topic: str, debt: _Debt) -> None:
        if debt.is_snapshot:
            self._meter.copied += debt.replaying
        else:
            self._meter.resumed += debt.replaying
        self._meter.note_convergence(perf_counter() - debt.since)
        debt.replaying = 0
        if not debt.missed:
            self._remove(topic)

    def _remove(self, topic: str) -> None:
        if self._debts is not None:
            del self._debts[topic]
            self._debts = self._debts or None
