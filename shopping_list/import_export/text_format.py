"""Plain text: the open items, one a line, as a user would send them. Pure.

A name that would be split is put in quotes: `2 "7 Up"`. Categories and bought
items are left out; the other formats have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from shopping_list.import_export import column_names, item_text
from shopping_list.import_export.item_text import ItemText
from shopping_list.import_export.parsed_lines import (
    IsKnownName,
    ParsedItem,
    ParseResult,
    SkippedLine,
    check_length,
    clean_line,
    numbered_lines,
    try_parse,
    validate,
)
from shopping_list.parsing.line_marks import is_separator, split_cells, strip_marks
from shopping_list.rows import ItemRow, ListRow

_QUOTED = re.compile(r'(?:(?P<quantity>.{1,50}?)\s)??"(?P<name>(?:[^"]|"")+)"(?:, (?P<note>.+))?')


def write(_row: ListRow, items: Sequence[ItemRow]) -> str:
    """Return the open items as lines."""
    names = item_text.name_keys(items)
    return "".join(f"{_write_item(item, names)}\n" for item in items if not item.purchased)


def read(content: str, is_known: IsKnownName) -> Iterator[ParseResult]:
    """Yield the item of each line."""
    for number, line in numbered_lines(content):
        if is_separator(line):
            yield SkippedLine(number, "left_out", "A line between others.", line)
        elif number == 1 and _is_header(line):
            yield SkippedLine(number, "left_out", "The header of a table.", line)
        else:
            yield try_parse(number, line, _parse_item, line, is_known)


def _write_item(item: ItemRow, names: frozenset[str]) -> str:
    parts = item_text.from_row(item)
    quoted = '"{}"'.format(item.name.replace('"', '""'))
    candidates = [
        item_text.to_plain_text(parts),
        item_text.to_plain_text(parts._replace(name=quoted)),
        item_text.to_plain_text(ItemText(quoted, "", item.note)),
    ]
    return item_text.first_round_tripping(candidates, parts, _read_back, names)


def _read_back(line: str, is_known: IsKnownName) -> ItemText:
    return ItemText("") if is_separator(line) else _read(line, is_known)


def _is_header(line: str) -> bool:
    cells = [cell.strip() for cell in re.split(r"[|\t]", line) if cell.strip()]
    return len(cells) > 1 and all(column_names.field_of(cell) for cell in cells)


def _parse_item(line: str, is_known: IsKnownName) -> ParsedItem:
    is_ticked = strip_marks(check_length(line)).is_ticked
    return validate(ParsedItem(**_read(line, is_known)._asdict(), purchased=is_ticked))


def _read(line: str, is_known: IsKnownName) -> ItemText:
    text = strip_marks(line).text or line
    quoted = _QUOTED.fullmatch(text) if '"' in text else None
    if quoted is not None:
        quantity, name, note = quoted.group("quantity", "name", "note")
        return ItemText(name.replace('""', '"').strip(), (quantity or "").strip(), note or "")
    cells = split_cells(text)
    return ItemText(*cells) if cells else item_text.read(clean_line(text), is_known)
