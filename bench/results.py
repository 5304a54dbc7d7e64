"""Runs become medians, medians become rows and verdicts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from bench.arithmetic import median, ratio
from bench.scenarios import Measures
from bench.targets import Cell

SUMMED = ("done", "undelivered", "surplus", "disorder")
MORE_IS_BETTER = ("per_second",)


@dataclass(frozen=True)
class Result:
    """The median of some runs of one server in one scenario."""

    scenario: str
    headline: str
    target: str
    cell: Cell
    runs: int
    measures: Measures

    @property
    def figure(self) -> float | None:
        return getattr(self.measures, self.headline)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def combine(runs: Sequence[Measures]) -> Measures:
    """Return the median of each figure; counts are summed and errors joined, never dropped."""
    combined = Measures()
    for field in fields(Measures):
        values = [getattr(run, field.name) for run in runs]
        if field.name in SUMMED:
            setattr(combined, field.name, sum(values))
        elif field.name == "errors":
            combined.errors = [error for errors in values for error in errors]
        else:
            setattr(combined, field.name, median(values))
    return combined


class Results:
    """All results of one call, and how they compare."""

    def __init__(self, results: Sequence[Result] = ()):
        self.all = list(results)

    def find(self, scenario: str, target: str, cell: Cell | None = None) -> Result | None:
        for result in self.all:
            if (result.scenario, result.target) == (scenario, target) and cell in (
                None,
                result.cell,
            ):
                return result
        return None

    def advantage(self, result: Result, over: Result | None) -> float | None:
        """Return how many times better a result is than another in its headline figure."""
        if over is None or over is result:
            return None
        if result.headline in MORE_IS_BETTER:
            return ratio(result.figure, over.figure)
        return ratio(over.figure, result.figure)

    def verdicts(self) -> list[str]:
        """Return one line for each target of docs/performance.md that these results decide."""
        lines = []
        for mine in (result for result in self.all if result.target == "trolley"):
            for text, value, limit, at_least in self._goals(mine):
                if value is None:
                    continue
                kept = value >= limit if at_least else value <= limit
                bound = "at least" if at_least else "at most"
                lines.append(
                    f"{'met   ' if kept else 'MISSED'} {mine.scenario} {mine.cell}: {text} "
                    f"{number(value)} ({bound} {number(limit)})"
                )
        return lines

    def _goals(self, mine: Result) -> list[tuple[str, float | None, float, bool]]:
        plain = self.find(mine.scenario, "plain", mine.cell)
        first = self.find("F1", "trolley", mine.cell)
        bare = self.find(mine.scenario, "websockets")
        node = self.find(mine.scenario, "node ws")
        better = self.advantage(mine, plain)
        figures, theirs = mine.measures, plain.measures if plain else Measures()
        small = self.find("G1", "trolley", mine.cell)
        on_uvicorn = mine.cell.server == "uvicorn"
        return {
            "F1": [
                ("CPU per delivery, times less than plain", better, 15, True),
                (
                    "CPU per delivery, times websockets.broadcast",
                    ratio(mine.figure, bare.figure if bare and on_uvicorn else None),
                    1.5,
                    False,
                ),
            ],
            "F2": [
                ("deliveries/s, times plain", better, 100, True),
                ("deliveries/s, times node ws", self.advantage(mine, node), 2, True),
            ],
            "F3": [
                (
                    "CPU per delivery, times F1",
                    ratio(mine.figure, first.figure if first else None),
                    1.5,
                    False,
                ),
            ],
            "F4": [
                ("p50, times less than plain", ratio(theirs.p50_ms, figures.p50_ms), 5, True),
                ("p99, times less than plain", ratio(theirs.p99_ms, figures.p99_ms), 5, True),
            ],
            "F5": [
                (
                    "CPU per delivery, times F1",
                    ratio(mine.measures.cpu_us, first.figure if first else None),
                    2,
                    False,
                ),
            ],
            "E1": [("edits/s, times plain", better, 1.5, True)],
            "M1": [("KB a socket", mine.figure if on_uvicorn else None, 30, False)],
            "G1-": [
                (
                    "p50, times that of the small one",
                    ratio(mine.figure, small.figure if small else None),
                    1.2,
                    False,
                )
            ],
        }.get(mine.scenario[:3], [])


def number(value: float | None) -> str:
    """Return three significant digits, with commas from 1,000 on; a dash for nothing."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


COLUMNS = (
    "id",
    "what runs",
    "on",
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
    figures = result.measures
    lost = str(figures.undelivered)
    if figures.surplus:
        lost += f" (+{figures.surplus} twice)"
    if figures.disorder:
        lost += f" ({figures.disorder} out of order)"
    plain = results.find(result.scenario, "plain", result.cell)
    return [
        result.scenario,
        result.target,
        str(result.cell),
        number(figures.cpu_us),
        number(figures.per_second),
        number(figures.p50_ms),
        number(figures.p99_ms),
        number(figures.kb_each),
        number(figures.bytes_each),
        number(results.advantage(result, plain)),
        f"{figures.done:,}",
        lost,
        "-" if figures.generator is None else f"{figures.generator:.0%}",
    ]


def render(rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table that also reads well as plain text."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [_line(row, widths) for row in rows]
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(f"{cell:<{n}}" for cell, n in zip(cells, widths, strict=True)) + " |"


def report(results: Results) -> str:
    """Return the table, the verdicts and every error, grouped and counted."""
    parts = [render([COLUMNS, *(row(result, results) for result in results.all)])]
    if verdicts := results.verdicts():
        parts.append("\n".join(verdicts))
    errors = [
        f"{result.scenario} {result.target} {result.cell}: {count} x {error}"
        for result in results.all
        for error, count in Counter(result.measures.errors).items()
    ]
    parts.append("\n".join(["Errors:", *errors]) if errors else "No errors.")
    return "\n\n".join(parts)
