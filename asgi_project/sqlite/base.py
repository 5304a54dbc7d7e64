"""SQLite whose writers of one process take turns.

A transaction that finds the database locked is told to sleep and look again,
with sleeps that grow to a tenth of a second. Under load that is unfair and
slow: with eight writers the unlucky ones waited two seconds while the lock was
free most of the time. Threads of one process can wait for each other instead;
between processes SQLite's own lock still decides.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

from django.db.backends.sqlite3 import base

_write_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


class DatabaseWrapper(base.DatabaseWrapper):
    """Holds its process's turn from BEGIN to COMMIT or ROLLBACK."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._holds_turn = False

    def _start_transaction_under_autocommit(self) -> None:
        self._acquire_write_lock()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._release_write_lock()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._release_write_lock()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._release_write_lock()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._release_write_lock()

    def _acquire_write_lock(self) -> None:
        # Whoever waits longer than SQLite would goes on to ask SQLite, and
        # gets its error: the name of the error stays the one people know.
        wait = self.settings_dict["OPTIONS"].get("timeout", 5)
        self._holds_turn = self._turn().acquire(timeout=wait)

    def _release_write_lock(self) -> None:
        if self._holds_turn:
            self._holds_turn = False
            self._turn().release()

    def _turn(self) -> threading.Lock:
        return _write_locks[str(self.settings_dict["NAME"])]
