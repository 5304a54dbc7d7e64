"""Markdown: headings are categories, checkboxes are items. Pure.

A name that would otherwise be split is written in bold: `- [ ] **7 Up**`. When
reading, a note can also be on an indented line below its item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rest.text import InvalidTextError, clean_text
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

_ITEM = re.compile(
    r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[(?P<box>[ xX])\](?:[ \t]+|$))?(?P<text>.*)", re.DOTALL
)
_HEADING = re.compile(
    r"(?P<level>#{1,6})[ \t]+(?P<text>.+)|\*\*(?P<bold>[^*]+?):?\*\*:?[ \t]*", re.DOTALL
)
_BOLD = re.compile(
    r"(?:(?P<quantity>(?:\\.|[^\\*]){1,100}?)\s)?"
    r"\*\*(?P<name>(?:\\.|[^\\*])+)\*\*(?:, (?P<note>.+)|(?P<rest>[^,].*))?",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_SPECIAL = re.compile(r"[\\`*_\[\]<>#~]|&(?=#?\w)")
_UNREADABLE_LINE = "Neither an item (- [ ] milk), nor a heading, nor an indented note."


def write(row: ListRow, items: Sequence[ItemRow]) -> str:
    """Return the list as Markdown, items without a category first."""
    names = item_text.name_keys(items)
    categories = dict.fromkeys(["", *(item.category for item in items)])
    parts = [f"# {_escape(row.name)}\n"]
    for category in categories:
        lines = [_write_item(item, names) for item in items if item.category == category]
        title = f"## {_escape(category)}\n\n" if category else ""
        parts += [title + "".join(f"{line}\n" for line in lines)] if lines else []
    return "\n".join(parts)


def read(content: str, is_known: IsKnownName) -> Iterator[ParseResult]:
    """Yield each item, and an error for each line that is no item, note or heading."""
    category = ""
    for block in _split_blocks(content):
        heading = _HEADING.fullmatch(block.line)
        if heading is None:
            yield try_parse(block.number, _parse_item, block, category, is_known)
        elif not (block.first and heading["level"] == "#"):  # the title of the list
            try:
                category = _parse_category(heading["text"] or heading["bold"])
            except InvalidTextError as error:
                yield block.number, str(error)


@dataclass
class _Block:
    """A line and the indented lines that belong to it."""

    number: int
    line: str
    first: bool
    notes: list[str] = field(default_factory=list)


def _split_blocks(content: str) -> Iterator[_Block]:
    block: _Block | None = None
    for number, line in numbered_lines(content):
        if block is not None and _ITEM.match(block.line) and _is_note(line):
            block.notes.append(line.strip(" \t"))
        elif not _is_rule(line):
            if block is not None:
                yield block
            block = _Block(number, line, first=block is None)
    if block is not None:
        yield block


def _is_note(line: str) -> bool:
    return line[0] in " \t" and _ITEM.match(line) is None


def _is_rule(line: str) -> bool:
    marks = line.replace(" ", "").replace("\t", "")
    return len(marks) >= 3 and marks == marks[0] * len(marks) and marks[0] in "-*_"


def _parse_item(block: _Block, category: str, is_known: IsKnownName) -> ParsedItem:
    match = _ITEM.match(clean_line(block.line))
    if match is None:
        raise InvalidTextError(_UNREADABLE_LINE)
    name, quantity, note = _read(match["text"], is_known)
    notes = [note] if note else []
    notes += [_unescape(clean_line(line)) for line in block.notes]
    return validate(
        ParsedItem(
            name=name,
            quantity=quantity,
            note=" ".join(notes),
            category=category,
            purchased=match["box"] in {"x", "X"},
        )
    )


def _read(text: str, is_known: IsKnownName) -> ItemText:
    bold = _BOLD.fullmatch(text)
    if bold is None:
        return item_text.read(_unescape(text), is_known)
    quantity, name, note, rest = bold.group("quantity", "name", "note", "rest")
    note = note or (rest or "").strip(" :-\u2013\u2014")
    return ItemText(*(_unescape(part or "").strip() for part in (name, quantity, note)))


def _parse_category(text: str) -> str:
    title = clean_text(text)
    without_closing_marks = title.rstrip("#")
    if without_closing_marks.endswith((" ", "\t")):
        title = without_closing_marks.strip()
    return validate(ParsedItem(name="any", category=_unescape(title))).category


def _write_item(item: ItemRow, names: frozenset[str]) -> str:
    parts = item_text.from_row(item)
    escaped = ItemText(*(_escape(part) for part in parts))
    candidates = [
        _escape(item_text.to_plain_text(parts)),
        item_text.to_plain_text(escaped._replace(name=f"**{escaped.name}**")),
    ]
    box = "x" if item.purchased else " "
    return f"- [{box}] {item_text.first_round_tripping(candidates, parts, _read, names)}"


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)
