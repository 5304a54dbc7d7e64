"""The topics `verdict` and `ops:verdict`: what is wrong with the installation."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from live.history.condition_spans import ConditionSpan
from live.metrics.alert_plan import Alert, AlertPlan, Peer
from live.metrics.crash_log import CrashLog
from live.metrics.process_count import ProcessCount
from live.metrics.verdict import (
    Condition,
    ConditionLog,
    DatabaseState,
    Facts,
    LaggingScreen,
    LastEdit,
    Problem,
    find_problems,
    sentence,
    state_of,
)
from live.protocol import frames
from live.protocol.topics import STAFF_VERDICT, VERDICT

MINUTE = 60
HEARING_SECONDS = 5.0
"""Seconds after the layer came back in which the other processes are heard again."""
SETTLING_SECONDS = 15.0
"""Seconds after the start in which a process does not know the conditions yet: the database is
read every 5 seconds, and a screen is different after 5 seconds."""
UNMARKED_KEYS = frozenset({"processes", "crash"})
"""Processes that stop have marks of their own."""
MOMENTARY_KEYS = frozenset({"history"})
"""Conditions that are said for longer than they last: the copy was put back at one moment."""
SEVERITY: dict[DatabaseState, int] = {"working": 0, "read_only": 1, "down": 2}


class LocalFacts(msgspec.Struct, kw_only=True):
    """What one process contributes. Times are in epoch seconds.

    `since` says since when it knows each problem. `capacity` is the number of requests that
    it handles at the same time. `crashes` has the processes that it missed in the last hour,
    `is_stopping` says that it will not be heard any more. `announced` are the keys and the
    beginnings of the conditions that it has posted (alerts.py).
    """

    started_at: float
    capacity: int
    database: DatabaseState = "working"
    lagging: list[tuple[str, float, int]] = []
    free_bytes: int | None = None
    last_edit: tuple[float, str] | None = None
    went_back_at: float | None = None
    days_left: float | None = None
    lag_ms: float | None = None
    since: dict[str, float] = {}
    announced: dict[str, float] = {}
    crashes: dict[str, float] = {}
    is_stopping: bool = False


class Verdict:
    """Joins the facts of all processes, and keeps the conditions. It sends no frame.

    `local_facts` returns those of this process. `sample` returns the last sum of the
    counters of all processes. `on_alert` is called with what this process has to post.
    """

    def __init__(
        self,
        *,
        process: str,
        local_facts: Callable[[], LocalFacts],
        sample: Callable[[], frames.Sample | None],
        is_layer_up: Callable[[], bool],
        layer_name: str,
        alert_plan: AlertPlan,
        on_alert: Callable[[Alert], None],
        time_scale: float,
    ) -> None:
        self._process = process
        self._alert_plan = alert_plan
        self._on_alert = on_alert
        self._local_facts = local_facts
        self._sample = sample
        self._is_layer_up = is_layer_up
        self._layer_name = layer_name
        self._processes: dict[str, LocalFacts] = {}
        self._totals: deque[frames.Sample] = deque(maxlen=MINUTE + 1)
        self._process_count = ProcessCount(time_scale=time_scale)
        self.crash_log = CrashLog()
        self.is_stopping = False
        """The owner sets it before the last sample of this process."""
        self._time_scale = time_scale
        self._layer_down_at = float("-inf")
        self._started_at = time.time()
        self.log = ConditionLog(time_scale=time_scale)
        self.facts = Facts(at=time.time())
        self._problems_without_names: dict[str, Problem] = {}

    def local(self) -> LocalFacts:
        """Return the facts of this process."""
        facts = self._local_facts()
        facts.since = self.log.since
        facts.announced = self._alert_plan.announced
        facts.crashes = self.crash_log.known(time.time())
        facts.is_stopping = self.is_stopping
        return facts

    def put(self, process: str, facts: LocalFacts) -> None:
        """Store the facts of a process."""
        self._processes[process] = facts
        self.crash_log.remove(process)

    def remove(self, process: str) -> None:
        """Drop the facts of a process that is not heard any more."""
        facts = self._processes.pop(process, None)
        if facts is not None and not facts.is_stopping and self._are_others_heard(time.time()):
            self.crash_log.add(process, time.time())

    @property
    def others(self) -> dict[str, LocalFacts]:
        """The facts of all processes but this one."""
        return {name: facts for name, facts in self._processes.items() if name != self._process}

    def advance(self) -> None:
        """Add up all processes, and update the conditions. It is called once a second."""
        sample = self._sample()
        if sample is None:
            return
        self._totals.append(sample)
        self.facts = self._join(sample, time.time())
        problems = find_problems(self.facts, with_names=True)
        self._problems_without_names = {
            problem.key: problem for problem in find_problems(self.facts, with_names=False)
        }
        remote_since: dict[str, float] = {}
        for facts in self.others.values():
            for key, since in facts.since.items():
                remote_since[key] = min(since, remote_since.get(key, since))
        self.log.update(problems, self.facts.at, remote_since)
        self._send_alerts()

    def spans(self) -> list[ConditionSpan] | None:
        """Return the conditions of now and the recent ones as marks of the charts.

        Returns None just after the start of this process, when it does not know them yet.
        """
        at = self.facts.at
        if not self._totals or at - self._started_at < SETTLING_SECONDS * self._time_scale:
            return None
        conditions = [*self.log.conditions(at), *self.log.recent(at)]
        return [_span_of(each) for each in conditions if each.problem.key not in UNMARKED_KEYS]

    def _send_alerts(self) -> None:
        """Post what began and ended. The address may be public, so no alert names a user."""
        peers = {
            name: Peer(facts.started_at, facts.announced) for name, facts in self.others.items()
        }
        at = self.facts.at
        conditions = [self._without_names(each) for each in self.log.conditions(at)]
        is_layer_up = self.facts.is_layer_up
        for alert in self._alert_plan.update(conditions, at, peers=peers, is_layer_up=is_layer_up):
            self._on_alert(alert)

    def frame(self, topic: str, at: datetime) -> frames.Verdict:
        """Return the frame. Only the one for staff has names of users."""
        facts, with_names = self.facts, topic == STAFF_VERDICT
        conditions, recent = self.log.conditions(facts.at), self.log.recent(facts.at)
        if not with_names:
            conditions = [self._without_names(condition) for condition in conditions]
            recent = [self._without_names(condition) for condition in recent]
        started_at = min((each.started_at for each in self._processes.values()), default=facts.at)
        return frames.Verdict(
            topic=topic,
            at=at,
            started_at=_moment(started_at),
            state=state_of(conditions),
            sentence=sentence(facts, conditions, with_names=with_names),
            health={"database": facts.database == "working", "layer": facts.is_layer_up},
            free_bytes=facts.free_bytes,
            days_left=facts.days_left if with_names else None,
            conditions=tuple(map(_frame_of, conditions)),
            recent=tuple(map(_frame_of, recent)),
        )

    def _without_names(self, condition: Condition) -> Condition:
        """Return the condition as every user may read it. `lagging` is the only one with names."""
        problem = condition.problem
        if problem.key != "lagging":
            return condition
        nameless = self._problems_without_names.get(problem.key)
        text = nameless.text if nameless and condition.until is None else "A screen was behind"
        return condition._replace(problem=problem._replace(text=text))

    def _join(self, sample: frames.Sample, at: float) -> Facts:
        processes = list(self._processes.values())
        down = [each.database for each in processes if each.database != "working"]
        last_edits = [LastEdit(*each.last_edit) for each in processes if each.last_edit]
        free = [each.free_bytes for each in processes if each.free_bytes is not None]
        minute_ago = self._totals[0]
        is_layer_up = self._is_layer_up()
        missing = self._missing_processes(at, sample.processes, is_layer_up=is_layer_up)
        return Facts(
            at=at,
            processes=sample.processes,
            missing_processes=missing,
            database=max(down, key=SEVERITY.__getitem__, default="working"),
            database_down_in=len(down),
            is_layer_up=is_layer_up,
            layer_name=self._layer_name,
            people=sample.people,
            **sample.screens,
            lagging=tuple(LaggingScreen(*row) for each in processes for row in each.lagging),
            p95_ms=_number(sample.latency_ms["p95"]),
            requests_last_minute=float(sample.per_second_1m) * MINUTE,
            errors_last_minute=max(0, sample.status["5xx"] - minute_ago.status["5xx"]),
            in_flight=sample.in_flight,
            capacity=sum(each.capacity for each in processes) or 1,
            free_bytes=min(free, default=None),
            days_left=_extreme(min, (each.days_left for each in processes)),
            lag_ms=_extreme(max, (each.lag_ms for each in processes)),
            last_edit=max(last_edits, default=None),
            crashes=self.crash_log.joined(
                at, (each.crashes for each in self.others.values()), self._processes
            ),
            went_back_at=max(
                (each.went_back_at for each in processes if each.went_back_at), default=None
            ),
        )

    def _missing_processes(self, at: float, count: int, *, is_layer_up: bool) -> int:
        """Return how many processes stopped. None is heard without the layer, or just after."""
        if not is_layer_up:
            self._layer_down_at = at
        if not self._is_layer_steady(at):
            return 0
        return self._process_count.observe(at, count)

    def _are_others_heard(self, at: float) -> bool:
        return self._is_layer_up() and self._is_layer_steady(at)

    def _is_layer_steady(self, at: float) -> bool:
        return at - self._layer_down_at >= HEARING_SECONDS * self._time_scale


class VerdictTopic:
    """One of the two topics (DashboardTopic). `verdict` sends the facts for both."""

    def __init__(self, name: str, verdict: Verdict) -> None:
        self.name = name
        self._verdict = verdict

    def local_counts(self, *, everything: bool, is_watched: bool) -> list[Any]:
        """Return the facts of this process: they are few, and all of them are needed."""
        return [msgspec.to_builtins(self._verdict.local())] if self.name == VERDICT else []

    def put(self, process: str, counts: list[Any]) -> None:
        """Store the facts of a process."""
        for facts in counts:
            self._verdict.put(process, msgspec.convert(facts, LocalFacts))

    def remove(self, process: str) -> None:
        """Drop the facts of a process."""
        self._verdict.remove(process)

    def advance(self) -> None:
        """Update the conditions."""
        if self.name == VERDICT:
            self._verdict.advance()

    def frame(self, at: datetime) -> frames.Verdict:
        """Return the frame for subscribers."""
        return self._verdict.frame(self.name, at)


def _span_of(condition: Condition) -> ConditionSpan:
    problem, since = condition.problem, condition.since
    until = since if problem.key in MOMENTARY_KEYS else condition.until
    return ConditionSpan(problem.key, problem.mark_text, since, until)


def _frame_of(condition: Condition) -> frames.Condition:
    problem = condition.problem
    return frames.Condition(
        key=problem.key,
        severity=problem.severity,
        since=_moment(condition.since),
        until=None if condition.until is None else _moment(condition.until),
        text=problem.text,
        note=problem.note,
        section=problem.section,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _extreme(
    choose: Callable[[list[float]], float], values: Iterable[float | None]
) -> float | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None


def _number(value: float | int | None) -> float | None:
    return None if value is None else float(value)
