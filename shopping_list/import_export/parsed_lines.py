"""The lines of an import, the same for every format. Pure."""

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
MAX_LENGTHS = {"name": 200, "quantity": 50, "note": 1000, "category": 100}

IsKnownName = Callable[[str], bool]
"""Tells whether a key (item_names.py) is a name used before."""


class ParsedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item as a line describes it. Users have names, because ids are of another installation."""

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
    item: ParsedItem


ParseResult = tuple[int, ParsedItem | str]
"""The number of a line, with its item or the reason why it cannot be read."""


class InvalidContentError(ValueError):
    """The content cannot be imported; `errors` name the lines."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(errors[0])
        self.errors = errors


def collect_or_raise(results: Iterable[ParseResult], *, noun: str, where: str = "") -> list[Line]:
    """Return the lines if every one could be read. Raises InvalidContentError.

    `noun` is the word for a line in errors, `where` is put before it.
    """
    lines: list[Line] = []
    errors: list[str] = []
    for count, (number, item) in enumerate(results, 1):
        if count > MAX_LINES:
            limit = f"{MAX_LINES:,} {noun}s"
            raise InvalidContentError(
                [f"{where}more than {limit}: import at most {MAX_LINES:,} at once."]
            )
        if isinstance(item, str):
            errors.append(f"{where}{noun} {number}: {item}")
        else:
            lines.append(Line(number, item))
    if errors:
        raise InvalidContentError(_truncate(errors))
    return lines


def try_parse(number: int, read: Callable[..., ParsedItem], *args: Any) -> ParseResult:
    """Return the item that `read` finds on a line, or the reason why it cannot."""
    try:
        return number, read(*args)
    except InvalidTextError as error:
        return number, str(error)


def validate(item: ParsedItem) -> ParsedItem:
    """Return the item with clean texts, and times in UTC. Raises InvalidTextError."""
    texts = {field: _clean_field(field, getattr(item, field)) for field in MAX_LENGTHS}
    if not texts["name"]:
        raise InvalidTextError("name: May not be blank.")
    times = {
        field: _to_utc(field, getattr(item, field)) for field in ("purchased_at", "created_at")
    }
    return msgspec.structs.replace(item, **texts, **times)


def numbered_lines(content: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, each with its number."""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", content.removeprefix("\ufeff")), 1):
        if line.strip(" \t"):
            yield number, line


def clean_line(line: str) -> str:
    """Return a line of clean text. Raises InvalidTextError."""
    if len(line) > MAX_LINE_LENGTH:
        raise InvalidTextError(f"At most {MAX_LINE_LENGTH:,} characters.")
    return clean_text(line.strip(" \t"))


def _clean_field(field: str, value: str) -> str:
    try:
        cleaned = clean_text(value)
    except InvalidTextError as error:
        raise InvalidTextError(f"{field}: {error}") from error
    if len(cleaned) > MAX_LENGTHS[field]:
        raise InvalidTextError(f"{field}: At most {MAX_LENGTHS[field]:,} characters.")
    return cleaned


def _to_utc(field: str, value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise InvalidTextError(f"{field}: The offset from UTC is missing.")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise InvalidTextError(f"{field}: Out of range.") from None


def _truncate(errors: list[str]) -> list[str]:
    more = len(errors) - MAX_ERRORS
    return errors if more <= 0 else [*errors[:MAX_ERRORS], f"and {more:,} more."]
