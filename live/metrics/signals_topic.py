"""The topic `signals`: what is sent on Django's signals, in all processes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from live.metrics.signal_meter import SignalMeter
from live.metrics.signal_table import (
    SignalCounts,
    SignalTable,
    changed_counts,
    restored_counts,
    stored_totals,
)
from live.protocol import frames
from live.protocol.topics import SIGNALS


class SignalsTopic:
    """Joins the meter of this process and the table of all processes.

    It is a DashboardTopic, and a StoredTopic: its totals survive restarts.
    """

    name = SIGNALS

    def __init__(self, meter: SignalMeter) -> None:
        self._meter = meter
        self._table = SignalTable()
        self._counts: list[SignalCounts] = []
        """What the meter had counted when the totals were asked for."""
        self._sent: dict[tuple[str, str], int] = {}

    def totals(self) -> dict[str, dict[str, int]]:
        """Return what this process has counted, by signal and sender."""
        self._counts = self._meter.counts()
        return stored_totals(self._counts)

    def restore(self, process: str, totals: dict[str, dict[str, int]]) -> None:
        """Take over what another process had counted."""
        self._table.restore(process, restored_counts(totals, self._meter.receivers))

    def local_counts(self, *, everything: bool, is_watched: bool) -> list[Any]:
        """Return the rows with new sends: a process that stops may have no later chance."""
        if everything:
            self._sent.clear()
        changed = changed_counts(self._counts, self._sent)
        return [msgspec.to_builtins(counts) for counts in changed]

    def put(self, process: str, counts: list[Any]) -> None:
        """Store what a process has counted."""
        self._table.put(process, msgspec.convert(counts, list[SignalCounts]))

    def remove(self, process: str) -> None:
        """Keep everything: it is all totals."""

    def advance(self) -> None:
        """Add up all processes."""
        self._table.advance()

    def frame(self, at: datetime) -> frames.Signals:
        """Return the frame for subscribers."""
        return frames.Signals(topic=SIGNALS, at=at, rows=self._table.rows())
