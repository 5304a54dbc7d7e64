"""Commits versions of Trolley's lists from outside the server, as another process would.

The fan-out scenarios pass frames to the publisher inside the server. The rows written
here belong to those frames: the log contains them and the list has their version, so
that reconciling and repairing gaps work as they do in production.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench.event import EPOCH, EVENT_TIME, change_entries, change_summary, digest_of, frame, list_id

COLUMNS = "list_id, version, base, digest, epoch, verb, actor_name, changes, summary, frame, at"


class History:
    """Appends to the change log of one database, with raw SQL."""

    def __init__(self, url: str, *, changes: int = 0):
        self.versions = {0: changes}
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self.connection: Any = sqlite3.connect(
                urlsplit(url).path, timeout=20, isolation_level=None
            )
            self.connection.execute("PRAGMA synchronous=NORMAL")
        else:
            self.connection = psycopg.connect(url, autocommit=True)
        placeholder = "?" if self.is_sqlite else "%s"
        values = ", ".join([placeholder] * 11)
        self.insert = f"INSERT INTO shopping_list_activity ({COLUMNS}) VALUES ({values})"
        self.update = (
            "UPDATE shopping_list_shoppinglist"
            f" SET version = {placeholder}, digest = {placeholder} WHERE id = {placeholder}"
        )

    def commit(self, index: int, count: int) -> int:
        """Commit the next `count` versions of a list and return the first of them."""
        first = self.versions.get(index, 0) + 1
        last = self.versions[index] = first + count - 1
        key = list_id(index).hex if self.is_sqlite else list_id(index)
        at = EVENT_TIME.isoformat(sep=" ") if self.is_sqlite else EVENT_TIME
        entries, summary = json.dumps(change_entries(index)), json.dumps(change_summary())
        rows = [
            (
                *(key, version, digest_of(version - 1), digest_of(version), EPOCH),
                *("item.ticked", "user0", entries, summary, frame(index, version), at),
            )
            for version in range(first, last + 1)
        ]
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
        cursor.executemany(self.insert, rows)
        cursor.execute(self.update, (last, digest_of(last), key))
        cursor.execute("COMMIT")
        return first

    def close(self) -> None:
        self.connection.close()
