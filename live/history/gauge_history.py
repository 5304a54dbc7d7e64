"""Reads one gauge of the past from the rollups."""

from __future__ import annotations

from live.history.rollup_content import TIERS, decode_content
from live.models import Rollup

HOUR = TIERS[-1].step


def first_hour(gauge: str, since: float) -> tuple[float, int] | None:
    """Return the oldest value of a gauge not before `since`: the end of its hour, and the value.

    A rollup has the highest value of its hour. What grows has it at the end.
    """
    rollups = Rollup.objects.filter(step=HOUR, start__gte=int(since)).order_by("start")
    for start, content in rollups.values_list("start", "content").iterator(chunk_size=50):
        value = decode_content(content).gauges.get(gauge)
        if value is not None:
            return float(start + HOUR), value
    return None
