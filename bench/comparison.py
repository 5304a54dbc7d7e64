"""Compares the figures of a run with stored ones. Pure: it reads and writes no file.

A ratio does not depend on the machine. A time does, so it is divided by that of the
fixed calculation of its own run before it is compared.
"""

from __future__ import annotations

from typing import Any

from bench.results import number

TOLERANCE = 0.10
"""The part by which a figure may be worse than the stored one."""
MIN_RUNS = 3

Figures = dict[str, Any]
"""What `--json` writes."""


def refusal(figures: Figures) -> str | None:
    """Return why stored figures are no measure, or None."""
    few = sorted({each["scenario"] for each in figures["results"] if each["runs"] < MIN_RUNS})
    if few:
        return f"{', '.join(few)}: fewer than {MIN_RUNS} runs"
    return None if figures["goals"] else "there is no figure with a goal"


def other_machine(now: Figures, stored: Figures) -> str | None:
    """Return a warning if the stored figures are of a machine of another speed, or None.

    A ratio compares programs that need the processor and the kernel in different parts, so even a
    ratio changes with the machine.
    """
    before, after = stored["unit_ms"], now["unit_ms"]
    if abs(after / before - 1) <= TOLERANCE:
        return None
    return (
        f"The stored figures are of a machine of another speed: its fixed calculation took"
        f" {number(before)} ms, this one {number(after)} ms. Ratios may differ for that reason."
    )


def worse_figures(now: Figures, stored: Figures) -> list[str]:
    """Return a line for each figure that is worse than the stored one, missing, or lossy."""
    lines = [line for goal in stored["goals"] if (line := _worse(goal, now, stored))]
    for result in now["results"]:
        counts = result["measurements"]
        lost = {
            name: counts[name]
            for name in ("undelivered", "duplicates", "out_of_order")
            if counts[name] and result["target"] == "trolley"
        }
        lines += [f"{result['scenario']}: {count} {name}" for name, count in lost.items()]
    return lines


def _worse(goal: dict[str, Any], now: Figures, stored: Figures) -> str | None:
    key = _key(goal)
    current = next((each for each in now["goals"] if _key(each) == key), None)
    name = ": ".join(filter(None, key))
    if current is None:
        return f"{name}: it was {number(goal['value'])}, and is missing"
    before, after = _comparable(goal, stored), _comparable(current, now)
    worse_by = before / after - 1 if goal["is_minimum"] else after / before - 1
    if worse_by <= TOLERANCE:
        return None
    values = f"{number(goal['value'])}, now {number(current['value'])}"
    on_machine = " on a machine of the same speed" if goal["is_time"] else ""
    return f"{name}: {values}, {worse_by:.0%} worse{on_machine}"


def _key(goal: dict[str, Any]) -> tuple[str, str, str]:
    return goal["scenario"], goal["stack"], goal["text"]


def _comparable(goal: dict[str, Any], figures: Figures) -> float:
    value: float = goal["value"]
    return value / figures["unit_ms"] if goal["is_time"] else value
