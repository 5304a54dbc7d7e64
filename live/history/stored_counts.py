"""Writes the counts of this process to the database, and reads those of all processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from django.db import connection, transaction
from django.utils import timezone

from live.history.counts import (
    Counts,
    PendingSlot,
    TopicTotals,
    decode_counts,
    decode_topics,
    encode,
)
from live.history.slots import slot_of, with_ended
from live.models import HistoryState, Mark, MarkKind, ProcessCounts

MAX_WRITE_WAIT = 1.0
"""Seconds that a write waits for other writers: a second later there is another one."""
STATE_ID = 1


@dataclass(frozen=True)
class Snapshot:
    """What this process has counted since its start."""

    counts: Counts
    topics: dict[str, TopicTotals]

    @classmethod
    def empty(cls) -> Self:
        """Return the counts of a process that has counted nothing."""
        return cls(Counts(), {})


@dataclass(frozen=True)
class StoredProcess:
    """What another process has stored, running or not."""

    process: str
    counts: Counts
    topics: dict[str, TopicTotals]


@dataclass(frozen=True)
class StoredHistory:
    """Since when counts are kept, and what all other processes have counted."""

    since: datetime
    processes: list[StoredProcess]


@dataclass
class OwnRow:
    """The row of this process as it was stored last."""

    process: str
    version: str
    started_at: datetime
    saved: Snapshot = field(default_factory=Snapshot.empty)
    slot: int = 0
    pending: list[PendingSlot] = field(default_factory=list)


def waiting_briefly() -> Any:
    """Return a context: a transaction that does not wait long for other writers."""
    database: Any = connection
    return database.waiting_at_most(MAX_WRITE_WAIT)


def locked_state() -> HistoryState:
    """Return the state, locked until the end of the transaction. Creates it if it is missing."""
    states = HistoryState.objects.select_for_update().filter(pk=STATE_ID)
    state = states.first()
    if state is None:
        now = timezone.now()
        created = HistoryState(pk=STATE_ID, since=now, holder="", held_until=now)
        HistoryState.objects.bulk_create([created], ignore_conflicts=True)
        state = states.get()
    return state


def start(row: OwnRow) -> StoredHistory:
    """Store that this process has started, and read what all others have counted.

    A second call has no other effect than the first.
    """
    with waiting_briefly():
        state = locked_state()
        processes = read_others(row)
        if not ProcessCounts.objects.filter(pk=row.process).exists():
            _insert(row, row.saved, row.started_at)
            add_mark(_start_kind(row.version), row, row.started_at)
    return StoredHistory(state.since, processes)


def read_others(row: OwnRow) -> list[StoredProcess]:
    """Return what all other processes have stored."""
    others = ProcessCounts.objects.exclude(pk=row.process).defer("pending", "rolled_up")
    return [
        StoredProcess(other.process, decode_counts(other.counts), decode_topics(other.topics))
        for other in others
    ]


def save(row: OwnRow, snapshot: Snapshot, now: datetime) -> None:
    """Store what this process has counted. `row` has changed only if it was stored."""
    slot = slot_of(now.timestamp())
    fields: dict[str, Any] = {
        "counts": encode(snapshot.counts),
        "topics": encode(snapshot.topics),
        "written_at": now,
        "stopped_at": None,  # the holder of the lease may have believed so
    }
    pending = row.pending
    with waiting_briefly():
        own = ProcessCounts.objects.filter(pk=row.process)
        if slot != row.slot:
            pending = _pending_after_slot(row, own.values_list("rolled_up", flat=True).first())
            fields |= {"slot": slot, "pending": encode(pending)}
        if not own.update(**fields):
            # An older copy of the database was put back, from before this process started.
            _insert(row, snapshot, now)
    row.saved, row.slot, row.pending = snapshot, slot, pending


def stop(row: OwnRow, snapshot: Snapshot, now: datetime) -> None:
    """Store the last counts of this process, and that it has stopped."""
    with transaction.atomic():
        save(row, snapshot, now)
        stored = ProcessCounts.objects.filter(pk=row.process, stopped_at=None)
        if stored.update(stopped_at=now):
            add_mark(MarkKind.STOP, row, now)


def add_mark(kind: MarkKind, row: OwnRow | ProcessCounts, at: datetime) -> None:
    """Store what happened to a process."""
    # bulk_create sends no signals: the dashboard must not show its own work.
    Mark.objects.bulk_create([Mark(at=at, kind=kind, process=row.process, version=row.version)])


def _pending_after_slot(row: OwnRow, rolled_up: bytes | memoryview | None) -> list[PendingSlot]:
    in_rollups = Counts() if rolled_up is None else decode_counts(rolled_up)
    return with_ended(row.pending, PendingSlot(row.slot, row.saved.counts), in_rollups)


def _insert(row: OwnRow, snapshot: Snapshot, now: datetime) -> None:
    stored = ProcessCounts(
        process=row.process,
        version=row.version,
        started_at=row.started_at,
        written_at=now,
        counts=encode(snapshot.counts),
        topics=encode(snapshot.topics),
        slot=slot_of(now.timestamp()),
        pending=encode([]),
        rolled_up=encode(Counts()),
    )
    ProcessCounts.objects.bulk_create([stored])


def _start_kind(version: str) -> MarkKind:
    """Return the kind of the mark of a start: with the version of the last start, or another."""
    starts = Mark.objects.filter(kind__in=[MarkKind.START, MarkKind.VERSION])
    last = starts.order_by("-pk").values_list("version", flat=True).first()
    return MarkKind.START if last in {None, version} else MarkKind.VERSION
