"""CSV as in RFC 4180, safe to open in a spreadsheet. Pure.

A cell that a spreadsheet would take for a formula gets an apostrophe in front. So
does a cell that already looks like that, because reading removes one apostrophe.

Tables of other programs are read too: with tabs, semicolons or a first line `sep=;`,
with other names of the columns, and with columns that are left out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from rest.text import InvalidTextError
from shopping_list.import_export import column_names
from shopping_list.import_export.parsed_lines import (
    TIMES,
    InvalidContentError,
    IsKnownName,
    ParsedItem,
    ParseResult,
    SkippedLine,
    try_parse,
    validate,
)
from shopping_list.rows import ItemRow, ListRow, to_json

COLUMNS = ParsedItem.__struct_fields__
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NAME = re.compile(r"(?:[^;\\]|\\.?)+")
_NAME_SIGN = re.compile(r"[;\\]")
_ESCAPED_SIGN = re.compile(r"\\([;\\])")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[ \t]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_DELIMITERS = ",;\t|"


class _Table(NamedTuple):
    """The fields of the columns, by their index; a note may have several columns."""

    header: list[str]
    fields: list[str | None]
    kind: int | None
    """The index of the column in which Todoist says what a row is."""

    def texts(self, cells: Sequence[str]) -> dict[str, str]:
        """Return the cells of a row by field."""
        return column_names.texts_by_field(self.fields, map(_unescape_formula, cells))

    def kind_of(self, cells: Sequence[str]) -> str:
        """Return the kind of a row: task, section, note."""
        has_kind = self.kind is not None and self.kind < len(cells)
        return cells[self.kind].strip().casefold() if has_kind and self.kind is not None else "task"


def write(_row: ListRow, items: Sequence[ItemRow]) -> str:
    """Return the items as a table with a header."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for item in items:
        values = to_json(item)
        writer.writerow(_escape_formula(_to_cell(values[column])) for column in COLUMNS)
    return out.getvalue()


def read(content: str, _is_known: IsKnownName) -> Iterator[ParseResult]:
    """Yield the item of each row. A cell is taken as it is, and never split."""
    content = content.removeprefix("\ufeff")
    separator = _SEPARATOR_LINE.match(content)
    start = separator.end() if separator else 0
    first = 2 if separator else 1
    body = content[start:]
    delimiter = separator[1] if separator else _find_delimiter(body)
    rows = _read_rows(body, delimiter, first)
    number, header = next(rows, (first, []))
    try:
        table = _read_header(header)
    except InvalidTextError as error:
        raise InvalidContentError([f"line {number}: {error}"]) from error
    yield from _left_out_columns(number, table)
    category = ""
    for number, cells in rows:
        if isinstance(cells, str):
            yield SkippedLine(number, "invalid", cells)
        elif any(cell.strip() for cell in cells):
            text = ", ".join(cell.strip() for cell in cells if cell.strip())
            kind = table.kind_of(cells)
            if kind == "section":
                category = table.texts(cells).get("name", "").strip()
                yield SkippedLine(number, "category", "The category of the rows below.", category)
            elif kind == "task":
                yield try_parse(number, text, _parse_row, table, cells, category)
            else:
                yield SkippedLine(number, "left_out", f"A row of the kind {kind[:20]}.", text)


def _read_rows(content: str, delimiter: str, first: int) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the cells of each row, or an error, with the number of its first line."""
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + first
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, f"This is no CSV: {error}."
            return


def _find_delimiter(content: str) -> str:
    """Return the sign between the cells of the header."""
    header = re.split(r"[\r\n]", content, maxsplit=1)[0]
    return max(_DELIMITERS, key=header.count)


def _read_header(cells: list[str] | str) -> _Table:
    if isinstance(cells, str):
        raise InvalidTextError(cells)
    words = [cell.strip().casefold() for cell in cells]
    fields = [
        word if word in COLUMNS else field
        for word, field in zip(words, column_names.fields_of(cells), strict=True)
    ]
    for column in COLUMNS:
        if words.count(column) > 1:
            raise InvalidTextError(f"Column {column!r} is twice: {', '.join(COLUMNS)}.")
    if fields.count("name") != 1:
        names = ", ".join(COLUMNS)
        raise InvalidTextError(f"The header must have name or title, and may have: {names}.")
    kind = words.index("type") if "type" in words and "content" in words else None
    return _Table([cell.strip() for cell in cells], fields, kind)


def _left_out_columns(number: int, table: _Table) -> Iterator[ParseResult]:
    """Yield the header, if columns of it are not imported."""
    left_out = [
        name or f"column {index}"
        for index, (name, field) in enumerate(zip(table.header, table.fields, strict=True), 1)
        if field is None and index - 1 != table.kind
    ]
    if left_out:
        reason = f"Columns that are not imported: {', '.join(left_out)[:300]}."
        yield SkippedLine(number, "left_out", reason)


def _parse_row(table: _Table, cells: Sequence[str], category: str) -> ParsedItem:
    if any(cell.strip() for cell in cells[len(table.fields) :]):
        raise InvalidTextError("More cells than the header has.")
    texts = table.texts(cells)
    return validate(
        ParsedItem(**_convert({**texts, "category": texts.get("category") or category}))
    )


def _convert(texts: Mapping[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = dict(texts)
    fields.setdefault("name", "")
    if "purchased" in fields:
        fields["purchased"] = column_names.parse_boolean(texts["purchased"])
    for column in fields.keys() & set(TIMES):
        fields[column] = _parse_time(column, texts[column])
    if "shops" in fields:
        fields["shops"] = _split_names(texts["shops"])
    for column in fields.keys() & {"purchased_by", "created_by"}:
        fields[column] = texts[column] or None
    return fields


def _parse_time(column: str, cell: str) -> datetime | None:
    try:
        return msgspec.convert(cell.strip(), datetime) if cell.strip() else None
    except msgspec.ValidationError:
        raise InvalidTextError(f"{column}: Must be like 2026-11-22T08:30:00Z.") from None


def _to_cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case {"name": name}:
            return str(name)
        case tuple():
            return "; ".join(_NAME_SIGN.sub(r"\\\g<0>", name) for name in value)
    return str(value)


def _split_names(cell: str) -> tuple[str, ...]:
    r"""Return the names of a cell, which are between semicolons; `\;` is part of a name."""
    names = [_ESCAPED_SIGN.sub(r"\1", name).strip() for name in _NAME.findall(cell)]
    return tuple(filter(None, names))


def _escape_formula(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unescape_formula(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
