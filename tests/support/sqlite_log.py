"""The write-ahead log of SQLite as bytes: its commits, and the database after each. Pure.

The format is https://www.sqlite.org/fileformat2.html#the_write_ahead_log. Nothing here asks
SQLite, so that its recovery can be compared with it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

HEADER_BYTES, FRAME_HEADER_BYTES = 32, 24
SALT = slice(16, 24)
_frame_header = struct.Struct(">II8s8x")


class Frame(NamedTuple):
    """A page in the log. `size` is that of the database in pages, 0 if no commit ends here."""

    page: int
    size: int
    content: bytes
    end: int
    """The offset behind it."""


def frames(log: bytes) -> Iterator[Frame]:
    """Yield the frames that belong to this log; those of an earlier log may follow them."""
    (page_bytes,) = struct.unpack_from(">I", log, 8)
    at = HEADER_BYTES
    while at + FRAME_HEADER_BYTES + page_bytes <= len(log):
        page, size, salt = _frame_header.unpack_from(log, at)
        if salt != log[SALT]:
            return
        begin, at = at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + page_bytes
        yield Frame(page, size, log[begin:at], at)


class Commit(NamedTuple):
    """A state of the database, and the offset in the log at which it is complete."""

    end: int
    database: bytes


def commits(database: bytes, log: bytes) -> list[Commit]:
    """Return the states of a database with this log: without it, and after each commit."""
    states = [Commit(0, database)]
    content = bytearray(database)
    for frame in frames(log):
        begin, size = (frame.page - 1) * len(frame.content), len(frame.content)
        content.extend(bytes(max(0, begin + size - len(content))))
        content[begin : begin + size] = frame.content
        if frame.size:
            del content[frame.size * size :]
            states.append(Commit(frame.end, bytes(content)))
    return states
