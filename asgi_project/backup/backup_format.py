"""The file of a backup: lines of JSON, compressed with gzip. No I/O but on the given streams.

1. The header: the format, the version of Trolley, the time, the migrations of the database and
   the number of all rows.
2. For each table a line with its name, its fields and its number of rows, then a line for each
   row: an array with the values of the fields.
3. The end: the number of all rows again. A file without it was not written completely.

Times are ISO 8601 with microseconds, because the digest of a list depends on them. UUIDs are
text, and bytes are Base64.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any
from uuid import UUID

FORMAT = "trolley-backup"
FORMAT_VERSION = 1


class BackupError(Exception):
    """The file is no complete backup that this code can read; the message says why."""


@dataclass(frozen=True)
class Header:
    """What a backup says of itself. `migrations` are the applied ones as (app, name)."""

    trolley: str
    created_at: str
    migrations: frozenset[tuple[str, str]]
    rows: int


@dataclass(frozen=True)
class Table:
    """The rows of one table. `name` is the label of its model, such as `accounts.user`."""

    name: str
    fields: tuple[str, ...]
    rows: int


def write_header(stream: IO[str], header: Header) -> None:
    """Write the first line."""
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "trolley": header.trolley,
        "created_at": header.created_at,
        "migrations": sorted(header.migrations),
        "rows": header.rows,
    }
    _write_line(stream, content)


def write_table(stream: IO[str], table: Table, rows: Iterable[tuple[Any, ...]]) -> Iterator[int]:
    """Write a table, and yield the number of each row that was written.

    Raises BackupError if it does not get as many rows as the table has.
    """
    _write_line(stream, {"table": table.name, "fields": table.fields, "rows": table.rows})
    number = 0
    for number, row in enumerate(rows, start=1):
        # PostgreSQL does not keep the order of the keys in JSON.
        _write_line(stream, row, sort_keys=True)
        yield number
    if number != table.rows:
        raise BackupError(f"{table.name} has {number} rows and not {table.rows}")


def write_end(stream: IO[str], rows: int) -> None:
    """Write the last line."""
    _write_line(stream, {"end": rows})


def read_header(stream: IO[str]) -> Header:
    """Read the first line. Raises BackupError."""
    content = _read_line(stream, 1)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BackupError("it is not a backup of Trolley")
    if content.get("format_version") != FORMAT_VERSION:
        raise BackupError(
            f"its format has version {content.get('format_version')}, and this code reads version "
            f"{FORMAT_VERSION}: update Trolley"
        )
    try:
        return Header(
            trolley=str(content["trolley"]),
            created_at=str(content["created_at"]),
            migrations=frozenset((str(app), str(name)) for app, name in content["migrations"]),
            rows=int(content["rows"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BackupError("line 1: the header is damaged") from error


def read_tables(stream: IO[str], header: Header) -> Iterator[Table | list[Any]]:
    """Yield each table, followed by each of its rows. Raises BackupError.

    The end of the file is checked before the iteration ends: the file has all of its rows.
    """
    line, rows = 1, 0
    while True:
        line += 1
        content = _read_line(stream, line)
        if isinstance(content, dict) and "end" in content:
            break
        table = _table(content, line)
        yield table
        for _ in range(table.rows):
            line += 1
            row = _read_line(stream, line)
            if not isinstance(row, list) or len(row) != len(table.fields):
                raise BackupError(f"line {line}: it is not a row of {table.name}")
            rows += 1
            yield row
    for expected in (header.rows, content["end"]):
        if rows != expected:
            raise BackupError(f"it has {rows} rows and not {expected}")


def _table(content: Any, line: int) -> Table:
    try:
        fields = tuple(str(name) for name in content["fields"])
        return Table(str(content["table"]), fields, int(content["rows"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BackupError(f"line {line}: it is neither a table nor the end") from error


def _write_line(stream: IO[str], content: object, *, sort_keys: bool = False) -> None:
    text = json.dumps(
        content,
        ensure_ascii=False,
        separators=(",", ":"),
        default=_as_json,
        sort_keys=sort_keys,
    )
    stream.write(text + "\n")


def _read_line(stream: IO[str], number: int) -> Any:
    try:
        text = stream.readline()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        # gzip: not compressed, the checksum is wrong, or the file ends too early.
        raise BackupError(f"line {number} cannot be read: {error}") from error
    if not text.endswith("\n"):
        raise BackupError(f"it ends in line {number}, so it was not written completely")
    try:
        return json.loads(text)
    except ValueError as error:
        raise BackupError(f"line {number}: it is not JSON") from error


def _as_json(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case bytes() | memoryview():
            return base64.b64encode(value).decode("ascii")
        case _:
            raise TypeError(f"{type(value).__name__} has no form in a backup")
