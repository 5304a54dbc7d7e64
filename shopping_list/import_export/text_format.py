"""Plain text: the open items, one a line, as a user would send them. Pure.

A name that would be split is put in quotes: `2 "7 Up"`. Categories and bought
items are left out; the other formats have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from shopping_list.import_export import item_text
from shopping_list.import_export.item_text import ItemText
from shopping_list.import_export.parsed_lines import (
    IsKnownName,
    ParsedItem,
    ParseResult,
    clean_line,
    numbered_lines,
    try_parse,
    validate,
)
from shopping_list.rows import ItemRow, ListRow

# What users paste: bullets, numbers, and boxes that can be ticked.
_MARKS = re.compile(
    r"\ufeff?(?:(?:[-*+\u2022\u25e6\u2023\u2013]|\d{1,3}[.)])\s+)?"
    r"(?:(?:\[[ xX]\]|[\u2610\u2611\u2713\u2714])\s+)?"
)
_TICKED = re.compile(r"\[[xX]\]|[\u2611\u2713\u2714]")
_QUOTED = re.compile(r'(?:(?P<quantity>.{1,50}?)\s)??"(?P<name>(?:[^"]|"")+)"(?:, (?P<note>.+))?')


def write(_row: ListRow, items: Sequence[ItemRow]) -> str:
    """Return the open items as lines."""
    names = item_text.name_keys(items)
    return "".join(f"{_write_item(item, names)}\n" for item in items if not item.purchased)


def read(content: str, is_known: IsKnownName) -> Iterator[ParseResult]:
    """Yield the item of each line."""
    for number, line in numbered_lines(content):
        yield try_parse(number, _parse_item, line, is_known)


def _write_item(item: ItemRow, names: frozenset[str]) -> str:
    parts = item_text.from_row(item)
    quoted = '"{}"'.format(item.name.replace('"', '""'))
    candidates = [
        item_text.to_plain_text(parts),
        item_text.to_plain_text(parts._replace(name=quoted)),
        item_text.to_plain_text(ItemText(quoted, "", item.note)),
    ]
    return item_text.first_round_tripping(candidates, parts, _read, names)


def _parse_item(line: str, is_known: IsKnownName) -> ParsedItem:
    text = clean_line(line)
    is_ticked = _TICKED.search(_leading_marks(text)) is not None
    return validate(ParsedItem(**_read(text, is_known)._asdict(), purchased=is_ticked))


def _read(text: str, is_known: IsKnownName) -> ItemText:
    text = text[len(_leading_marks(text)) :] or text
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        return item_text.read(text, is_known)
    quantity, name, note = quoted.group("quantity", "name", "note")
    return ItemText(name.replace('""', '"').strip(), (quantity or "").strip(), note or "")


def _leading_marks(text: str) -> str:
    match = _MARKS.match(text)
    return match[0] if match else ""
