"""CSV as in RFC 4180, safe to open in a spreadsheet. Pure.

A cell that a spreadsheet would take for a formula gets an apostrophe in front. So
does a cell that already looks like that, because reading removes one apostrophe.
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
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "x", "1"), True),
    **dict.fromkeys(("false", "no", "", "0"), False),
}


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
    rows = _read_rows(content.removeprefix("\ufeff"))
    try:
        columns = _read_header(*next(rows, (1, [])))
    except InvalidTextError as error:
        yield 1, str(error)
        return
    for number, cells in rows:
        if isinstance(cells, str):
            yield number, cells
        elif any(cells):
            yield try_parse(number, _parse_row, columns, cells)


def _read_rows(content: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the cells of each row, or an error, with the number of its first line."""
    reader = csv.reader(
        io.StringIO(content, newline=""), delimiter=_find_delimiter(content), strict=True
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


def _find_delimiter(content: str) -> str:
    """Return the delimiter of the header, whose cells contain neither of the two."""
    header = content[: content.find("\n")] if "\n" in content else content
    return ";" if header.count(";") > header.count(",") else ","


def _read_header(_number: int, cells: list[str] | str) -> list[str]:
    if isinstance(cells, str):
        raise InvalidTextError(cells)
    columns = [cell.strip().casefold() for cell in cells]
    for column in columns:
        if column not in COLUMNS or columns.count(column) > 1:
            problem = "twice" if column in COLUMNS else "unknown"
            raise InvalidTextError(f"Column {column[:50]!r} is {problem}: {', '.join(COLUMNS)}.")
    if "name" not in columns:
        raise InvalidTextError(f"The header must have name, and may have: {', '.join(COLUMNS)}.")
    return columns


def _parse_row(columns: Sequence[str], cells: Sequence[str]) -> ParsedItem:
    if len(cells) > len(columns):
        raise InvalidTextError("More cells than the header has.")
    texts = {column: _unescape_formula(cell) for column, cell in zip(columns, cells, strict=False)}
    return validate(ParsedItem(**_convert(texts)))


def _convert(texts: Mapping[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = dict(texts)
    fields.setdefault("name", "")
    if "purchased" in fields:
        fields["purchased"] = _parse_boolean(texts["purchased"])
    for column in fields.keys() & {"purchased_at", "created_at"}:
        fields[column] = _parse_time(column, texts[column])
    for column in fields.keys() & {"purchased_by", "created_by"}:
        fields[column] = texts[column] or None
    return fields


def _parse_boolean(cell: str) -> bool:
    try:
        return _BOOLEANS[cell.strip().casefold()]
    except KeyError:
        raise InvalidTextError("purchased: Must be true or false.") from None


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
    return str(value)


def _escape_formula(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unescape_formula(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
