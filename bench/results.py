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
        return getattr(self.measurements, self.headline)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def combine(runs: Sequence[Measurements]) -> Measurements:
    """Return the median of each figure. Counts are added up and errors are joined."""
    combined = Measurements()
    for field in fields(Measurements):
        values = [getattr(run, field.name) for run in runs]
        if field.name in SUMMED_FIELDS:
            setattr(combined, field.name, sum(values))
        elif field.name == "errors":
            combined.errors = [error for errors in values for error in errors]
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

    def verdicts(self) -> list[str]:
        """Return one line for each goal of docs/performance.md that these results can decide."""
        lines = []
        for trolley in (result for result in self.all if result.target == "trolley"):
            for text, value, limit, is_minimum in self._goals(trolley):
                if value is None:
                    continue
                is_met = value >= limit if is_minimum else value <= limit
                bound = "at least" if is_minimum else "at most"
                lines.append(
                    f"{'met   ' if is_met else 'MISSED'} {trolley.scenario} {trolley.stack}:"
                    f" {text} {number(value)} ({bound} {number(limit)})"
                )
        return lines

    def _goals(self, trolley: Result) -> list[tuple[str, float | None, float, bool]]:
        plain = self.find(trolley.scenario, "plain", trolley.stack)
        websockets = self.find(trolley.scenario, "websockets")
        node_ws = self.find(trolley.scenario, "node ws")
        f1 = self.find("F1", "trolley", trolley.stack)
        g1 = self.find("G1", "trolley", trolley.stack)
        better_than_plain = self.advantage(trolley, plain)
        figures = trolley.measurements
        plain_figures = plain.measurements if plain else Measurements()
        on_uvicorn = trolley.stack.server == "uvicorn"
        edits = 2.5 if trolley.stack.database == "sqlite" else 1.8
        return {
            "F1": [
                ("CPU per delivery, times less than plain", better_than_plain, 15, True),
                (
                    "CPU per delivery, times websockets.broadcast",
                    ratio(trolley.figure, websockets.figure if websockets and on_uvicorn else None),
                    1.5,
                    False,
                ),
            ],
            "F2": [
                ("deliveries/s, times plain", better_than_plain, 100, True),
                ("deliveries/s, times node ws", self.advantage(trolley, node_ws), 2, True),
            ],
            "F3": [
                (
                    "CPU per delivery, times F1",
                    ratio(trolley.figure, f1.figure if f1 else None),
                    1.5,
                    False,
                ),
            ],
            "F4": [
                (
                    "p50, times less than plain",
                    ratio(plain_figures.p50_ms, figures.p50_ms),
                    5,
                    True,
                ),
                (
                    "p99, times less than plain",
                    ratio(plain_figures.p99_ms, figures.p99_ms),
                    5,
                    True,
                ),
            ],
            "F5": [
                (
                    "CPU per delivery, times F1",
                    ratio(figures.cpu_us, f1.figure if f1 else None),
                    2,
                    False,
                ),
            ],
            "E1": [("edits/s, times plain", better_than_plain, edits, True)],
            "M1": [("KB for each socket", trolley.figure if on_uvicorn else None, 20, False)],
            "G1-": [
                (
                    "p50, times G1",
                    ratio(trolley.figure, g1.figure if g1 else None),
                    1.2,
                    False,
                )
            ],
        }.get(trolley.scenario[:3], [])


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
    errors = [
        f"{result.scenario} {result.target} {result.stack}: {count} x {error}"
        for result in results.all
        for error, count in Counter(result.measurements.errors).items()
    ]
    parts.append("\n".join(["Errors:", *errors]) if errors else "No errors.")
    return "\n\n".join(parts)
