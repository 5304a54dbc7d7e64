"""Text for a terminal: numbers, durations, widths, and no control characters. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

NONE = "\N{EN DASH}"
BARS = "▁▂▃▄▅▆▇█"
_CONTROL_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def printable(text: str) -> str:
    """Return a text without what a terminal would obey: control and direction characters."""
    return "".join(each for each in text if unicodedata.category(each) not in _CONTROL_CATEGORIES)


def number(value: float | None) -> str:
    """Return a number with commas: 41,203 or 12.4."""
    if value is None:
        return NONE
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def milliseconds(value: float | None) -> str:
    """Return a duration: 8.1 ms, 320 ms or 1.2 s."""
    if value is None:
        return NONE
    if value >= 1000:
        return f"{_rounded(value / 1000)} s"
    return f"{_rounded(value)} ms"


def microseconds(value: float | None) -> str:
    """Return a duration: 0.4 µs, 96 µs or 2.1 ms."""
    if value is None:
        return NONE
    return milliseconds(value / 1000) if value >= 1000 else f"{_rounded(value)} µs"


def sparkline(values: Iterable[float], length: int) -> str:
    """Return the newest values as bars, from 0 to the highest of them."""
    newest = list(values)[-length:] if length > 0 else []
    highest = max(newest, default=0) or 1
    return "".join(BARS[round(max(0.0, value) / highest * (len(BARS) - 1))] for value in newest)


def width(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(_columns(character) for character in text)


def clipped(text: str, columns: int) -> str:
    """Return as much of a text as fits, with an ellipsis in place of the rest."""
    if width(text) <= columns:
        return text
    result, used = "", 0
    for character in text:
        used += _columns(character)
        if used > columns - 1:
            break
        result += character
    return f"{result}…" if columns > 0 else ""


def padded(text: str, columns: int) -> str:
    """Return a text that takes exactly this many columns, aligned to the left."""
    text = clipped(text, columns)
    return text + " " * (columns - width(text))


def apart(left: str, right: str, columns: int) -> str:
    """Return two texts at both ends of a line; the left one gives way."""
    room = columns - width(right) - 2
    if room < 10:
        return clipped(left, columns)
    return f"{padded(left, room)}  {right}"


def listed(texts: Iterable[str]) -> str:
    """Return texts with gaps between them."""
    return "   ".join(text for text in texts if text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _rounded(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{round(value, 1):g}"
