"""What an import is made of, whichever format it came in. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from rest.text import InvalidTextError, clean_text

MAX_LINES = 5_000
MAX_LINE_LENGTH = 4_000
"""Characters: all parts of an item with every character escaped are shorter."""
MAX_ERRORS = 20
LIMITS = {"name": 200, "quantity": 50, "note": 1000, "category": 100}

IsKnownName = Callable[[str], bool]
"""Tells whether a key (names.py) is a name used before."""


class ParsedItem(msgspec.Struct, frozen=True, kw_only=True):
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
    wanted: ParsedItem


ParseResult = tuple[int, ParsedItem | str]
"""The number of a line, with its item or why it cannot be read."""


class InvalidContentError(ValueError):
    """Nothing of the content is taken; `errors` name the lines."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(errors[0])
        self.errors = errors


def collect_or_raise(attempts: Iterable[ParseResult], *, noun: str, where: str = "") -> list[Line]:
    """Return the lines if every one was read. Raises RefusedContentError.

    `noun` is what a line is called in errors, `where` what stands before it.
    """
    lines: list[Line] = []
    errors: list[str] = []
    for count, (number, found) in enumerate(attempts, 1):
        if count > MAX_LINES:
            most = f"{MAX_LINES:,} {noun}s"
            raise InvalidContentError(
                [f"{where}more than {most}: import at most {MAX_LINES:,} at once."]
            )
        if isinstance(found, str):
            errors.append(f"{where}{noun} {number}: {found}")
        else:
            lines.append(Line(number, found))
    if errors:
        raise InvalidContentError(_first(errors))
    return lines


def try_parse(number: int, read: Callable[..., ParsedItem], *args: Any) -> ParseResult:
    """Return what `read` makes of a line, or why it refused."""
    try:
        return number, read(*args)
    except InvalidTextError as error:
        return number, str(error)


def validate(wanted: ParsedItem) -> ParsedItem:
    """Return the item with its texts clean and its times in UTC. Raises RefusedTextError."""
    texts = {field: _text(field, getattr(wanted, field)) for field in LIMITS}
    if not texts["name"]:
        raise InvalidTextError("name: May not be blank.")
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
    if len(line) > MAX_LINE_LENGTH:
        raise InvalidTextError(f"At most {MAX_LINE_LENGTH:,} characters.")
    return clean_text(line.strip(" \t"))


def _text(field: str, value: str) -> str:
    try:
        found = clean_text(value)
    except InvalidTextError as error:
        raise InvalidTextError(f"{field}: {error}") from error
    if len(found) > LIMITS[field]:
        raise InvalidTextError(f"{field}: At most {LIMITS[field]:,} characters.")
    return found


def _time(field: str, value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise InvalidTextError(f"{field}: The offset from UTC is missing.")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise InvalidTextError(f"{field}: Out of range.") from None


def _first(errors: list[str]) -> list[str]:
    more = len(errors) - MAX_ERRORS
    return errors if more <= 0 else [*errors[:MAX_ERRORS], f"and {more:,} more."]
