"""How long the disk lasts: an estimate, and only where there is something to estimate from."""

from __future__ import annotations

import pytest

from live.metrics.disk_room import DAY, Growth, StoredSize, days_left, growth

NOW = 1_795_000_000.0


def test_growth_is_not_known_before_a_day_has_passed():
    """MCH-3"""
    now = StoredSize(NOW, 9_000_000)
    assert growth(None, now) is None
    assert growth(StoredSize(NOW - DAY + 1, 1_000_000), now) is None
    assert growth(StoredSize(NOW - DAY, 1_000_000), now) == Growth(NOW - DAY, 8_000_000)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, None),
        (Growth(NOW, 0.0), None),
        (Growth(NOW, -5_000.0), None),
        (Growth(NOW, 2_000_000.0), 5.0),
        (Growth(NOW, 20_000_000.0), 0.5),
    ],
)
def test_days_left_need_a_growth(known, expected):
    """MCH-3"""
    assert days_left(10_000_000, known) == expected


def test_growth_is_the_mean_of_the_whole_time():
    """MCH-3"""
    known = growth(StoredSize(NOW - 4 * DAY, 100), StoredSize(NOW, 900))
    assert known == Growth(NOW - 4 * DAY, 200)
    assert days_left(0, known) == 0
