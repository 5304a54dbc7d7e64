"""The lines of an import, the same for every format. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import msgspec

from rest.text import BIDIRECTIONAL, InvalidTextError, clean_text
from shopping_list.list_settings import unique_names
from shopping_list.parsing.item_merge import MAX_SHOPS
from shopping_list.parsing.line_marks import LINE_BREAK

MAX_LINES = 5_000
MAX_LINE_LENGTH = 4_000
"""Characters: all parts of an item with every character escaped are shorter."""
MAX_ERRORS = 20
MAX_SHOWN_LENGTH = 200
"""Characters of a line that a response repeats."""
MAX_LENGTHS = {"name": 200, "quantity": 50, "note": 1000, "category": 100}
MAX_NAME_LENGTH = 100
"""Characters of the name of a shop or an aisle."""
TIMES = ("purchased_at", "created_at", "not_found_at")

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
    shops: tuple[str, ...] = ()
    not_found_at: datetime | None = None


class Line(NamedTuple):
    """An item, with the number of its line, from 1, and the text there."""

    number: int
    item: ParsedItem
    text: str = ""


class SkippedLine(NamedTuple):
    """A line without an item: it is a heading, it is left out, or it cannot be read.

    `reason` is for the user.
    """

    number: int
    outcome: Literal["category", "left_out", "invalid"]
    reason: str
    text: str = ""


ParseResult = Line | SkippedLine


class InvalidContentError(ValueError):
    """The content cannot be imported; `errors` name the lines."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(errors[0])
        self.errors = errors


def collect(results: Iterable[ParseResult], *, noun: str, where: str = "") -> list[ParseResult]:
    """Return the results for all lines. Raises InvalidContentError if there are too many.

    `noun` is the word for a line in errors, `where` is put before it.
    """
    collected: list[ParseResult] = []
    count = 0
    for result in results:
        is_item = isinstance(result, Line) or result.outcome == "invalid"
        count += is_item
        collected.append(_shortened(result))
        if count > MAX_LINES or len(collected) > 3 * MAX_LINES:
            limit = f"{MAX_LINES:,} {noun}s"
            raise InvalidContentError(
                [f"{where}more than {limit}: import at most {MAX_LINES:,} at once."]
            )
    return collected


def items_or_raise(results: Iterable[ParseResult], *, noun: str, where: str = "") -> list[Line]:
    """Return the items if every line could be read. Raises InvalidContentError."""
    lines = collect(results, noun=noun, where=where)
    errors = [
        f"{where}{noun} {line.number}: {line.reason}"
        for line in lines
        if isinstance(line, SkippedLine) and line.outcome == "invalid"
    ]
    if errors:
        raise InvalidContentError(_truncate(errors))
    return [line for line in lines if isinstance(line, Line)]


def try_parse(number: int, text: str, read: Callable[..., ParsedItem], *args: Any) -> ParseResult:
    """Return the item that `read` finds on a line, or the reason why it cannot."""
    try:
        return Line(number, read(*args), text)
    except InvalidTextError as error:
        return SkippedLine(number, "invalid", str(error), text)


def validate(item: ParsedItem) -> ParsedItem:
    """Return the item with clean texts, and times in UTC. Raises InvalidTextError."""
    texts = {
        field: clean_field(field, getattr(item, field), max_length)
        for field, max_length in MAX_LENGTHS.items()
    }
    if not texts["name"]:
        raise InvalidTextError("name: May not be blank.")
    times = {field: _to_utc(field, getattr(item, field)) for field in TIMES}
    return msgspec.structs.replace(item, **texts, **times, shops=clean_names("shops", item.shops))


def clean_names(field: str, names: Iterable[str], maximum: int = MAX_SHOPS) -> tuple[str, ...]:
    """Return clean names of shops or aisles, each once. Raises InvalidTextError."""
    cleaned = tuple(unique_names(clean_field(field, name, MAX_NAME_LENGTH) for name in names))
    if "" in cleaned:
        raise InvalidTextError(f"{field}: A name may not be blank.")
    if len(cleaned) > maximum:
        raise InvalidTextError(f"{field}: At most {maximum}.")
    return cleaned


def numbered_lines(content: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, each with its number."""
    for number, line in enumerate(LINE_BREAK.split(content.removeprefix("\ufeff")), 1):
        if line.strip():
            yield number, line


def check_length(line: str) -> str:
    """Return the line. Raises InvalidTextError if it is too long."""
    if len(line) > MAX_LINE_LENGTH:
        raise InvalidTextError(f"At most {MAX_LINE_LENGTH:,} characters.")
    return line


def clean_line(line: str) -> str:
    """Return a line of clean text; a tab is a space. Raises InvalidTextError."""
    return clean_text(check_length(line).replace("\t", " ").strip(" "))


def _shortened(result: ParseResult) -> ParseResult:
    """Return the result with so much of its text that a user recognises the line."""
    text = result.text
    if len(text) > MAX_SHOWN_LENGTH:
        text = f"{text[:MAX_SHOWN_LENGTH]}\u2026"
    return result._replace(text=_harmless(text).strip())


def _harmless(text: str) -> str:
    """Replace what cannot be shown: controls, overrides of the direction, lone surrogates."""
    text = text.replace("\t", " ")
    if text.isprintable():  # as most lines are
        return text
    return "".join(
        "\ufffd"
        if unicodedata.category(character) in {"Cc", "Cs"} or character in BIDIRECTIONAL
        else character
        for character in text
    )


def clean_field(field: str, value: str, max_length: int) -> str:
    """Return the clean text of a field. Raises InvalidTextError, which names the field."""
    try:
        cleaned = clean_text(value)
    except InvalidTextError as error:
        raise InvalidTextError(f"{field}: {error}") from error
    if len(cleaned) > max_length:
        raise InvalidTextError(f"{field}: At most {max_length:,} characters.")
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
