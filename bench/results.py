"""Computes the medians of runs, the rows of the table, and the verdicts. Has no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from bench.arithmetic import median, ratio
from bench.scenarios import Measurements
from bench.targets import Stack

SUMMED_FIELDS = ("done", "undelivered", "duplicates", "out_of_order")
HIGHER_IS_BETTER = ("per_second",)


@dataclass(frozen=True)
class Result:
    """The medians of several runs of one server in one scenario."""

    scenario: str
    headline: str
    target: str
    stack: Stack
    runs: int
    measurements: Measurements

    @property
    def figure(self) -> float | None:
        figures = self.measurements.figures
        return figures.get(self.headline, getattr(self.measurements, self.headline, None))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Goal:
    """A ratio, or another figure with a limit, of one scenario on one stack.

    `is_time`: it depends on how fast the machine is.
    """

    scenario: str
    stack: str
    text: str
    value: float | None
    limit: float
    is_minimum: bool = False
    is_time: bool = False

    @property
    def key(self) -> str:
        return " ".join(filter(None, (self.scenario, self.stack))) + ": " + self.text

    @property
    def is_met(self) -> bool:
        assert self.value is not None
        return self.value >= self.limit if self.is_minimum else self.value <= self.limit

    def verdict(self) -> str:
        bound = "at least" if self.is_minimum else "at most"
        result = "met   " if self.is_met else "MISSED"
        return f"{result} {self.key} {number(self.value)} ({bound} {number(self.limit)})"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "is_met": self.is_met}


def combine(runs: Sequence[Measurements]) -> Measurements:
    """Return the median of each figure. Counts are added up and errors are joined."""
    combined = Measurements()
    for field in fields(Measurements):
        values = [getattr(run, field.name) for run in runs]
        if field.name in SUMMED_FIELDS:
            setattr(combined, field.name, sum(values))
        elif field.name == "errors":
            combined.errors = [error for errors in values for error in errors]
        elif field.name == "figures":
            names = dict.fromkeys(name for figures in values for name in figures)
            combined.figures = {
                name: median(figures.get(name) for figures in values) for name in names
            }
        else:
            setattr(combined, field.name, median(values))
    return combined


class Results:
    """All results of one benchmark, and their comparison."""

    def __init__(self, results: Sequence[Result] = ()):
        self.all = list(results)

    def find(self, scenario: str, target: str, stack: Stack | None = None) -> Result | None:
        for result in self.all:
            if (result.scenario, result.target) == (scenario, target) and stack in (
                None,
                result.stack,
            ):
                return result
        return None

    def advantage(self, result: Result, over: Result | None) -> float | None:
        """Return how many times better the headline figure of `result` is than that of `over`."""
        if over is None or over is result:
            return None
        if result.headline in HIGHER_IS_BETTER:
            return ratio(result.figure, over.figure)
        return ratio(over.figure, result.figure)

    def goals(self) -> list[Goal]:
        """Return each goal of docs/performance.md that these results can decide."""
        return [
            goal
            for result in self.all
            if result.target == "trolley"
            for goal in self._goals(result)
            if goal.value is not None
        ]

    def verdicts(self) -> list[str]:
        """Return one line for each goal."""
        return [goal.verdict() for goal in self.goals()]

    def _goals(self, trolley: Result) -> list[Goal]:
        plain = self.find(trolley.scenario, "plain", trolley.stack)
        websockets = self.find(trolley.scenario, "websockets")
        node_ws = self.find(trolley.scenario, "node ws")
        f1 = self.find("F1", "trolley", trolley.stack)
        g1 = self.find("G1", "trolley", trolley.stack)
        better_than_plain = self.advantage(trolley, plain)
        own = trolley.measurements
        plain_figures = plain.measurements if plain else Measurements()
        is_on_uvicorn = trolley.stack.server == "uvicorn"
        edits = 2.5 if trolley.stack.database == "sqlite" else 1.8

        def goal(text: str, value: float | None, limit: float, kind: str = "at most") -> Goal:
            return Goal(
                scenario=trolley.scenario,
                stack=str(trolley.stack),
                text=text,
                value=value,
                limit=limit,
                is_minimum=kind == "at least",
                is_time=kind == "time at most",
            )

        resume = goal("CPU per socket in ms", _thousandth(own.cpu_us), 1, "time at most")
        cpu_of_f1 = ratio(own.cpu_us, f1.measurements.cpu_us if f1 else None)
        return {
            "F1": [
                goal("CPU per delivery, times less than plain", better_than_plain, 25, "at least"),
                goal(
                    "CPU per delivery, times websockets.broadcast",
                    ratio(own.cpu_us, websockets.figure if websockets and is_on_uvicorn else None),
                    1.0,
                ),
            ],
            "F2": [
                goal("deliveries/s, times plain", better_than_plain, 400, "at least"),
                goal(
                    "deliveries/s, times node ws",
                    self.advantage(trolley, node_ws) if is_on_uvicorn else None,
                    10,
                    "at least",
                ),
            ],
            "F3": [
                goal("CPU per delivery, times F1", cpu_of_f1, 1.2),
            ],
            "F4": [
                goal(
                    "p50, times less than plain",
                    ratio(plain_figures.p50_ms, own.p50_ms),
                    5,
                    "at least",
                ),
                goal(
                    "p99, times less than plain",
                    ratio(plain_figures.p99_ms, own.p99_ms),
                    5,
                    "at least",
                ),
            ],
            "F5": [goal("CPU per delivery, times F1", cpu_of_f1, 2)],
            "E1": [goal("edits/s, times plain", better_than_plain, edits, "at least")],
            "M1": [goal("KB for each socket", own.kb_each if is_on_uvicorn else None, 20)],
            "R1": [resume],
            "R1-": [resume],
            "G1-": [goal("p50, times G1", ratio(own.p50_ms, g1.figure if g1 else None), 1.2)],
            "D1": [goal("part of an edit", own.figures.get("share"), 0.02)],
            "W1": [
                goal("frames a second", own.figures.get("frames_per_second"), 59, "at least"),
            ],
            "W2": [
                goal("open in ms", own.figures.get("open_ms"), 1_000, "time at most"),
                goal(
                    "own tick, work in ms (p95)",
                    own.figures.get("own_tick_work_p95_ms"),
                    16,
                    "time at most",
                ),
                goal(
                    "frames a second while it scrolls",
                    own.figures.get("scroll_frames_per_second"),
                    59,
                    "at least",
                ),
            ],
        }.get(trolley.scenario[:3], [])


def _thousandth(value: float | None) -> float | None:
    return None if value is None else value / 1000


def number(value: float | None) -> str:
    """Format with three significant digits, and commas from 1,000 on; None is a dash."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


COLUMNS = (
    "id",
    "target",
    "stack",
    "CPU µs",
    "per second",
    "p50 ms",
    "p99 ms",
    "KB",
    "bytes",
    "times better than plain",
    "done",
    "undelivered",
    "generator",
)


def row(result: Result, results: Results) -> list[str]:
    figures = result.measurements
    losses = str(figures.undelivered)
    if figures.duplicates:
        losses += f" (+{figures.duplicates} twice)"
    if figures.out_of_order:
        losses += f" ({figures.out_of_order} out of order)"
    plain = results.find(result.scenario, "plain", result.stack)
    return [
        result.scenario,
        result.target,
        str(result.stack),
        number(figures.cpu_us),
        number(figures.per_second),
        number(figures.p50_ms),
        number(figures.p99_ms),
        number(figures.kb_each),
        number(figures.bytes_each),
        number(results.advantage(result, plain)),
        f"{figures.done:,}",
        losses,
        "-" if figures.generator is None else f"{figures.generator:.0%}",
    ]


def render(rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns are aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return (
        "| "
        + " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
        + " |"
    )


def report(results: Results) -> str:
    """Return the table, the verdicts, and the errors with their counts."""
    parts = [render([COLUMNS, *(row(result, results) for result in results.all)])]
    if verdicts := results.verdicts():
        parts.append("\n".join(verdicts))
    parts += [
        f"{result.scenario}: " + ", ".join(f"{k} {number(v)}" for k, v in figures.items())
        for result in results.all
        if (figures := result.measurements.figures)
    ]
    errors = [
        f"{result.scenario} {result.target} {result.stack}: {count} x {error}"
        for result in results.all
        for error, count in Counter(result.measurements.errors).items()
    ]
    parts.append("\n".join(["Errors:", *errors]) if errors else "No errors.")
    return "\n\n".join(parts)
