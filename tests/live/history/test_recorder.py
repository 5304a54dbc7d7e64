"""What is shown was stored before, and a failing database never breaks the counting."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from django.db import connection, transaction

from live.db_threads import run_in_db_thread
from live.history.counts import Counts, decode_counts
from live.history.recorder import HistoryRecorder
from live.history.stored_counts import Snapshot, StoredHistory, StoredProcess
from live.intervals import Intervals
from live.models import HistoryState, Mark, ProcessCounts, Rollup
from tests.support.socket_client import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
TABLE = ProcessCounts._meta.db_table


class Process:
    """A recorder of counts that the test sets."""

    def __init__(self, name: str = "one", **intervals: float) -> None:
        self.started = 0
        self.restored: list[StoredHistory] = []
        self.refreshed: list[Sequence[StoredProcess]] = []
        self.is_sample_missing = False
        self.recorder = HistoryRecorder(
            process=name,
            version="1.0.0",
            snapshot=self.snapshot,
            restore=self.restored.append,
            refresh=self.refreshed.append,
            is_sample_missing=lambda: self.is_sample_missing,
            conditions=lambda: None,
            intervals=Intervals(**{"save_timeout": 10.0, **intervals}),
        )

    def snapshot(self) -> Snapshot:
        return Snapshot(Counts(numbers={"started": self.started}), {})

    async def save(self, started: int) -> tuple[int, bool]:
        """Count up to a number, and return what may be shown and whether it is held."""
        self.started = started
        shown = await self.recorder.save()
        return shown.snapshot.counts.numbers.get("started", 0), shown.is_held


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def stored() -> dict[str, int]:
    rows = ProcessCounts.objects.all()
    return {row.process: decode_counts(row.counts).numbers.get("started", 0) for row in rows}


@asynccontextmanager
async def row_locked() -> AsyncIterator[None]:
    """Let another writer hold the row, on SQLite the database."""
    is_locked, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(ProcessCounts.objects.select_for_update())
            is_locked.set()
            is_over.wait(30)

    thread = threading.Thread(target=lambda: (hold(), connection.close()))
    thread.start()
    await eventually(is_locked.is_set)
    try:
        yield
    finally:
        is_over.set()
        await eventually(lambda: not thread.is_alive())


async def test_counts_are_stored_before_they_are_shown():
    """MET-21"""
    process = Process()
    assert await process.save(5) == (5, False)
    assert await run_in_db_thread(stored) == {"one": 5}
    assert [each.processes for each in process.restored] == [[]]
    successor = Process("two")
    await successor.save(0)
    (history,) = successor.restored
    assert [each.counts.numbers for each in history.processes] == [{"started": 5}]


async def test_counts_that_do_not_change_are_not_written_again():
    """MET-21"""
    process = Process()
    await process.save(5)
    await run_in_db_thread(ProcessCounts.objects.all().delete)
    await process.save(5)
    assert await run_in_db_thread(stored) == {}
    await process.save(6)
    assert await run_in_db_thread(stored) == {"one": 6}


async def test_counts_that_wait_for_the_database_are_not_shown_yet():
    """MET-21"""
    process = Process(save_timeout=0.01)
    while (await process.save(5))[1]:
        pass
    async with row_locked():
        assert await process.save(6) == (5, True)
        assert await process.save(7) == (5, True)
    await eventually(process.recorder._task.done)
    while (await process.save(8)) != (8, False):
        pass
    assert await run_in_db_thread(stored) == {"one": 8}


async def test_failing_database_is_logged_once_and_counts_go_on(caplog):
    """MET-21"""
    caplog.set_level(logging.INFO, logger="live.history.recorder")
    process = Process(hold_timeout=0.0)
    await process.save(5)
    await run_in_db_thread(execute, f"ALTER TABLE {TABLE} RENAME TO gone")
    try:
        assert await process.save(6) == (6, False)
        assert await process.save(7) == (7, False)
        assert "could not be stored" in caplog.text
        assert len(caplog.records) == 1
        await process.recorder.stop()
    finally:
        await run_in_db_thread(execute, f"ALTER TABLE gone RENAME TO {TABLE}")
    assert await process.save(8) == (8, False)
    assert "are stored again" in caplog.text
    assert await run_in_db_thread(stored) == {"one": 8}


async def test_nothing_is_restored_before_the_database_answers():
    """MET-21"""
    await run_in_db_thread(execute, f"ALTER TABLE {TABLE} RENAME TO gone")
    process = Process()
    try:
        await process.save(5)
        await process.recorder.stop()
        await process.recorder.roll_up()
        assert process.restored == []
    finally:
        await run_in_db_thread(execute, f"ALTER TABLE gone RENAME TO {TABLE}")
    await process.save(5)
    assert len(process.restored) == 1


async def test_stop_stores_the_last_counts_and_gives_the_lease_back():
    """MET-24"""
    process = Process()
    await process.save(5)
    await process.recorder.roll_up()
    assert await run_in_db_thread(lambda: HistoryState.objects.get().holder) == "one"
    process.started = 6
    await process.recorder.stop()
    assert await run_in_db_thread(stored) == {"one": 6}
    assert await run_in_db_thread(lambda: HistoryState.objects.get().holder) == ""
    kinds = await run_in_db_thread(lambda: list(Mark.objects.values_list("kind", flat=True)))
    assert kinds == ["start", "stop"]


async def test_counts_of_a_process_that_is_not_heard_are_read():
    """MET-21"""
    process, other = Process(), Process("two")
    await process.save(1)
    await other.save(7)
    await process.save(1)
    assert process.refreshed == []
    process.is_sample_missing = True
    await process.save(1)
    ((read,),) = process.refreshed
    assert (read.process, read.counts.numbers) == ("two", {"started": 7})


async def test_start_is_stored_at_once():
    """MET-24"""
    process = Process()
    process.recorder.start()
    await process.recorder._task
    assert await run_in_db_thread(stored) == {"one": 0}


async def test_process_that_stops_within_a_second_stores_its_counts():
    """MET-21, MET-24"""
    process = Process()
    process.started = 3
    await process.recorder.stop()
    assert await run_in_db_thread(stored) == {"one": 3}
    kinds = await run_in_db_thread(lambda: list(Mark.objects.values_list("kind", flat=True)))
    assert kinds == ["start", "stop"]


async def test_rollups_have_the_highest_gauges(monkeypatch):
    """MET-22"""
    from live.history.rollup_content import decode_content
    from live.history.slots import slot_of

    process = Process()
    await process.save(5)
    now = 1_795_341_605.0
    monkeypatch.setattr("time.time", lambda: now)
    for sockets in (2, 7, 3):
        process.recorder.note_gauges({"sockets": sockets})
    now += 13
    process.recorder.note_gauges({"sockets": 1})
    await process.recorder.roll_up()
    row = await run_in_db_thread(lambda: Rollup.objects.get(step=10, start=slot_of(now - 13)))
    assert decode_content(row.content).gauges == {"sockets": 7}
    assert list(process.recorder._gauges) == [slot_of(now)]
