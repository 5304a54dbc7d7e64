"""What an import is made of, whichever format it came in. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from shopping_list.text import RefusedTextError, clean

MOST_LINES = 5_000
LONGEST_LINE = 4_000
"""Characters: all parts of an item with every character escaped are shorter."""
MOST_ERRORS = 20
LIMITS = {"name": 200, "quantity": 50, "note": 1000, "category": 100}

Known = Callable[[str], bool]
"""Tells whether a key (names.py) is a name used before."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """An item as a line asks for it; people are named, because ids are another installation's."""

    name: str
    quantity: str = ""
    note: str = ""
    category: str = ""
    purchased: bool = False
    purchased_at: datetime | None = None
    purchased_by: str | None = None
    created_at: datetime | None = None
    created_by: str | None = None


class Line(NamedTuple):
    """An item and the number of its line, from 1."""

    number: int
    wanted: Wanted


Attempt = tuple[int, Wanted | str]
"""The number of a line, with its item or why it cannot be read."""


class RefusedContentError(ValueError):
    """Nothing of the content is taken; `errors` name the lines."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(errors[0])
        self.errors = errors


def collected(attempts: Iterable[Attempt], *, noun: str, where: str = "") -> list[Line]:
    """Return the lines if every one was read. Raises RefusedContentError.

    `noun` is what a line is called in errors, `where` what stands before it.
    """
    lines: list[Line] = []
    errors: list[str] = []
    for count, (number, found) in enumerate(attempts, 1):
        if count > MOST_LINES:
            most = f"{MOST_LINES:,} {noun}s"
            raise RefusedContentError(
                [f"{where}more than {most}: import at most {MOST_LINES:,} at once."]
            )
        if isinstance(found, str):
            errors.append(f"{where}{noun} {number}: {found}")
        else:
            lines.append(Line(number, found))
    if errors:
        raise RefusedContentError(_first(errors))
    return lines


def tried(number: int, read: Callable[..., Wanted], *args: Any) -> Attempt:
    """Return what `read` makes of a line, or why it refused."""
    try:
        return number, read(*args)
    except RefusedTextError as error:
        return number, str(error)


def checked(wanted: Wanted) -> Wanted:
    """Return the item with its texts clean and its times in UTC. Raises RefusedTextError."""
    texts = {field: _text(field, getattr(wanted, field)) for field in LIMITS}
    if not texts["name"]:
        raise RefusedTextError("name: May not be blank.")
    times = {
        field: _time(field, getattr(wanted, field)) for field in ("purchased_at", "created_at")
    }
    return msgspec.structs.replace(wanted, **texts, **times)


def numbered(content: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, each with its number."""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", content.removeprefix("\ufeff")), 1):
        if line.strip(" \t"):
            yield number, line


def cleaned(line: str) -> str:
    """Return a line of text clean. Raises RefusedTextError."""
    if len(line) > LONGEST_LINE:
        raise RefusedTextError(f"At most {LONGEST_LINE:,} characters.")
    return clean(line.strip(" \t"))


def _text(field: str, value: str) -> str:
    try:
        found = clean(value)
    except RefusedTextError as error:
        raise RefusedTextError(f"{field}: {error}") from error
    if len(found) > LIMITS[field]:
        raise RefusedTextError(f"{field}: At most {LIMITS[field]:,} characters.")
    return found


def _time(field: str, value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise RefusedTextError(f"{field}: The offset from UTC is missing.")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise RefusedTextError(f"{field}: Out of range.") from None


def _first(errors: list[str]) -> list[str]:
    more = len(errors) - MOST_ERRORS
    return errors if more <= 0 else [*errors[:MOST_ERRORS], f"and {more:,} more."]
