"""Markdown: headings are categories, checkboxes are items. Pure.

A name that would otherwise be split is written in bold: `- [ ] **7 Up**`. When
reading, a note can also be on an indented line below its item, headings may be
underlined, and front matter, comments and the lines of tables are left out.
"""

from __future__ import annotations

import html
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
    SkippedLine,
    check_length,
    clean_line,
    numbered_lines,
    try_parse,
    validate,
)
from shopping_list.parsing import line_marks
from shopping_list.rows import ItemRow, ListRow

_ITEM = re.compile(
    r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[(?P<box>[^\[\]])\](?:[ \t]+|$))?(?P<text>.*)", re.DOTALL
)
_HEADING = re.compile(
    r"(?P<level>#{1,6})[ \t]+(?P<text>.+)|\*\*(?P<bold>[^*]+?):?\*\*:?[ \t]*", re.DOTALL
)
_BOLD = re.compile(
    r"(?:(?P<quantity>(?:\\.|[^\\*]){1,100}?)\s)?"
    r"\*\*(?P<name>(?:\\.|[^\\*])+)\*\*(?:, (?P<note>.+)|(?P<rest>[^,].*))?",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])|(&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{1,31});)")
_COMMENT = re.compile(r"[ \t]*(?:<!--.*-->|%%.*%%)[ \t]*")
_FRONT_MATTER = re.compile(r"(?:---|\+\+\+)[ \t]*")
_FRONT_MATTER_END = re.compile(r"(?:---|\+\+\+|\.\.\.)[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(?:={2,}|-{2,})[ \t]*")
_MARKS = "\\`*_[]<>#~"  # the backslash first, because it escapes the others
_ENTITY = re.compile(r"&(?=(?:\\#)?\w)")
_UNREADABLE_LINE = "Neither an item (- [ ] milk), nor a heading, nor an indented note."


def write(row: ListRow, items: Sequence[ItemRow]) -> str:
    """Return the list as Markdown, items without a category first."""
    names = item_text.name_keys(items)
    lines: dict[str, list[str]] = {"": []}
    for item in items:
        lines.setdefault(item.category, []).append(f"{_write_item(item, names)}\n")
    parts = [f"# {_escape(row.name)}\n"]
    for category, category_lines in lines.items():
        title = f"## {_escape(category)}\n\n" if category else ""
        parts += [title + "".join(category_lines)] if category_lines else []
    return "\n".join(parts)


def read(content: str, is_known: IsKnownName) -> Iterator[ParseResult]:
    """Yield each item, and why a line has none: it is a heading, left out, or no Markdown list."""
    category = ""
    lines = list(numbered_lines(content))
    front_matter = _front_matter_length(lines)
    if front_matter:
        number, line = lines[0]
        yield SkippedLine(number, "left_out", "The properties of the note.", line)
    for block in _split_blocks(lines[front_matter:]):
        heading = _HEADING.fullmatch(block.line)
        title = heading["text"] or heading["bold"] if heading else block.line.strip()
        level = len(heading["level"] or "**") if heading else block.level
        if block.left_out:
            yield SkippedLine(block.number, "left_out", block.left_out, block.line)
        elif level == 0:
            yield _read_item(block, category, is_known)
        elif level == 1 and block.first:
            yield SkippedLine(block.number, "left_out", "The title of the list.", block.line)
        else:
            try:
                category = _parse_category(title)
            except InvalidTextError as error:
                yield SkippedLine(block.number, "invalid", str(error), block.line)
            else:
                reason = "The category of the items below."
                yield SkippedLine(block.number, "category", reason, category)


@dataclass
class _Block:
    """A line and the indented lines that belong to it."""

    number: int
    line: str
    first: bool
    notes: list[str] = field(default_factory=list)
    level: int = 0
    """Of a heading that is underlined: 1 or 2."""
    left_out: str = ""


def _front_matter_length(lines: Sequence[tuple[int, str]]) -> int:
    """Return how many lines the block between `---` at the start of the content has."""
    if not lines or lines[0][0] != 1 or not _FRONT_MATTER.fullmatch(lines[0][1]):
        return 0
    ends = (
        index for index, (_, line) in enumerate(lines[1:], 2) if _FRONT_MATTER_END.fullmatch(line)
    )
    return next(ends, 0)


def _split_blocks(lines: Sequence[tuple[int, str]]) -> Iterator[_Block]:
    block: _Block | None = None
    for number, line in lines:
        if block is not None and _ITEM.match(block.line) and _is_note(line):
            block.notes.append(line.strip(" \t"))
        elif block is not None and _is_underline_of(block, number, line):
            block.level = 1 if "=" in line else 2
        elif not _is_rule(line):
            if block is not None:
                if _is_table_rule(line) and block.line.lstrip().startswith("|"):
                    block.left_out = "The header of a table."
                yield block
            block = _Block(number, line, first=block is None)
            block.left_out = _left_out_reason(line)
    if block is not None:
        yield block


def _is_underline_of(block: _Block, number: int, line: str) -> bool:
    """Tell whether a line makes the paragraph above it a heading."""
    is_paragraph = not _ITEM.match(block.line) and not _HEADING.fullmatch(block.line)
    is_next = number == block.number + 1 and not block.level and not block.left_out
    return is_paragraph and is_next and _UNDERLINE.fullmatch(line) is not None


def _left_out_reason(line: str) -> str:
    if _COMMENT.fullmatch(line):
        return "A comment."
    return "A line of a table." if _is_table_rule(line) else ""


def _is_table_rule(line: str) -> bool:
    return "|" in line and line_marks.is_separator(line)


def _is_note(line: str) -> bool:
    return line[0] in " \t" and _ITEM.match(line) is None


def _is_rule(line: str) -> bool:
    marks = line.replace(" ", "").replace("\t", "")
    return len(marks) >= 3 and marks == marks[0] * len(marks) and marks[0] in "-*_"


def _read_item(block: _Block, category: str, is_known: IsKnownName) -> ParseResult:
    match = _ITEM.match(block.line)
    if match is not None and match["box"] == "-":
        return SkippedLine(block.number, "left_out", "It is cancelled there.", block.line)
    if match is None and block.line.lstrip().startswith("|"):
        return try_parse(block.number, block.line, _parse_table_row, block, category)
    return try_parse(block.number, block.line, _parse_item, block, category, is_known)


def _parse_table_row(block: _Block, category: str) -> ParsedItem:
    text = _unescape(check_length(block.line)).strip().strip("|")
    cells = line_marks.split_cells(text) or line_marks.Cells(text, "", "")
    return validate(ParsedItem(**cells._asdict(), category=category))


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
    bold = _BOLD.fullmatch(text) if "**" in text else None
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
        item_text.to_plain_text(escaped),
        item_text.to_plain_text(escaped._replace(name=f"**{escaped.name}**")),
    ]
    box = "x" if item.purchased else " "
    return f"- [{box}] {item_text.first_round_tripping(candidates, parts, _read, names)}"


def _escape(text: str) -> str:
    for mark in _MARKS:  # several times as fast as one regular expression or translate()
        text = text.replace(mark, f"\\{mark}")
    return _ENTITY.sub(r"\\&", text) if "&" in text else text


def _unescape(text: str) -> str:
    """Return the text of Markdown: escaped signs, and entities such as `&amp;`."""
    if "\\" not in text and "&" not in text:
        return text
    return _ESCAPED.sub(lambda match: match[1] or html.unescape(match[2]), text)
