"""CSV as RFC 4180 has it, safe to open in a spreadsheet. Pure.

A cell that a spreadsheet would take for a formula gets an apostrophe in front,
and so does one that looks as if it had got one: reading takes one away.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from rest.text import InvalidTextError
from shopping_list.import_export.parsed_lines import (
    IsKnownName,
    ParsedItem,
    ParseResult,
    try_parse,
    validate,
)
from shopping_list.rows import ItemRow, ListRow, to_json

COLUMNS = ParsedItem.__struct_fields__
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_YES_NO = {
    **dict.fromkeys(("true", "yes", "x", "1"), True),
    **dict.fromkeys(("false", "no", "", "0"), False),
}


def write(_row: ListRow, items: Sequence[ItemRow]) -> str:
    """Return the items as a table with a header."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for item in items:
        plain = to_json(item)
        writer.writerow(_escape_formula(_cell(plain[column])) for column in COLUMNS)
    return out.getvalue()


def read(content: str, _known: IsKnownName) -> Iterator[ParseResult]:
    """Yield what each row is read as; what is in a column is in it."""
    rows = _rows(content.removeprefix("\ufeff"))
    try:
        columns = _columns(*next(rows, (1, [])))
    except InvalidTextError as error:
        yield 1, str(error)
        return
    for number, cells in rows:
        if isinstance(cells, str):
            yield number, cells
        elif any(cells):
            yield try_parse(number, _wanted, columns, cells)


def _rows(content: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the rows with the number of their first line, or what is wrong with one."""
    reader = csv.reader(
        io.StringIO(content, newline=""), delimiter=_delimiter(content), strict=True
    )
    while True:
        number = reader.line_num + 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, f"This is no CSV: {error}."
            return


def _delimiter(content: str) -> str:
    """Return the one that the header uses; its cells hold neither."""
    header = content[: content.find("\n")] if "\n" in content else content
    return ";" if header.count(";") > header.count(",") else ","


def _columns(_number: int, cells: list[str] | str) -> list[str]:
    if isinstance(cells, str):
        raise InvalidTextError(cells)
    columns = [cell.strip().casefold() for cell in cells]
    for column in columns:
        if column not in COLUMNS or columns.count(column) > 1:
            what = "twice" if column in COLUMNS else "unknown"
            raise InvalidTextError(f"Column {column[:50]!r} is {what}: {', '.join(COLUMNS)}.")
    if "name" not in columns:
        raise InvalidTextError(f"The header must have name, and may have: {', '.join(COLUMNS)}.")
    return columns


def _wanted(columns: Sequence[str], cells: Sequence[str]) -> ParsedItem:
    if len(cells) > len(columns):
        raise InvalidTextError("More cells than the header has.")
    texts = {column: _unescape_formula(cell) for column, cell in zip(columns, cells, strict=False)}
    return validate(ParsedItem(**_typed(texts)))


def _typed(texts: Mapping[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = dict(texts)
    fields.setdefault("name", "")
    if "purchased" in fields:
        fields["purchased"] = _boolean(texts["purchased"])
    for column in fields.keys() & {"purchased_at", "created_at"}:
        fields[column] = _time(column, texts[column])
    for column in fields.keys() & {"purchased_by", "created_by"}:
        fields[column] = texts[column] or None
    return fields


def _boolean(cell: str) -> bool:
    try:
        return _YES_NO[cell.strip().casefold()]
    except KeyError:
        raise InvalidTextError("purchased: Must be true or false.") from None


def _time(column: str, cell: str) -> datetime | None:
    try:
        return msgspec.convert(cell.strip(), datetime) if cell.strip() else None
    except msgspec.ValidationError:
        raise InvalidTextError(f"{column}: Must be like 2026-11-22T08:30:00Z.") from None


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case {"name": name}:
            return str(name)
    return str(value)


def _escape_formula(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unescape_formula(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
