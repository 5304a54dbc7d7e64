"""Counts of several processes are stored, rolled up by one of them, and never counted twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from live.history import rollups, stored_counts
from live.history.counts import Counts
from live.history.rollup_content import decode_content
from live.history.rollups import MAX_STOPPED_ROWS, Moment, Silence
from live.history.stored_counts import OwnRow, Snapshot
from live.models import HistoryState, Mark, ProcessCounts, Rollup

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
LEASE_DURATION = 25.0
AT = datetime(2026, 11, 26, 10, 0, 5, tzinfo=UTC)


def snapshot(started: int) -> Snapshot:
    histograms = {"latency": {200: started}}
    counts = Counts(numbers={"started": started}, histograms=histograms)
    return Snapshot(counts, {"signals": {"post_save Activity": {"sends": started}}})


def started_row(process: str, *, version: str = "1.0.0", at: datetime = AT) -> OwnRow:
    row = OwnRow(process, version, at)
    stored_counts.start(row)
    return row


def save(row: OwnRow, started: int, seconds: float) -> None:
    stored_counts.save(row, snapshot(started), AT + timedelta(seconds=seconds))


def roll_up(
    process: str, seconds: float, *, silence: Silence | None = None, gauges=None, timeout=1e9
) -> bool:
    return rollups.roll_up(
        process,
        Moment(AT + timedelta(seconds=seconds), seconds),
        gauges=gauges or {},
        silence=silence or Silence(),
        silence_timeout=timeout,
        lease_duration=LEASE_DURATION,
    )


def rolled_up(step: int) -> dict[int, int]:
    """Return the started requests of the rollups of one length, by seconds since AT."""
    origin = int(AT.timestamp()) - 5
    return {
        row.start - origin: decode_content(row.content).counts.numbers.get("started", 0)
        for row in Rollup.objects.filter(step=step).order_by("start")
    }


def marks() -> list[tuple[str, str]]:
    return list(Mark.objects.order_by("pk").values_list("kind", "process"))


def test_new_process_reads_what_others_have_counted() -> None:
    """MET-21"""
    first = started_row("one")
    save(first, 5, 1)
    other = OwnRow("two", "1.0.0", AT)
    history = stored_counts.start(other)
    assert [(each.process, each.counts, each.topics) for each in history.processes] == [
        ("one", snapshot(5).counts, snapshot(5).topics)
    ]
    assert history.since == stored_counts.start(other).since  # a second call changes nothing
    assert marks() == [("start", "one"), ("start", "two")]


def test_rollups_of_all_lengths_have_the_counts_of_all_processes() -> None:
    """MET-22"""
    first, second = started_row("one"), started_row("two")
    save(first, 5, 1)
    save(second, 1, 4)
    save(first, 7, 6)  # the next slot
    save(second, 2, 14)
    assert roll_up("one", 8) is True
    assert rolled_up(10) == {0: 6}  # the slot of `two` has ended without a later write
    assert roll_up("one", 18) is True
    assert rolled_up(10) == {0: 6, 10: 3}
    assert roll_up("one", 28) is True
    assert rolled_up(10) == {0: 6, 10: 3}
    assert rolled_up(60) == rolled_up(3600) == {0: 9}


def test_killed_process_leaves_its_counts_in_their_slot() -> None:
    """MET-22"""
    save(started_row("killed"), 5, 1)
    successor = started_row("successor", at=AT + timedelta(minutes=30))
    save(successor, 2, 1800)
    assert roll_up("successor", 1812) is True
    assert rolled_up(10) == {0: 5, 1800: 2}


def test_late_write_of_a_slot_is_not_lost() -> None:
    """MET-22"""
    row = started_row("one")
    save(row, 5, 1)
    roll_up("two", 10)
    save(row, 6, 4)  # it waited for the lock
    save(row, 8, 7)
    save(row, 8, 17)
    roll_up("two", 28)
    assert sum(rolled_up(10).values()) == 8


def test_slot_without_requests_has_a_rollup_if_a_process_ran() -> None:
    """MET-22"""
    started_row("one")
    slot = int(AT.timestamp()) - 5
    assert roll_up("one", 8, gauges={slot: {"sockets": 4}}) is True
    assert rolled_up(10) == {0: 0}


def test_one_process_at_a_time_writes_rollups() -> None:
    """MET-23"""
    save(started_row("one"), 5, 1)
    assert roll_up("one", 8) is True
    assert roll_up("two", 9) is False
    assert roll_up("one", 18) is True
    assert roll_up("two", 18 + LEASE_DURATION) is True
    assert roll_up("one", 60) is False
    rollups.release_lease("two", AT + timedelta(seconds=61))
    assert roll_up("one", 62) is True
    assert rolled_up(10) == {0: 5}


def test_lease_of_a_clock_that_was_wrong_is_taken() -> None:
    """MET-23"""
    started_row("one")
    HistoryState.objects.update(holder="lost", held_until=AT + timedelta(days=300))
    assert roll_up("one", 8) is True


def test_silent_process_is_marked_once_and_comes_back() -> None:
    """MET-24"""
    silent, silence = started_row("silent"), Silence()
    save(silent, 5, 1)
    started_row("one")
    for seconds in (8, 18, 28, 38):
        roll_up("one", seconds, silence=silence, timeout=20)
    assert marks()[2:] == [("fault", "silent")]
    assert Mark.objects.get(kind="fault").at == AT + timedelta(seconds=1)
    save(silent, 6, 40)
    assert ProcessCounts.objects.get(pk="silent").stopped_at is None
    roll_up("one", 60, silence=silence, timeout=20)
    assert sum(rolled_up(10).values()) == 6


def test_start_with_another_version_is_marked_as_one() -> None:
    """MET-24"""
    for process, version in (("a", "1.0.0"), ("b", "1.0.0"), ("c", "1.1.0"), ("d", "1.1.0")):
        row = started_row(process, version=version)
    stored_counts.stop(row, snapshot(3), AT)
    kinds = [("start", "a"), ("start", "b"), ("version", "c"), ("start", "d"), ("stop", "d")]
    assert marks() == kinds
    assert roll_up("a", 1e6, silence=Silence(), timeout=0) is True
    assert ("fault", "d") not in marks()


def test_rows_of_stopped_processes_are_folded_and_the_total_stays() -> None:
    """MET-21"""
    for number in range(MAX_STOPPED_ROWS + 5):
        row = started_row(f"p{number}")
        save(row, number, number)
        stored_counts.stop(row, snapshot(number), AT + timedelta(seconds=number))
    roll_up("one", 100)
    roll_up("one", 110)
    assert ProcessCounts.objects.count() == MAX_STOPPED_ROWS + 1
    history = stored_counts.start(OwnRow("new", "1.0.0", AT))
    expected = sum(range(MAX_STOPPED_ROWS + 5))
    totals = [each.counts.numbers.get("started", 0) for each in history.processes]
    sends = [each.topics["signals"]["post_save Activity"]["sends"] for each in history.processes]
    assert (sum(totals), sum(sends), sum(rolled_up(10).values())) == (expected,) * 3
    # The next fold adds to the same row.
    for number in range(3):
        stored_counts.stop(started_row(f"q{number}"), snapshot(1), AT + timedelta(seconds=50))
    roll_up("one", 130)
    history = stored_counts.start(OwnRow("new", "1.0.0", AT))
    totals = [each.counts.numbers.get("started", 0) for each in history.processes]
    assert sum(totals) == expected + 3
    assert ProcessCounts.objects.filter(stopped_at__isnull=False).count() == MAX_STOPPED_ROWS + 1


def test_old_rollups_and_marks_are_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    """MET-22"""
    monkeypatch.setattr(rollups, "MAX_MARKS", 3)
    row = started_row("one")
    save(row, 5, 1)
    roll_up("one", 8)
    hours = 3600
    for seconds, steps in (
        (7 * hours, {60, 3600}),
        (8 * 24 * hours, {3600}),
        (366 * 24 * hours, set()),
    ):
        roll_up("one", seconds)
        assert set(Rollup.objects.values_list("step", flat=True)) == steps
    assert marks() == []
    for number in range(5):
        started_row(f"new{number}", at=AT + timedelta(days=366))
    roll_up("one", 366 * 24 * hours)
    assert marks() == [("start", f"new{number}") for number in (2, 3, 4)]


def test_process_whose_row_is_gone_stores_it_again() -> None:
    """MET-21: an older copy of the database was put back."""
    row = started_row("one")
    save(row, 5, 1)
    ProcessCounts.objects.all().delete()
    save(row, 6, 2)
    history = stored_counts.start(OwnRow("two", "1.0.0", AT))
    assert [each.counts for each in history.processes] == [snapshot(6).counts]
