"""An item as one line of text, which is read back as the same item. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from shopping_list.import_export.parsed_lines import IsKnownName
from shopping_list.parsing.item_names import comparison_key
from shopping_list.parsing.quantity import parse
from shopping_list.rows import ItemRow


class ItemText(NamedTuple):
    """The parts of an item that a line of text contains."""

    name: str
    quantity: str = ""
    note: str = ""


Read = Callable[[str, IsKnownName], ItemText]


def read(text: str, is_known: IsKnownName) -> ItemText:
    """Return the parts of a line without any markup."""
    parsed = parse(text, is_known)
    return ItemText(parsed.name, parsed.quantity, parsed.note)


def from_row(item: ItemRow) -> ItemText:
    """Return the parts that a line must contain."""
    return ItemText(item.name, item.quantity, item.note)


def to_plain_text(parts: ItemText) -> str:
    """Return the parts as a user would type them."""
    name = f"{parts.quantity} {parts.name}" if parts.quantity else parts.name
    return f"{name}, {parts.note}" if parts.note else name


def first_round_tripping(
    candidates: Iterable[str], parts: ItemText, read_back: Read, names: frozenset[str]
) -> str:
    """Return the first candidate that is read back as these parts, else the last one.

    It must be so for a reader that knows these names, and for one that knows none.
    """
    line = ""
    for line in candidates:
        if _round_trips(line, parts, read_back, names):
            break
    return line


def _round_trips(line: str, parts: ItemText, read_back: Read, names: frozenset[str]) -> bool:
    was_known = False

    def is_known(key: str) -> bool:
        nonlocal was_known
        was_known = was_known or key in names
        return key in names

    if read_back(line, is_known) != parts:
        return False
    # A reader that has met no known name has read the line as one that knows none does.
    return not was_known or read_back(line, _knows_none) == parts


def name_keys(items: Iterable[ItemRow]) -> frozenset[str]:
    """Return the comparison keys of the names of items."""
    return frozenset(comparison_key(item.name) for item in items)


def _knows_none(_key: str) -> bool:
    return False
