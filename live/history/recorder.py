"""Keeps what this process counts in the database, so that no total falls at a restart."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from live.cpu_meter import dashboard_cpu
from live.db_threads import run_in_db_thread
from live.history import rollups, stored_counts
from live.history.condition_spans import ConditionSpan
from live.history.rollup_content import Gauges, highest
from live.history.rollups import Moment, Silence
from live.history.slots import SLOT_SECONDS, slot_of
from live.history.stored_counts import OwnRow, Snapshot, StoredHistory, StoredProcess
from live.intervals import Intervals
from rest.database_errors import database_trouble

logger = logging.getLogger(__name__)

MAX_GAUGE_SLOTS = 12
"""Slots whose gauges are kept until they are in the rollups."""
STOP_TIMEOUT = 2.0
"""Seconds that the last write may delay the stop of the process. The disk has no test clock."""


class Shown(NamedTuple):
    """The counts that may be shown; `is_held` says that they are those of an earlier moment."""

    snapshot: Snapshot
    is_held: bool


class HistoryRecorder:
    """Writes the counts of this process once a second, if they have changed.

    What is shown was stored before, so a process that is killed has shown nothing that the
    next one does not know. If the database fails for longer than `hold_timeout`, the counts
    are shown all the same. It never raises an error of the database.
    """

    def __init__(
        self,
        *,
        process: str,
        version: str,
        snapshot: Callable[[], Snapshot],
        restore: Callable[[StoredHistory], None],
        refresh: Callable[[Sequence[StoredProcess]], None],
        is_sample_missing: Callable[[], bool],
        conditions: Callable[[], Sequence[ConditionSpan] | None],
        intervals: Intervals,
    ) -> None:
        """`restore` is called once, with what all other processes have counted.

        `refresh` is called with what they have stored while `is_sample_missing` says that this
        process does not hear all of them. `conditions` returns those of now and those that
        ended lately, or None if it is too early to know them.
        """
        self._snapshot = snapshot
        self._restore = restore
        self._refresh = refresh
        self._is_sample_missing = is_sample_missing
        self._conditions = conditions
        self._intervals = intervals
        self._row = OwnRow(process, version, datetime.fromtimestamp(time.time(), UTC))
        self._is_started = False
        self._is_failing = False
        self._stored = Snapshot.empty()
        self._stored_at = time.monotonic()
        self._written_at = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self._silence = Silence()
        self._gauges: dict[int, Gauges] = {}

    def start(self) -> None:
        """Begin to store that this process has started: it may not live for a second."""
        self._task = asyncio.ensure_future(self._write(Snapshot.empty()))

    async def save(self) -> Shown:
        """Store the counts of this moment, and return those that may be shown now."""
        snapshot = self._snapshot()
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._write(snapshot))
        await asyncio.wait([self._task], timeout=self._intervals.save_timeout)
        if self._stored == snapshot:
            return Shown(snapshot, is_held=False)
        is_held = time.monotonic() - self._stored_at < self._intervals.hold_timeout
        return Shown(self._stored if is_held else snapshot, is_held=is_held)

    def note_gauges(self, gauges: Gauges) -> None:
        """Note the current values of all processes, for the rollups."""
        slot = slot_of(time.time())
        self._gauges[slot] = highest([self._gauges.get(slot, {}), gauges])
        for surplus in sorted(self._gauges)[:-MAX_GAUGE_SLOTS]:
            del self._gauges[surplus]

    async def roll_up(self) -> None:
        """Write the rollups, if this process has the lease."""
        if not self._is_started:
            return
        moment = Moment(datetime.fromtimestamp(time.time(), UTC), time.monotonic())
        ended_before = moment.at.timestamp() - rollups.ROLLUP_DELAY - SLOT_SECONDS
        ended = {slot: each for slot, each in self._gauges.items() if slot <= ended_before}
        try:
            has_lease = await run_in_db_thread(
                dashboard_cpu.measured(rollups.roll_up),
                self._row.process,
                moment,
                gauges=ended,
                silence=self._silence,
                silence_timeout=self._intervals.silence_timeout,
                lease_duration=self._intervals.lease_duration,
                conditions=self._conditions(),
            )
        except Exception:
            self._silence.clear()  # nobody could write meanwhile
            raise
        if has_lease:
            for slot in ended:
                self._gauges.pop(slot, None)

    async def stop(self) -> None:
        """Store the last counts, and that this process has stopped."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT):
                await self._write_last()

    async def _write_last(self) -> None:
        if self._task is not None:
            await asyncio.wait([self._task])
        now = datetime.fromtimestamp(time.time(), UTC)
        try:
            if not self._is_started:  # it stops within a second
                await run_in_db_thread(stored_counts.start, self._row)
            await run_in_db_thread(stored_counts.stop, self._row, self._snapshot(), now)
            await run_in_db_thread(rollups.release_lease, self._row.process, now)
        except Exception as error:
            self._log_failure(error)

    async def _write(self, snapshot: Snapshot) -> None:
        try:
            if not self._is_started:
                self._restore(await run_in_db_thread(stored_counts.start, self._row))
                self._is_started = True
            monotonic = time.monotonic()
            is_due = monotonic - self._written_at >= self._intervals.idle_save_interval
            if is_due or snapshot != self._stored:
                now = datetime.fromtimestamp(time.time(), UTC)
                save = dashboard_cpu.measured(stored_counts.save)
                await run_in_db_thread(save, self._row, snapshot, now)
                self._written_at = monotonic
            if self._is_sample_missing():
                self._refresh(await run_in_db_thread(stored_counts.read_others, self._row))
        except Exception as error:
            self._log_failure(error)
            return
        self._stored, self._stored_at = snapshot, time.monotonic()
        if self._is_failing:
            self._is_failing = False
            logger.info("the counts of this process are stored again")

    def _log_failure(self, error: Exception) -> None:
        if not self._is_failing:
            is_unknown = database_trouble(error) is None
            logger.warning("the counts could not be stored: %r", error, exc_info=is_unknown)
        self._is_failing = True
