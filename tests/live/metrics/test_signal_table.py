"""The counts of all processes are added up; rates are those of the last second and minute."""

from __future__ import annotations

from datetime import UTC, datetime

from live.histogram import WINDOW_SECONDS, bucket_of
from live.metrics.signal_table import (
    SignalCounts,
    SignalTable,
    changed_counts,
    restored_counts,
    stored_totals,
)
from live.protocol.frames import SignalReceiver, SignalRow

RECEIVER = SignalReceiver(name="live.receivers.publish_change", does="Broadcast a change.")
AT = datetime(2026, 11, 26, tzinfo=UTC)


def counts(sends: int, *, milliseconds: float = 1.0, newest: datetime = AT) -> SignalCounts:
    return SignalCounts(
        signal="post_save",
        sender="Activity",
        receivers=(),
        sends=sends,
        errors=sends // 10,
        buckets=[(bucket_of(milliseconds), sends)],
        newest=newest,
    )


def restored(stored: list[SignalCounts]) -> list[SignalCounts]:
    return restored_counts(stored_totals(stored), lambda signal, sender: (RECEIVER,))


def row(table: SignalTable) -> SignalRow:
    (only,) = table.rows()
    return only


def test_processes_are_added_up_and_stay_when_they_stop() -> None:
    """MET-1"""
    table = SignalTable()
    table.put("one", [counts(10)])
    table.put("two", [counts(5, newest=AT.replace(hour=1))])
    table.advance()
    assert (row(table).sends, row(table).errors) == (15, 1)
    assert row(table).newest == AT.replace(hour=1)
    table.put("one", [counts(12)])
    table.advance()
    assert (row(table).sends, row(table).last_second, row(table).last_minute) == (17, 2, 17)


def test_minute_has_the_sends_of_its_seconds_only() -> None:
    table = SignalTable()
    table.put("one", [counts(10)])
    for _ in range(WINDOW_SECONDS):
        table.advance()
    assert (row(table).last_second, row(table).last_minute) == (0, 10)
    table.advance()
    assert (row(table).sends, row(table).last_minute) == (10, 0)
    assert row(table).receiver_us == {"p50": None, "p99": None}


def test_percentiles_are_in_microseconds_and_at_most_four_percent_too_high() -> None:
    table = SignalTable()
    table.put("one", [counts(10, milliseconds=0.138)])
    table.advance()
    p50 = row(table).receiver_us["p50"]
    assert p50 is not None
    assert 138 <= p50 <= 138 * 1.045


def test_restored_totals_are_not_news_of_this_minute() -> None:
    """MET-21"""
    table = SignalTable()
    table.restore("stopped", restored([counts(40)]))
    table.restore("running", restored([counts(10)]))
    table.advance()
    assert (row(table).sends, row(table).errors, row(table).last_minute) == (50, 5, 0)
    assert (row(table).newest, row(table).receivers) == (None, (RECEIVER,))
    table.put("running", [counts(12)])
    table.advance()
    assert (row(table).sends, row(table).last_second, row(table).newest) == (52, 2, AT)
    assert row(table).receiver_us["p50"] is None
    table.put("running", [counts(13)])
    table.advance()
    assert row(table).receiver_us["p50"] is not None
    table.restore("running", restored([counts(10)]))
    table.advance()
    assert row(table).sends == 53


def test_only_changed_counts_are_sent_to_other_processes() -> None:
    before: dict[tuple[str, str], int] = {}
    assert changed_counts([counts(1)], before) == [counts(1)]
    assert changed_counts([counts(1)], before) == []
    assert changed_counts([counts(2)], before) == [counts(2)]
