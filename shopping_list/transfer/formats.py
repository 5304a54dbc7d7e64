"""The formats by name: how each is written, read and called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shopping_list.rows import ItemRow, ListRow
from shopping_list.transfer import checklist, document, plain, table
from shopping_list.transfer.lines import Attempt, Known, Line, collected


class Format(NamedTuple):
    """One way to write a list down, and to read it back."""

    write: Callable[[ListRow, Sequence[ItemRow]], str]
    read: Callable[[str, Known], Iterator[Attempt]]
    noun: str
    extension: str
    content_type: str


FORMATS: Mapping[str, Format] = {
    "json": Format(document.write, document.read, "item", "json", "application/json"),
    "csv": Format(table.write, table.read, "line", "csv", "text/csv; charset=utf-8"),
    "markdown": Format(
        checklist.write, checklist.read, "line", "md", "text/markdown; charset=utf-8"
    ),
    "text": Format(plain.write, plain.read, "line", "txt", "text/plain; charset=utf-8"),
}


def lines_of(name: str, content: str, known: Known) -> list[Line]:
    """Return the lines of a content in that format. Raises RefusedContentError."""
    how = FORMATS[name]
    return collected(how.read(content, known), noun=how.noun)
