"""The formats by name: how each is written and read, and its media type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shopping_list.import_export import csv_format, json_format, markdown_format, text_format
from shopping_list.import_export.parsed_lines import (
    InvalidContentError,
    IsKnownName,
    Line,
    ParseResult,
    collect,
    items_or_raise,
)
from shopping_list.rows import ItemRow, ListRow


class Format(NamedTuple):
    """One way to write a list to a file, and to read it back."""

    write: Callable[[ListRow, Sequence[ItemRow]], str]
    read: Callable[[str, IsKnownName], Iterator[ParseResult]]
    noun: str
    extension: str
    content_type: str


FORMATS: Mapping[str, Format] = {
    "json": Format(json_format.write, json_format.read, "item", "json", "application/json"),
    "csv": Format(csv_format.write, csv_format.read, "line", "csv", "text/csv; charset=utf-8"),
    "markdown": Format(
        markdown_format.write, markdown_format.read, "line", "md", "text/markdown; charset=utf-8"
    ),
    "text": Format(text_format.write, text_format.read, "line", "txt", "text/plain; charset=utf-8"),
}


def parse_content(name: str, content: str, is_known: IsKnownName) -> list[ParseResult]:
    """Return what every line of a content is. Raises InvalidContentError if it has no lines."""
    format_ = FORMATS[name]
    return collect(format_.read(_require_text(content), is_known), noun=format_.noun)


def parse_lines(name: str, content: str, is_known: IsKnownName) -> list[Line]:
    """Return the items of a content in that format. Raises InvalidContentError."""
    return items_or_raise(parse_content(name, content, is_known), noun=FORMATS[name].noun)


def _require_text(content: str) -> str:
    """Return the content. Raises InvalidContentError for a file that was read as other text."""
    if "\0" in content[:4] or content.startswith(("\xff\xfe", "\xfe\xff")):
        raise InvalidContentError(["This is not UTF-8: save the file as UTF-8 and try again."])
    return content
