"""An item as one line of text that reads back as that item. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from shopping_list.import_export.parsed_lines import IsKnownName
from shopping_list.parsing.item_names import comparison_key
from shopping_list.parsing.quantity import parse
from shopping_list.rows import ItemRow


class ItemText(NamedTuple):
    """The parts of an item that a line of text carries."""

    name: str
    quantity: str = ""
    note: str = ""


Read = Callable[[str, IsKnownName], ItemText]


def read(text: str, known: IsKnownName) -> ItemText:
    """Return the parts of a line in plain words."""
    parsed = parse(text, known)
    return ItemText(parsed.name, parsed.quantity, parsed.note)


def from_row(item: ItemRow) -> ItemText:
    """Return the parts that a line has to carry."""
    return ItemText(item.name, item.quantity, item.note)


def plain(parts: ItemText) -> str:
    """Return the parts as one would type them."""
    name = f"{parts.quantity} {parts.name}" if parts.quantity else parts.name
    return f"{name}, {parts.note}" if parts.note else name


def first_round_tripping(
    candidates: Iterable[str], wanted: ItemText, read_back: Read, names: frozenset[str]
) -> str:
    """Return the first candidate that is read as what is wanted, else the last one.

    It has to be so for readers who know these names, and for those who know none.
    """
    line = ""
    for line in candidates:
        if all(read_back(line, known) == wanted for known in (names.__contains__, _nothing)):
            break
    return line


def name_keys(items: Iterable[ItemRow]) -> frozenset[str]:
    """Return what the names of items compare by."""
    return frozenset(_keys(items))


def _keys(items: Iterable[ItemRow]) -> Iterator[str]:
    return (comparison_key(item.name) for item in items)


def _nothing(_key: str) -> bool:
    return False
