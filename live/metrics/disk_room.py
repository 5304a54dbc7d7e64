"""How long the disk lasts at the growth that was measured. Pure."""

from __future__ import annotations

from typing import NamedTuple

DAY = 86_400.0
MIN_HISTORY = DAY
"""Seconds of history below which a growth says nothing."""
GROWTH_WINDOW = 7 * DAY
"""Seconds of history that the growth is measured over at most."""


class StoredSize(NamedTuple):
    """What the database stored at a moment, in epoch seconds and bytes."""

    at: float
    size: int


class Growth(NamedTuple):
    """The growth since a moment, in bytes a day; it is negative if less is stored than then."""

    since: float
    per_day: float


def growth(first: StoredSize | None, now: StoredSize) -> Growth | None:
    """Return the growth between two moments; None if they are less than a day apart."""
    if first is None or now.at - first.at < MIN_HISTORY:
        return None
    return Growth(first.at, (now.size - first.size) / (now.at - first.at) * DAY)


def days_left(room: int, known: Growth | None) -> float | None:
    """Return in how many days a room of bytes is used up; None if that is not known or never."""
    if known is None or known.per_day <= 0:
        return None
    return max(0, room) / known.per_day
