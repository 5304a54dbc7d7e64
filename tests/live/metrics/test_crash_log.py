"""Which processes crashed: those that are not heard any more and did not stop."""

from __future__ import annotations

import pytest

from live.metrics.alert_plan import AlertPlan
from live.metrics.crash_log import MAX_CRASHES, MEMORY_SECONDS, CrashLog
from live.metrics.verdict_topic import LocalFacts, Verdict
from live.noop import noop

NOW = 1_795_000_000.0


class Layer:
    """The channel layer: up or down."""

    is_up = True


@pytest.fixture
def layer() -> Layer:
    return Layer()


@pytest.fixture
def verdict(layer: Layer) -> Verdict:
    """The verdict of a process that hears another one."""
    verdict = Verdict(
        process="first",
        local_facts=lambda: LocalFacts(started_at=0, capacity=8),
        sample=lambda: None,
        is_layer_up=lambda: layer.is_up,
        layer_name="Redis",
        alert_plan=AlertPlan(process="first", started_at=0, time_scale=1.0),
        on_alert=noop,
        time_scale=1.0,
    )
    verdict.put("second", LocalFacts(started_at=0, capacity=8))
    return verdict


def test_all_processes_together_know_each_crash_once():
    """VER-8"""
    log = CrashLog()
    log.add("a", NOW)
    log.add("a", NOW + 1)
    others = [{"a": NOW - 0.5, "b": NOW - 10}, {"c": NOW - 20}]
    assert log.joined(NOW, others, running={"first", "c"}) == (NOW - 10, NOW - 0.5)


def test_crashes_are_forgotten_after_an_hour():
    """VER-8"""
    log = CrashLog()
    log.add("a", NOW - MEMORY_SECONDS)
    log.add("b", NOW - 1)
    assert log.known(NOW) == {"b": NOW - 1}
    assert log.joined(NOW, [{"c": NOW - MEMORY_SECONDS}], ()) == (NOW - 1,)


def test_few_crashes_are_kept():
    """VER-8: a process that crashes at each start costs no memory."""
    log = CrashLog()
    for number in range(3 * MAX_CRASHES):
        log.add(str(number), NOW + number)
    assert list(log.known(NOW)) == [str(2 * MAX_CRASHES + number) for number in range(MAX_CRASHES)]


def test_process_that_is_not_heard_any_more_crashed(verdict):
    """VER-8"""
    verdict.remove("second")
    assert list(verdict.local().crashes) == ["second"]


def test_process_that_said_that_it_stops_did_not_crash(verdict):
    """VER-8"""
    verdict.put("second", LocalFacts(started_at=0, capacity=8, is_stopping=True))
    verdict.remove("second")
    assert verdict.local().crashes == {}


def test_process_that_is_heard_again_did_not_crash(verdict):
    """VER-8"""
    verdict.remove("second")
    verdict.put("second", LocalFacts(started_at=0, capacity=8))
    assert verdict.local().crashes == {}


def test_process_that_is_not_heard_without_the_layer_did_not_crash(verdict, layer):
    """VER-8"""
    layer.is_up = False
    verdict.remove("second")
    assert verdict.local().crashes == {}
