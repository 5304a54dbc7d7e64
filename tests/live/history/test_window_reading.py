"""A window is read up to this moment, whether or not a process writes rollups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from live.history import rollups, stored_counts
from live.history.counts import Counts
from live.history.rollups import Moment, Silence
from live.history.stored_counts import OwnRow, Snapshot
from live.history.window_reading import read_window
from live.history.windows import WINDOWS, totals_of
from live.models import Rollup

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def snapshot(started: int) -> Snapshot:
    return Snapshot(
        Counts(numbers={"started": started}, histograms={"latency": {200: started}}), {}
    )


def test_window_has_the_same_totals_before_and_after_a_rollup() -> None:
    """MET-22"""
    now = datetime.now(UTC)
    row = OwnRow("one", "1.0.0", now)
    stored_counts.start(row)
    for seconds, started in ((-35, 3), (-15, 8), (-1, 9)):
        stored_counts.save(row, snapshot(started), now + timedelta(seconds=seconds))
    before = read_window(WINDOWS["1h"])
    rollups.roll_up(
        "one", Moment(now, 0), gauges={}, silence=Silence(), silence_timeout=1e9, lease_duration=25
    )
    assert Rollup.objects.filter(step=10).exists()
    after = read_window(WINDOWS["1h"])
    assert after.points == before.points
    assert len(after.points) == 3
    for length in WINDOWS:
        assert totals_of(read_window(WINDOWS[length]).points).counts["started"] == 9
    assert [mark.kind for mark in after.marks] == ["start"]
