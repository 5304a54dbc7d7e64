"""A process that is not heard because Redis is away has not stopped."""

from __future__ import annotations

import pytest

from live.metrics.alert_plan import AlertPlan
from live.metrics.process_count import STEADY_SECONDS
from live.metrics.verdict_topic import HEARING_SECONDS, LocalFacts, Verdict
from live.noop import noop


@pytest.fixture
def verdict() -> Verdict:
    """The verdict of a process that has run beside another one for long."""
    verdict = Verdict(
        process="first",
        local_facts=lambda: LocalFacts(started_at=0, capacity=8),
        sample=lambda: None,
        is_layer_up=lambda: True,
        layer_name="Redis",
        alert_plan=AlertPlan(process="first", started_at=0, time_scale=1.0),
        on_alert=noop,
        time_scale=1.0,
    )
    for second in range(int(3 * STEADY_SECONDS)):
        assert verdict._missing_processes(second, 2, is_layer_up=True) == 0
    return verdict


def test_no_process_is_missing_while_the_layer_is_down_and_just_after(verdict):
    """VER-7"""
    begin = 3 * STEADY_SECONDS
    for second in range(20):  # after 5 s without a sample the other process is not counted
        assert verdict._missing_processes(begin + second, 1, is_layer_up=False) == 0
    back = begin + 20
    # Its next sample arrives within a second.
    assert verdict._missing_processes(back, 1, is_layer_up=True) == 0
    assert verdict._missing_processes(back + 1, 2, is_layer_up=True) == 0


def test_process_that_stopped_meanwhile_is_missed_afterwards(verdict):
    """VER-7"""
    back = 3 * STEADY_SECONDS + 20
    verdict._missing_processes(back - 1, 1, is_layer_up=False)
    missing = [
        verdict._missing_processes(back + second, 1, is_layer_up=True)
        for second in range(int(HEARING_SECONDS) + 1)
    ]
    assert missing == [0] * int(HEARING_SECONDS - 1) + [1, 1]
