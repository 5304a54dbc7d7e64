"""Commits versions of Trolley's lists from outside the server, as another process would.

The fan-out scenarios hand frames to the publisher inside the server. These rows
make the frames true: the log holds them and the list has reached their version,
so that reconciling and filling gaps work as they do in production.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench.event import AT, EPOCH, changes, frame, list_id

COLUMNS = "list_id, version, epoch, verb, actor_name, changes, frame, at"


class History:
    """The log of one database, appended to with raw SQL."""

    def __init__(self, url: str, *, log: int = 0):
        self.versions = {0: log}
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self.connection: Any = sqlite3.connect(
                urlsplit(url).path, timeout=20, isolation_level=None
            )
            self.connection.execute("PRAGMA synchronous=NORMAL")
        else:
            self.connection = psycopg.connect(url, autocommit=True)
        mark = "?" if self.is_sqlite else "%s"
        values = ", ".join([mark] * 8)
        self.insert = f"INSERT INTO shopping_list_activity ({COLUMNS}) VALUES ({values})"
        self.update = f"UPDATE shopping_list_shoppinglist SET version = {mark} WHERE id = {mark}"

    def commit(self, index: int, count: int) -> int:
        """Commit the next `count` versions of a list; return the first of them."""
        first = self.versions.get(index, 0) + 1
        last = self.versions[index] = first + count - 1
        key = list_id(index).hex if self.is_sqlite else list_id(index)
        at = AT.isoformat(sep=" ") if self.is_sqlite else AT
        entries = json.dumps(changes(index))
        rows = [
            (key, version, EPOCH, "item.ticked", "user0", entries, frame(index, version), at)
            for version in range(first, last + 1)
        ]
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
        cursor.executemany(self.insert, rows)
        cursor.execute(self.update, (last, key))
        cursor.execute("COMMIT")
        return first

    def close(self) -> None:
        self.connection.close()
