"""SQLite with a lock that makes the writers of one process wait for each other.

It also folds and sorts the letters of all alphabets, like PostgreSQL: SQLite itself knows
ASCII only.

SQLite's own lock polls: a transaction that finds the database locked sleeps and tries
again, with sleeps of up to a tenth of a second. Under load this is unfair and slow:
with eight writers some waited for two seconds while the lock was free most of the time.
Threads of one process can wait for a lock instead. Between processes, SQLite's own lock
still decides.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.operations import DatabaseOperations

from shopping_list.parsing.item_names import sort_key

_write_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


_FOLDED_LOOKUPS = frozenset({"iexact", "icontains", "istartswith", "iendswith"})
_FOLDED_LIKE = "LIKE TROLLEY_FOLD(%s) ESCAPE '\\'"


class FoldingOperations(DatabaseOperations):
    """Folds both sides of the lookups that do not regard case."""

    def lookup_cast(self, lookup_type: str, *args: Any, **kwargs: Any) -> str:
        """Return the SQL of a column in a lookup, as the backend of PostgreSQL does."""
        if lookup_type in _FOLDED_LOOKUPS:
            return "TROLLEY_FOLD(%s)"
        cast: str = super().lookup_cast(lookup_type, *args, **kwargs)
        return cast


class DatabaseWrapper(base.DatabaseWrapper):
    """Holds the write lock of its process from BEGIN to COMMIT or ROLLBACK."""

    ops_class = FoldingOperations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.operators = {**self.operators, **dict.fromkeys(_FOLDED_LOOKUPS, _FOLDED_LIKE)}
        self.pattern_ops = {
            name: sql.replace("UPPER(", "TROLLEY_FOLD(") for name, sql in self.pattern_ops.items()
        }
        self._holds_write_lock = False
        self._timeout: float = self.settings_dict["OPTIONS"].get("timeout", 5)

    @contextmanager
    def waiting_at_most(self, seconds: float) -> Iterator[None]:
        """Open a transaction that waits for its begin no longer than this."""
        before, self._timeout = self._timeout, min(self._timeout, seconds)
        try:
            with transaction.atomic(using=self.alias):
                yield
        finally:
            self._timeout = before

    def get_new_connection(self, conn_params: Any) -> Any:
        """Return a connection with our functions."""
        connection = super().get_new_connection(conn_params)
        connection.create_function("TROLLEY_FOLD", 1, _fold, deterministic=True)
        connection.create_function("TROLLEY_SORT_KEY", 1, sort_key, deterministic=True)
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        deadline = time.monotonic() + self._timeout
        self._acquire_write_lock()
        try:
            with self._busy_timeout(deadline - time.monotonic()):
                super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._release_write_lock()
            raise

    @contextmanager
    def _busy_timeout(self, seconds: float) -> Iterator[None]:
        """Let SQLite wait for other processes for these seconds instead of the usual ones."""
        usual: float = self.settings_dict["OPTIONS"].get("timeout", 5)
        if seconds > 0.9 * usual:
            yield
            return
        self.ensure_connection()
        connection = self.connection
        connection.execute(f"PRAGMA busy_timeout = {max(0, round(seconds * 1000))}")
        try:
            yield
        finally:
            connection.execute(f"PRAGMA busy_timeout = {round(usual * 1000)}")

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
        self._holds_write_lock = self._write_lock().acquire(timeout=self._timeout)

    def _release_write_lock(self) -> None:
        if self._holds_write_lock:
            self._holds_write_lock = False
            self._write_lock().release()

    def _write_lock(self) -> threading.Lock:
        return _write_locks[str(self.settings_dict["NAME"])]


def _fold(value: Any) -> Any:
    """Return a text as it is compared without regard to case."""
    return value.casefold() if isinstance(value, str) else value
