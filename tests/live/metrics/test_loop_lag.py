"""The lag of the event loop: how late timers woke, also those that a block prevented."""

from __future__ import annotations

import asyncio
import time

import pytest

from live.histogram import GROWTH
from live.metrics.loop_lag import INTERVAL, MAX_MISSED, LoopLag
from tests.support.socket_client import eventually


def test_block_counts_for_each_timer_that_was_due_in_it():
    """MCH-4: without that, a block of 2 s in a minute would be one of 600 timers."""
    lag = LoopLag()
    for _ in range(580):
        lag.observe(0.0)
    lag.observe(2.0)
    assert lag.percentiles()["p50"] < 0.001
    assert 1000 < lag.percentiles()["p99"] < 2000 * GROWTH


def test_long_block_counts_for_a_minute_at_most():
    """MCH-4"""
    lag = LoopLag()
    lag.observe(INTERVAL * MAX_MISSED * 1000)
    assert sum(lag._histogram.buckets().values()) == MAX_MISSED


def test_lag_is_not_known_before_the_first_timer():
    """MCH-4"""
    assert LoopLag().percentiles() == {"p50": None, "p99": None}


async def test_loop_that_is_blocked_is_late():
    """MCH-4"""
    lag = LoopLag()
    lag.start()
    await asyncio.sleep(INTERVAL * 1.5)
    time.sleep(0.4)  # noqa: ASYNC251  (what must never happen in the product)
    await eventually(lambda: (lag.percentiles()["p99"] or 0) > 100)
    lag.stop()
    with pytest.raises(asyncio.CancelledError):
        await lag._task
