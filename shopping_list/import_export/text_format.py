"""Plain text: what is still to buy, an item a line, as one would send it. Pure.

A name that would be taken apart is put in quotes: `2 "7 Up"`. Categories and
what was bought are left out; that is what the other formats are for.
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
    cleaned,
    numbered,
    try_parse,
    validate,
)
from shopping_list.rows import ItemRow, ListRow

# What people paste: bullets, numbers, and boxes that may be ticked.
_MARKS = re.compile(
    r"\ufeff?(?:(?:[-*+\u2022\u25e6\u2023\u2013]|\d{1,3}[.)])\s+)?"
    r"(?:(?:\[[ xX]\]|[\u2610\u2611\u2713\u2714])\s+)?"
)
_TICKED = re.compile(r"\[[xX]\]|[\u2611\u2713\u2714]")
_QUOTED = re.compile(r'(?:(?P<quantity>.{1,50}?)\s)??"(?P<name>(?:[^"]|"")+)"(?:, (?P<note>.+))?')


def write(_row: ListRow, items: Sequence[ItemRow]) -> str:
    """Return the open items as lines."""
    names = item_text.name_keys(items)
    return "".join(f"{_line(item, names)}\n" for item in items if not item.purchased)


def read(content: str, known: IsKnownName) -> Iterator[ParseResult]:
    """Yield what each line is read as."""
    for number, line in numbered(content):
        yield try_parse(number, _wanted, line, known)


def _line(item: ItemRow, names: frozenset[str]) -> str:
    parts = item_text.from_row(item)
    quoted = '"{}"'.format(item.name.replace('"', '""'))
    candidates = [
        item_text.plain(parts),
        item_text.plain(parts._replace(name=quoted)),
        item_text.plain(ItemText(quoted, "", item.note)),
    ]
    return item_text.first_round_tripping(candidates, parts, _read, names)


def _wanted(line: str, known: IsKnownName) -> ParsedItem:
    text = cleaned(line)
    ticked = _TICKED.search(_strip_bullet(text)) is not None
    return validate(ParsedItem(**_read(text, known)._asdict(), purchased=ticked))


def _read(text: str, known: IsKnownName) -> ItemText:
    text = text[len(_strip_bullet(text)) :] or text
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        return item_text.read(text, known)
    quantity, name, note = quoted.group("quantity", "name", "note")
    return ItemText(name.replace('""', '"').strip(), (quantity or "").strip(), note or "")


def _strip_bullet(text: str) -> str:
    found = _MARKS.match(text)
    return found[0] if found else ""
