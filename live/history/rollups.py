"""Adds the counts of all processes to the rollups. One process at a time does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from django.db.models import Q

from live.history.condition_marks import store_conditions
from live.history.condition_spans import ConditionSpan
from live.history.counts import (
    PendingSlot,
    decode_counts,
    decode_pending,
    decode_topics,
    encode,
    merge_topics,
    sum_of,
)
from live.history.rollup_content import (
    TIERS,
    Gauges,
    RollupContent,
    RollupKey,
    contents_of,
    decode_content,
    encode_content,
)
from live.history.slots import SLOT_SECONDS, Unrolled, unrolled
from live.history.stored_counts import add_mark, locked_state, waiting_briefly
from live.models import OLDER_PROCESSES, HistoryState, Mark, MarkKind, ProcessCounts, Rollup
from rest.batches import MAX_IDS_PER_QUERY, batched

ROLLUP_DELAY = 2
"""Seconds after the end of a slot in which a process may still write its last counts of it."""
MAX_STOPPED_ROWS = 20
"""Stopped processes with rows of their own. Older ones are folded into one row."""
MAX_MARKS = 1_000
"""Marks of processes, and as many of conditions: a screen that is often behind deletes no start."""
MARK_RETENTION = timedelta(days=365)


@dataclass
class Silence:
    """Since when the holder of the lease has seen no write of a process, by its own clock."""

    written_at: dict[str, datetime] = field(default_factory=dict)
    seen_at: dict[str, float] = field(default_factory=dict)

    def is_silent(self, process: str, written_at: datetime, monotonic: float, limit: float) -> bool:
        """Note the time of the last write; tell whether there was none for `limit` seconds."""
        if self.written_at.get(process) != written_at:
            self.written_at[process], self.seen_at[process] = written_at, monotonic
        return monotonic - self.seen_at[process] >= limit

    def retain(self, processes: Iterable[str]) -> None:
        """Forget all other processes."""
        kept = set(processes)
        self.written_at = {name: at for name, at in self.written_at.items() if name in kept}
        self.seen_at = {name: at for name, at in self.seen_at.items() if name in kept}

    def clear(self) -> None:
        """Begin again: this process could not look for a while."""
        self.written_at.clear()
        self.seen_at.clear()


@dataclass(frozen=True)
class Moment:
    """The time of a rollup, by the wall clock and by the clock of this process."""

    at: datetime
    monotonic: float


def roll_up(
    process: str,
    moment: Moment,
    *,
    gauges: Mapping[int, Gauges],
    silence: Silence,
    silence_timeout: float,
    lease_duration: float,
    conditions: Sequence[ConditionSpan] | None = None,
) -> bool:
    """Do all of it in one transaction, if this process has the lease or gets it.

    Returns False if another process has the lease.

    1. Add what the processes counted in the slots that have ended to the rollups.
    2. Mark the processes that are silent, and the conditions, if they are known.
    3. Fold the rows of processes that stopped long ago into one row.
    4. Delete what is too old.
    """
    with waiting_briefly():
        state = locked_state()
        if not _take_lease(state, process, moment.at, timedelta(seconds=lease_duration)):
            silence.clear()
            return False
        rows = list(ProcessCounts.objects.all())
        _add_to_rollups(rows, moment.at, gauges)
        _mark_silent(rows, process, moment, silence, silence_timeout)
        if conditions is not None:
            store_conditions(conditions, moment.at)
        _fold(rows)
        _prune(moment.at)
    return True


def release_lease(process: str, at: datetime) -> None:
    """Let another process write the rollups at once."""
    HistoryState.objects.filter(holder=process).update(holder="", held_until=at)


def states_of(row: ProcessCounts, *, ended_before: float | None) -> list[PendingSlot]:
    """Return the counts of a process at the ends of its slots.

    The current slot is one of them if it ended before `ended_before` (None: always).
    """
    states = decode_pending(row.pending)
    if ended_before is None or row.slot + SLOT_SECONDS <= ended_before:
        states.append(PendingSlot(row.slot, decode_counts(row.counts)))
    return states


def _take_lease(state: HistoryState, process: str, now: datetime, duration: timedelta) -> bool:
    # A clock that was set back must not keep the lease for hours.
    is_held = now < state.held_until <= now + 2 * duration
    if is_held and state.holder not in {"", process}:
        return False
    HistoryState.objects.filter(pk=state.pk).update(
        holder=process, held_until=now + duration, generation=state.generation + 1
    )
    return True


def _add_to_rollups(
    rows: Iterable[ProcessCounts], now: datetime, gauges: Mapping[int, Gauges]
) -> None:
    ended_before = now.timestamp() - ROLLUP_DELAY
    added: list[Unrolled] = []
    for row in rows:
        states = states_of(row, ended_before=ended_before)
        news = unrolled(states, decode_counts(row.rolled_up))
        if news.slots:
            row.rolled_up = encode(news.rolled_up)
            ProcessCounts.objects.filter(pk=row.pk).update(rolled_up=row.rolled_up)
            added.append(news)
    slots = chain.from_iterable(news.slots for news in added)
    _store(contents_of(slots, gauges))


def _store(additions: Mapping[RollupKey, RollupContent]) -> None:
    """Add contents to the stored rollups. The lock of the state makes this safe."""
    for keys in batched(additions, MAX_IDS_PER_QUERY // 2):
        is_wanted = Q()
        for key in keys:
            is_wanted |= Q(step=key.step, start=key.start)
        stored = {
            RollupKey(row.step, row.start): decode_content(row.content)
            for row in Rollup.objects.filter(is_wanted)
        }
        rows = [
            Rollup(
                step=key.step,
                start=key.start,
                content=encode_content(stored.get(key, RollupContent()) + additions[key]),
            )
            for key in keys
        ]
        Rollup.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["step", "start"],
            update_fields=["content"],
        )


def _mark_silent(
    rows: Iterable[ProcessCounts],
    process: str,
    moment: Moment,
    silence: Silence,
    timeout: float,
) -> None:
    running = [row for row in rows if row.process and row.stopped_at is None]
    silence.retain(row.process for row in running)
    for row in running:
        is_silent = silence.is_silent(row.process, row.written_at, moment.monotonic, timeout)
        if is_silent and row.process != process:
            row.stopped_at = row.written_at
            ProcessCounts.objects.filter(pk=row.pk).update(stopped_at=row.stopped_at)
            add_mark(MarkKind.FAULT, row, row.written_at)


def _fold(rows: Iterable[ProcessCounts]) -> None:
    """Add the rows of processes that stopped long ago to one row.

    A few stay: a process that starts may still hear the last sample of one that has just
    stopped, and must know that its own row is the same counts.
    """
    stopped = sorted(
        (row for row in rows if row.process and row.stopped_at and _is_rolled_up(row)),
        key=lambda row: row.written_at,
    )
    folded = stopped[:-MAX_STOPPED_ROWS]
    if not folded:
        return
    older = next((row for row in rows if row.process == OLDER_PROCESSES), None)
    merged = [*folded, older] if older else folded
    counts = sum_of(decode_counts(row.counts) for row in merged)
    topics = merge_topics(*(decode_topics(row.topics) for row in merged))
    sum_row = ProcessCounts(
        process=OLDER_PROCESSES,
        version="",
        started_at=min(row.started_at for row in merged),
        written_at=max(row.written_at for row in merged),
        stopped_at=max(row.written_at for row in merged),
        counts=encode(counts),
        topics=encode(topics),
        slot=0,
        pending=encode([]),
        rolled_up=encode(counts),
    )
    ProcessCounts.objects.filter(pk__in=[row.pk for row in merged]).delete()
    ProcessCounts.objects.bulk_create([sum_row])


def _is_rolled_up(row: ProcessCounts) -> bool:
    return decode_counts(row.rolled_up).size == decode_counts(row.counts).size


def _prune(now: datetime) -> None:
    for tier in TIERS:
        oldest = int(now.timestamp()) - tier.retention - tier.step
        Rollup.objects.filter(step=tier.step, start__lt=oldest).delete()
    Mark.objects.filter(at__lt=now - MARK_RETENTION).delete()
    is_condition = Q(kind=MarkKind.CONDITION)
    for marks in (Mark.objects.filter(is_condition), Mark.objects.exclude(is_condition)):
        surplus = marks.order_by("-pk").values_list("pk", flat=True)
        newest_surplus = next(iter(surplus[MAX_MARKS : MAX_MARKS + 1]), None)
        if newest_surplus is not None:
            marks.filter(pk__lte=newest_surplus).delete()
