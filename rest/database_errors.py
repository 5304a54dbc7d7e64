"""Which errors of the database pass by themselves, and what to say about them.

Only the codes of PostgreSQL (SQLSTATE) and of SQLite decide, never the text of an error.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from enum import Enum

from django.db.utils import DatabaseError, InterfaceError, OperationalError


class Trouble(Enum):
    """Why the database cannot do its work now: a sentence for people, and when to try again."""

    CONNECTION_LOST = "The database cannot be reached at the moment.", 2
    COMMIT_IN_DOUBT = (
        "The connection to the database was lost while the change was stored, so it may be "
        "stored or not. The same request with the same Idempotency-Key has one effect.",
        2,
    )
    TOO_MANY_CONNECTIONS = "The database has too much to do at the moment.", 2
    BUSY = "Another program or request keeps the database busy.", 1
    READ_ONLY = "The database is read-only at the moment, so nothing can be changed.", 10
    DISK_FULL = "The disk of the database is full or fails, so nothing can be changed.", 10

    def __init__(self, detail: str, retry_after: int) -> None:
        self.detail = detail
        self.retry_after = retry_after
        """Seconds."""

    @property
    def forbids_only_writes(self) -> bool:
        """Whether reading still works."""
        return self in {Trouble.BUSY, Trouble.READ_ONLY, Trouble.DISK_FULL}


class CommitInDoubtError(OperationalError):
    """The connection was lost during COMMIT: nobody knows yet whether the change is stored."""


_BY_SQLSTATE = {
    "08": Trouble.CONNECTION_LOST,  # connection exceptions
    "25006": Trouble.READ_ONLY,
    "25P03": Trouble.CONNECTION_LOST,  # idle_in_transaction_session_timeout
    "40001": Trouble.BUSY,  # serialization_failure
    "40P01": Trouble.BUSY,  # deadlock_detected
    "53": Trouble.TOO_MANY_CONNECTIONS,  # insufficient resources, also memory
    "53100": Trouble.DISK_FULL,
    "55006": Trouble.BUSY,  # object_in_use
    "55P03": Trouble.BUSY,  # lock_not_available
    "57014": Trouble.BUSY,  # query_canceled
    "57P01": Trouble.CONNECTION_LOST,  # admin_shutdown
    "57P02": Trouble.CONNECTION_LOST,  # crash_shutdown
    "57P03": Trouble.CONNECTION_LOST,  # cannot_connect_now
    "57P04": Trouble.CONNECTION_LOST,  # database_dropped
    "57P05": Trouble.CONNECTION_LOST,  # idle_session_timeout
    "58030": Trouble.DISK_FULL,  # io_error
}
_BY_SQLITE_CODE = {
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
    sqlite3.SQLITE_FULL: Trouble.DISK_FULL,
    sqlite3.SQLITE_IOERR: Trouble.DISK_FULL,
    sqlite3.SQLITE_CANTOPEN: Trouble.CONNECTION_LOST,
}


def database_trouble(error: BaseException | None) -> Trouble | None:
    """Return why the database raised this error, None for an error that stays."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return None
    chain = list(_chain(error))
    # Django connects again while it handles a failed COMMIT, and may fail at that too.
    if any(isinstance(link, CommitInDoubtError) for link in chain):
        return Trouble.COMMIT_IN_DOUBT
    return _by_code(error.__cause__ or error)


def is_connection_lost(error: BaseException) -> bool:
    """Tell whether an error of the driver or of Django says that the connection is lost."""
    return _by_code(error) is Trouble.CONNECTION_LOST


def _by_code(error: BaseException) -> Trouble | None:
    sqlite_code = getattr(error, "sqlite_errorcode", None)
    if isinstance(sqlite_code, int):
        return _BY_SQLITE_CODE.get(sqlite_code & 0xFF)
    if not hasattr(error, "sqlstate"):
        return None
    if error.sqlstate is None:
        # The driver itself raises this: it has lost the server, or has not reached it.
        is_lost = type(error).__name__ in _DRIVER_ERRORS
        return Trouble.CONNECTION_LOST if is_lost else None
    return _BY_SQLSTATE.get(error.sqlstate) or _BY_SQLSTATE.get(error.sqlstate[:2])


_DRIVER_ERRORS = {"OperationalError", "ConnectionTimeout", "PoolTimeout"}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and those that it was raised from or during."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__
