"""SQLite with a lock that makes the writers of one process wait for each other.

SQLite's own lock polls: a transaction that finds the database locked sleeps and tries
again, with sleeps of up to a tenth of a second. Under load this is unfair and slow:
with eight writers some waited for two seconds while the lock was free most of the time.
Threads of one process can wait for a lock instead. Between processes, SQLite's own lock
still decides.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

from django.db.backends.sqlite3 import base

_write_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


class DatabaseWrapper(base.DatabaseWrapper):
    """Holds the write lock of its process from BEGIN to COMMIT or ROLLBACK."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._holds_write_lock = False

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
        # After the timeout of SQLite the transaction continues without the lock. Then
        # SQLite itself raises its error, "database is locked", which everyone knows.
        timeout = self.settings_dict["OPTIONS"].get("timeout", 5)
        self._holds_write_lock = self._write_lock().acquire(timeout=timeout)

    def _release_write_lock(self) -> None:
        if self._holds_write_lock:
            self._holds_write_lock = False
            self._write_lock().release()

    def _write_lock(self) -> threading.Lock:
        return _write_locks[str(self.settings_dict["NAME"])]
