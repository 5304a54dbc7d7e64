"""Conditions that last are posted once, by the oldest process, also through its end."""

from __future__ import annotations

from live.metrics.alert_plan import MIN_ALERT_AGE, MIN_UPTIME, AlertPlan, Peer
from live.metrics.verdict import Condition, Problem

START = 1_795_000_000.0
LAYER = Problem("layer", "warning", "Redis does not answer", "", "machine")
LAGGING = Problem("lagging", "warning", "A screen is 9.0 s behind", "", "delivery")


class Process:
    """One process and its plan."""

    def __init__(self, name: str, started_at: float = START) -> None:
        self.name, self.started_at = name, started_at
        self.plan = AlertPlan(process=name, started_at=started_at)

    @property
    def peer(self) -> Peer:
        return Peer(self.started_at, dict(self.plan.announced))

    def update(self, at, *conditions, others=(), is_layer_up=True) -> list[tuple[str, str]]:
        alerts = self.plan.update(
            conditions,
            at,
            peers={other.name: other.peer for other in others},
            is_layer_up=is_layer_up,
        )
        return [(alert.event, alert.condition.problem.key) for alert in alerts]


def test_condition_is_posted_once_and_its_end_once():
    """ALR-1"""
    process = Process("a")
    at = START + 100
    down = Condition(LAYER, since=at)
    assert process.update(at, down) == []
    assert process.update(at + MIN_ALERT_AGE, down) == [("began", "layer")]
    assert process.update(at + MIN_ALERT_AGE + 1, down) == []
    alerts = process.plan.update([], at + 60, peers={}, is_layer_up=True)
    assert [(alert.event, alert.condition.until) for alert in alerts] == [("ended", at + 60)]
    assert process.update(at + 61) == []


def test_short_condition_and_lagging_screen_are_not_posted():
    """ALR-1"""
    process = Process("a")
    at = START + 100
    assert process.update(at, Condition(LAYER, at)) == []
    assert process.update(at + 5) == []
    assert process.update(at + 500, Condition(LAGGING, at)) == []


def test_process_waits_after_its_start_until_it_knows_the_others():
    """ALR-2"""
    process = Process("a")
    old = Condition(LAYER, START - 500)
    assert process.update(START + MIN_UPTIME - 1, old) == []
    assert process.update(START + MIN_UPTIME, old) == [("began", "layer")]


def test_only_the_oldest_process_posts_and_the_next_one_continues():
    """ALR-2"""
    oldest, younger = Process("b"), Process("a", START + 1)
    at = START + 100
    down = Condition(LAYER, at - 60)
    assert oldest.update(at, down, others=[younger]) == [("began", "layer")]
    assert younger.update(at, down, others=[oldest]) == []
    assert younger.update(at + 1, down, others=[oldest]) == []
    # The oldest process is killed, and the condition ends.
    assert younger.update(at + 6, down) == []
    assert younger.update(at + 7) == [("ended", "layer")]


def test_processes_that_cannot_hear_each_other_post_once():
    """ALR-2: without the layer, each process seems to be alone."""
    oldest, younger = Process("a"), Process("b", START + 1)
    at = START + 100
    oldest.update(at, others=[younger])
    younger.update(at, others=[oldest])
    down = Condition(LAYER, at + 1)
    posted = []
    for second in range(2, 60):
        moment = at + second
        posted += oldest.update(moment, down, is_layer_up=False)
        posted += younger.update(moment, down, is_layer_up=False)
    for second in range(60, 90):
        others = ([], []) if second < 62 else ([younger], [oldest])
        posted += oldest.update(at + second, others=others[0])
        posted += younger.update(at + second, others=others[1])
    assert posted == [("began", "layer"), ("ended", "layer")]
