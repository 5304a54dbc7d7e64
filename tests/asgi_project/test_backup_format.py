"""The file of a backup: what it keeps, and which files are refused."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from uuid import UUID

import pytest

from asgi_project.backup.backup_format import (
    BackupError,
    Header,
    Table,
    read_header,
    read_tables,
    write_end,
    write_header,
    write_table,
)

HEADER = Header("1.0.0", "2026-11-27T10:00:00+00:00", frozenset({("live", "0001_initial")}), 2)
TABLE = Table("live.mark", ("id", "at", "kind"), 2)
ROWS = [
    (1, datetime(2026, 11, 27, 10, 0, 0, 123456, tzinfo=UTC), "Zoë\n"),
    (UUID(int=7), None, b"\x00\xff"),
]
READ_ROWS = [
    [1, "2026-11-27T10:00:00.123456+00:00", "Zoë\n"],
    [str(UUID(int=7)), None, "AP8="],
]


def backup() -> str:
    """Return a whole backup."""
    stream = io.StringIO()
    write_header(stream, HEADER)
    assert list(write_table(stream, TABLE, ROWS)) == [1, 2]
    write_end(stream, 2)
    return stream.getvalue()


def read(text: str) -> list[object]:
    """Read a whole backup."""
    stream = io.StringIO(text)
    return list(read_tables(stream, read_header(stream)))


def test_rows_are_read_as_they_were_written():
    """BAK-1: times have microseconds, because the digest of a list depends on them."""
    stream = io.StringIO(backup())
    assert read_header(stream) == HEADER
    assert list(read_tables(stream, HEADER)) == [TABLE, *READ_ROWS]


def test_table_with_another_number_of_rows_is_not_written():
    """BAK-1"""
    with pytest.raises(BackupError, match=r"live[.]mark has 1 rows and not 2"):
        list(write_table(io.StringIO(), TABLE, ROWS[:1]))


@pytest.mark.parametrize("lines", range(5))
def test_unfinished_file_is_refused(lines):
    """BAK-3: whichever line it ends after."""
    text = "".join(backup().splitlines(keepends=True)[:lines])
    with pytest.raises(BackupError, match=f"it ends in line {lines + 1}, so it was not written"):
        read(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": "other"}\n', "it is not a backup of Trolley"),
        ("[]\n", "it is not a backup of Trolley"),
        ("name;quantity\n", "line 1: it is not JSON"),
        (
            '{"format": "trolley-backup", "format_version": 2}\n',
            "its format has version 2, and this code reads version 1: update Trolley",
        ),
        (
            '{"format": "trolley-backup", "format_version": 1}\n',
            "line 1: the header is damaged",
        ),
        (backup().replace('"live.mark"', "7,7", 1), "line 2: it is not JSON"),
        (backup().replace('{"table"', '{"t"', 1), "line 2: it is neither a table nor the end"),
        (backup().replace(',"AP8="', "", 1), "line 4: it is not a row of live.mark"),
        (backup().replace('{"end":2}', '{"end":3}'), "it has 2 rows and not 3"),
        (backup().replace('"rows":2}', '"rows":5}', 1), "it has 2 rows and not 5"),
    ],
)
def test_file_that_is_no_backup_is_refused(text, message):
    """BAK-3: with the line and the rule."""
    with pytest.raises(BackupError) as refused:
        read(text)
    assert str(refused.value).startswith(message)
