"""Fractional indexes: strings that sort bytewise, with room between any two.

A key is a fraction in base 62, written without the leading `0.` and without a
trailing zero, so between two different keys there is always another one. At an
open end the next key is one step away and not half of the rest, so keys stay at
four characters after thousands of appends or prepends.
"""

from __future__ import annotations

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE = len(DIGITS)
MAX_LENGTH = 200
"""Characters of a key; where a longer one would be needed, all keys are spaced again."""

_VALUE = {digit: value for value, digit in enumerate(DIGITS)}


def is_key(key: str) -> bool:
    """Tell whether a string is a key: base 62, not empty, no trailing zero."""
    return bool(key) and all(digit in _VALUE for digit in key) and not key.endswith(DIGITS[0])


def to_valid_key(text: str) -> str:
    """Return the valid key that is closest to any text; may be empty."""
    return "".join(digit for digit in text if digit in _VALUE).rstrip(DIGITS[0])


def between(before: str | None, after: str | None) -> str:
    """Return a key that sorts after `before` and before `after`.

    None stands for the open end. Raises ValueError if before >= after.
    """
    low = before or ""
    if after is None:
        return (_step(low, +1) if low else None) or _midpoint(low, None)
    if low >= after:
        raise ValueError(f"no key between {before!r} and {after!r}")
    return (_step(after, -1) if not low else None) or _midpoint(low, after)


def many_between(before: str | None, after: str | None, count: int) -> list[str]:
    """Return `count` keys in order that sort after `before` and before `after`.

    At an open end they are one step from each other, and else they halve the room, so that
    they stay short. Raises ValueError if before >= after.
    """
    keys: list[str] = []
    if after is None:
        for _ in range(count):
            before = between(before, None)
            keys.append(before)
        return keys
    if before is None:
        for _ in range(count):
            after = between(None, after)
            keys.append(after)
        return keys[::-1]
    if count == 0:
        return keys
    middle, left = between(before, after), (count - 1) // 2
    return [
        *many_between(before, middle, left),
        middle,
        *many_between(middle, after, count - 1 - left),
    ]


def evenly_spaced(count: int) -> list[str]:
    """Return `count` keys in order, short and far apart."""
    width = 1
    while BASE**width <= count * 2:
        width += 1
    step = BASE**width // (count + 1)
    return [_digits(step * number, width) for number in range(1, count + 1)]


def _digits(value: int, width: int) -> str:
    key = ""
    for _ in range(width):
        value, digit = divmod(value, BASE)
        key = DIGITS[digit] + key
    return key.rstrip(DIGITS[0])


def _step(key: str, step: int) -> str | None:
    """Return a key one step away in the first digits that have room, or None.

    Two digits are tried first, then four, then eight, so that a run of appends
    or prepends stays short.
    """
    for width in (2, 4, 8):
        value = step
        for index, digit in enumerate(key[:width].ljust(width, DIGITS[0])):
            value += _VALUE[digit] * BASE ** (width - 1 - index)
        if 0 < value < BASE**width:
            return _digits(value, width)
    return None


def _midpoint(low: str, high: str | None) -> str:
    """Return the shortest key between, halving at the first digit that differs."""
    prefix = ""
    index = 0
    while True:
        floor = _VALUE[low[index]] if index < len(low) else 0
        ceiling = _VALUE[high[index]] if high is not None and index < len(high) else BASE
        if high is not None and index >= len(high):
            ceiling = 0
        if ceiling - floor > 1:
            return prefix + DIGITS[(floor + ceiling) // 2]
        prefix += DIGITS[floor]
        if ceiling != floor:
            high = None  # one below the ceiling: from here on only `low` binds
        index += 1
