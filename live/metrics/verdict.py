"""What is wrong with the installation, in sentences. Pure.

`find_problems` looks at the facts of one second. `ConditionLog` knows since when each
problem exists, and `sentence` says the most severe ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

Severity = Literal["warning", "critical"]
SectionName = Literal["now", "delivery", "signals", "requests", "lists", "machine", "doctor"]
DatabaseState = Literal["working", "read_only", "down"]
State = Literal["ok", "warning", "critical"]

SLOW_P95_MS = 500.0
"""Answers are slow if 5 % of them take longer than this."""
MIN_SLOW_REQUESTS = 20
"""Requests of the last minute below which a percentile says nothing."""
SLOW_DURATION = 120.0
"""Seconds that answers must be slow before it is a condition."""
BUSY_DURATION = 10.0
"""Seconds that requests must wait for a thread before it is a condition."""
DIFFERENT_DURATION = 5.0
"""Seconds that a screen must be different: it repairs itself within one round trip."""
WENT_BACK_SECONDS = 600.0
"""Seconds for which it is said that the database went back."""
CRITICAL_ERROR_SHARE = 0.1
MIN_CRITICAL_ERRORS = 5
CRASH_DURATION = 2.0
"""Seconds that a process must be gone: one that was only silent is heard again."""
CRASH_SECONDS = 60.0
"""Seconds for which it is said that a process crashed."""
MANY_CRASHES = 3
"""Crashes in an hour from which on they are a condition for as long."""
LOW_DISK_BYTES = 500_000_000
CRITICAL_DISK_BYTES = 50_000_000
FEW_DAYS = 7.0
"""Days until the disk is full from which on it is a condition."""
LATE_MS = 250.0
"""The event loop is late if a hundredth of its timers wake later than this."""
LATE_DURATION = 300.0
"""Seconds that the event loop must be late before it is a condition."""
MAX_SPOKEN = 2
"""Conditions in one sentence."""
MAX_RECENT = 10
RECENT_SECONDS = 3600.0
"""Ended conditions that are kept, and how long."""
FRESH_SECONDS = 60.0
"""A warning that is younger than this is said without its beginning."""

_NONE: Mapping[str, float] = {}


class LaggingScreen(NamedTuple):
    """A screen that does not show the newest changes, and the user whose screen it is.

    Without `changes`, its client has read nothing for these seconds, although there is more.
    """

    person: str
    seconds: float
    changes: int


class LastEdit(NamedTuple):
    """The newest change of all lists: in epoch seconds; a script has no name."""

    at: float
    person: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of the whole installation at `at`, in epoch seconds.

    `missing_processes` stopped without a successor. `capacity` is the number of requests
    that all processes handle at the same time. `database_down_in` counts the processes
    whose database does not answer or cannot be written. `crashes` are the times at which
    processes of the last hour ended without stopping, the oldest first. `went_back_at` is when
    a process noticed that the database has another history than the one that it has delivered.
    """

    at: float
    processes: int = 1
    missing_processes: int = 0
    database: DatabaseState = "working"
    database_down_in: int = 0
    is_layer_up: bool = True
    layer_name: str = "The channel layer"
    people: int = 0
    identical: int = 0
    behind: int = 0
    different: int = 0
    lagging: tuple[LaggingScreen, ...] = ()
    p95_ms: float | None = None
    requests_last_minute: float = 0.0
    errors_last_minute: int = 0
    in_flight: int = 0
    capacity: int = 8
    free_bytes: int | None = None
    days_left: float | None = None
    lag_ms: float | None = None
    last_edit: LastEdit | None = None
    went_back_at: float | None = None
    crashes: tuple[float, ...] = ()

    @property
    def screens(self) -> int:
        """All screens: each is one list that one socket shows."""
        return self.identical + self.behind + self.different


class Problem(NamedTuple):
    """One thing that is wrong now: `text` is a sentence without its period.

    `note` says what follows from it. It becomes a condition after `min_seconds`.
    """

    key: str
    severity: Severity
    text: str
    note: str
    section: SectionName
    min_seconds: float = 0.0
    mark: str = ""

    @property
    def mark_text(self) -> str:
        """The sentence for a mark of the charts. It names no user, and no figure that grows."""
        return f"{self.mark or self.text}."


class Condition(NamedTuple):
    """A problem, since when it exists and until when it existed, in epoch seconds."""

    problem: Problem
    since: float
    until: float | None = None


def find_problems(facts: Facts, *, with_names: bool) -> list[Problem]:
    """Return what is wrong, most severe first. Without names, it tells nothing of a user."""
    candidates = (
        _database(facts),
        _different(facts),
        _went_back(facts),
        _layer(facts),
        _disk(facts),
        _processes(facts),
        _crashes(facts),
        _errors(facts),
        _busy(facts),
        _slow(facts),
        _late(facts),
        _lagging(facts.lagging, with_names=with_names),
    )
    problems = [problem for problem in candidates if problem is not None]
    return sorted(problems, key=lambda problem: problem.severity != "critical")


def _database(facts: Facts) -> Problem | None:
    if facts.database == "working":
        return None
    is_partial = 0 < facts.database_down_in < facts.processes
    where = f" for {facts.database_down_in} of {facts.processes} processes" if is_partial else ""
    if facts.database == "down":
        text, note = "The database does not answer", "Nothing can be saved; screens keep the rows."
    else:
        text, note = "The database cannot be written", "Lists can be read, edits are refused."
    return Problem("database", "critical", text + where, note, "machine")


def _different(facts: Facts) -> Problem | None:
    if not facts.different:
        return None
    is_one = facts.different == 1
    text = f"{_count(facts.different, 'screen')} {'shows' if is_one else 'show'} other rows"
    note = f"Reload {'that page' if is_one else 'those pages'}, and report the log of the server."
    mark = "A screen shows other rows than the database"
    text = f"{text} than the database"
    return Problem("different", "critical", text, note, "delivery", DIFFERENT_DURATION, mark)


def _went_back(facts: Facts) -> Problem | None:
    if facts.went_back_at is None or facts.at - facts.went_back_at >= WENT_BACK_SECONDS:
        return None
    text = "The database is an older copy of itself"
    note = "Edits that it does not have are gone. Screens have read it again."
    return Problem("history", "critical", text, note, "delivery")


def _layer(facts: Facts) -> Problem | None:
    if facts.is_layer_up:
        return None
    note = "Edits are saved; screens catch up every 2 s."
    return Problem("layer", "warning", f"{facts.layer_name} does not answer", note, "machine")


def _disk(facts: Facts) -> Problem | None:
    free = facts.free_bytes
    if free is None or free >= LOW_DISK_BYTES:
        return _days_left(facts.days_left)
    severity: Severity = "critical" if free < CRITICAL_DISK_BYTES else "warning"
    note = f"{free // 1_000_000} MB are left."
    return Problem("disk", severity, "The disk is nearly full", note, "machine")


def _days_left(days: float | None) -> Problem | None:
    if days is None or days >= FEW_DAYS:
        return None
    text = f"Disk full in {_count(int(days), 'day')}" if days >= 1 else "Disk full within a day"
    note = "Lists grow as fast as in the last week."
    return Problem("disk", "warning", text, note, "machine", mark="The disk is full within days")


def _late(facts: Facts) -> Problem | None:
    lag = facts.lag_ms
    if lag is None or lag < LATE_MS:
        return None
    note = f"p99 of its event loop is {_milliseconds(lag)} late."
    return Problem("late", "warning", "A process is overloaded", note, "machine", LATE_DURATION)


def _processes(facts: Facts) -> Problem | None:
    # Without the layer, no process hears of the others.
    if not facts.missing_processes or not facts.is_layer_up:
        return None
    expected = facts.processes + facts.missing_processes
    text = f"{facts.missing_processes} of {_count(expected, 'process', 'es')} stopped"
    note = f"{_count(facts.processes, 'process', 'es')} left for all requests."
    return Problem("processes", "warning", text, note, "machine")


def _crashes(facts: Facts) -> Problem | None:
    count = len(facts.crashes)
    if count >= MANY_CRASHES:
        text, note = "Processes crash again and again", f"{count} times in an hour."
        return Problem(
            "crash", "warning", text, f"{note} The log of the server says why.", "machine"
        )
    # That fewer processes run is said by another condition.
    if not count or facts.missing_processes or facts.at - facts.crashes[-1] >= CRASH_SECONDS:
        return None
    text = "A process crashed, and another took its place"
    return Problem("crash", "warning", text, "", "machine", CRASH_DURATION)


def _errors(facts: Facts) -> Problem | None:
    errors, requests = facts.errors_last_minute, round(facts.requests_last_minute)
    if not errors:
        return None
    requests = max(errors, requests)
    is_critical = errors >= MIN_CRITICAL_ERRORS and errors / requests >= CRITICAL_ERROR_SHARE
    note = f"{errors} of {_count(requests, 'request')} of the last minute got a server error."
    severity: Severity = "critical" if is_critical else "warning"
    return Problem("errors", severity, "Requests fail", note, "requests")


def _busy(facts: Facts) -> Problem | None:
    if facts.in_flight <= facts.capacity:
        return None
    text = f"{facts.in_flight} requests are open at once"
    note = f"{facts.capacity} of them are handled at the same time, the others wait."
    mark = "More requests are open than are handled at once"
    return Problem("busy", "warning", text, note, "requests", BUSY_DURATION, mark)


def _slow(facts: Facts) -> Problem | None:
    p95 = facts.p95_ms
    if p95 is None or p95 < SLOW_P95_MS or facts.requests_last_minute < MIN_SLOW_REQUESTS:
        return None
    note = f"p95 is {_milliseconds(p95)}."
    return Problem("slow", "warning", "Answers are slow", note, "requests", SLOW_DURATION)


def _lagging(screens: Sequence[LaggingScreen], *, with_names: bool) -> Problem | None:
    if not screens:
        return None
    slowest = max(screens, key=lambda screen: screen.seconds)
    name = slowest.person if with_names else ""
    seconds, changes = f"{slowest.seconds:.1f} s", _count(slowest.changes, "change")
    if len(screens) == 1:
        whose = f"{name}'s screen" if name else "A screen"
        text = f"{whose} is {seconds} behind ({changes})"
        if not slowest.changes:
            text = f"{whose} has read nothing for {seconds}"
    else:
        whose = f"{name}'s" if name else "the slowest"
        amount = f" ({changes})" if slowest.changes else ""
        text = f"{len(screens)} screens are behind, {whose} by {seconds}{amount}"
    return Problem("lagging", "warning", text, "", "delivery", mark="A screen is behind")


class ConditionLog:
    """Since when each problem exists, and which ones ended."""

    def __init__(self, *, time_scale: float = 1.0) -> None:
        self._time_scale = time_scale
        self._problems: dict[str, Condition] = {}
        """All problems of now, also those that are too young to be a condition."""
        self._recent: deque[Condition] = deque(maxlen=MAX_RECENT)

    def update(
        self,
        problems: Iterable[Problem],
        at: float,
        remote_since: Mapping[str, float] = _NONE,
    ) -> None:
        """Take the problems of now. `remote_since` says since when other processes know them."""
        earlier, self._problems = self._problems, {}
        for problem in problems:
            known = earlier.pop(problem.key, None)
            since = min(at if known is None else known.since, remote_since.get(problem.key, at))
            self._problems[problem.key] = Condition(problem, since)
        for ended in earlier.values():
            if self._is_condition(ended, at):
                self._note_end(ended._replace(until=at))

    def _note_end(self, ended: Condition) -> None:
        # Another process may still know a problem that ended here: then it comes back with the
        # same beginning, and it is one condition that ended later.
        for each in tuple(self._recent):
            if (each.problem.key, each.since) == (ended.problem.key, ended.since):
                self._recent.remove(each)
        self._recent.appendleft(ended)

    @property
    def since(self) -> dict[str, float]:
        """Since when each problem exists, for the other processes."""
        return {key: condition.since for key, condition in self._problems.items()}

    def conditions(self, at: float) -> list[Condition]:
        """Return the problems that lasted long enough, in the order of `find_problems`."""
        return [each for each in self._problems.values() if self._is_condition(each, at)]

    def recent(self, at: float) -> list[Condition]:
        """Return the conditions that ended not long ago, newest first."""
        return [each for each in self._recent if at - (each.until or at) < RECENT_SECONDS]

    def _is_condition(self, condition: Condition, at: float) -> bool:
        return at - condition.since >= condition.problem.min_seconds * self._time_scale


def state_of(conditions: Sequence[Condition]) -> State:
    """Return the severity of the most severe condition."""
    return conditions[0].problem.severity if conditions else "ok"


def sentence(facts: Facts, conditions: Sequence[Condition], *, with_names: bool) -> str:
    """Say at most two conditions, or that all is well. Times of day are in UTC."""
    if conditions:
        return " ".join(in_words(condition, facts.at) for condition in conditions[:MAX_SPOKEN])
    last_edit = _last_edit(facts, with_names=with_names)
    if not facts.people:
        return f"Nobody is connected.{last_edit}"
    if not facts.screens:
        return f"All well. No list is open.{last_edit}"
    if facts.behind:
        waiting = str(facts.behind) if facts.identical else _count(facts.behind, "screen")
        verb = "has" if facts.behind == 1 else "have"
        confirmed = f"{facts.identical} of {_count(facts.screens, 'screen')} have everything, "
        return (
            f"All well. {confirmed if facts.identical else ''}{waiting} {verb}"
            " not confirmed the newest change yet."
        )
    verb = "has" if facts.screens == 1 else "have"
    return f"All well. {_count(facts.screens, 'screen')} {verb} everything, nothing is slow."


def in_words(condition: Condition, at: float) -> str:
    """Return a condition as one or two sentences."""
    problem = condition.problem
    is_fresh = problem.severity == "warning" and at - condition.since < FRESH_SECONDS
    since = "" if is_fresh and not problem.note else f" since {_time_of_day(condition.since, at)}"
    return f"{problem.text}{since}. {problem.note}".strip()


def _last_edit(facts: Facts, *, with_names: bool) -> str:
    if facts.last_edit is None:
        return ""
    by = f" by {facts.last_edit.person}" if with_names and facts.last_edit.person else ""
    return f" Last edit {_ago(facts.at - facts.last_edit.at)}{by}."


def _ago(seconds: float) -> str:
    if seconds < 60:
        return "just now"
    for unit, size in (("d", 86_400), ("h", 3_600)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return f"{int(seconds // 60)} min ago"


def _time_of_day(moment: float, now: float) -> str:
    then, today = (datetime.fromtimestamp(each, UTC) for each in (moment, now))
    date = "" if then.date() == today.date() else f"{then:%d %b} "
    return f"{date}{then:%H:%M} UTC"


def _milliseconds(value: float) -> str:
    return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.0f} ms"


def _count(number: int, noun: str, plural: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else plural}"
