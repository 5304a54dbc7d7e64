"""PostgreSQL with lasting connections that are checked before a request uses them.

Each request thread keeps its connection: a pool costs 0.1 to 0.3 ms of every request.
PostgreSQL may end a connection at any time: at a restart, at a failover, by the hand of
its administrator. Django's own check is a query before each request. Here the socket tells
it without a round trip: when the server ends a connection, there is something to read.
Only a connection that was idle for long is asked by a query, because a machine that was
cut off says nothing.
"""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.backends.postgresql import base

from rest.database_errors import CommitInDoubtError, is_connection_lost

MAX_IDLE_SECONDS = 30.0
"""A connection that was idle for longer is asked by a query whether it works."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks its connection where Django does, but rarely by a query."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._checked_at = 0.0

    def close_if_health_check_failed(self) -> None:
        """Close the connection if it does not work any more. Django connects again."""
        if self.connection is None or self.health_check_done:  # type: ignore[has-type]
            return
        now = time.monotonic()
        if now - self._checked_at < MAX_IDLE_SECONDS and not self._has_unread_input():
            self.health_check_done = True
        self._checked_at = now
        super().close_if_health_check_failed()

    def _has_unread_input(self) -> bool:
        """Tell whether the server sent something, or ended the connection, since the last query.

        No result is pending then, so it is the end, or a notice that a query would read.
        """
        try:
            poll = select.poll()
            poll.register(self.connection.fileno(), select.POLLIN)
        except Exception:  # psycopg's OperationalError: the connection is closed
            return True
        return bool(poll.poll(0))

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        except Exception as error:
            if is_connection_lost(error) or is_connection_lost(error.__cause__ or error):
                raise CommitInDoubtError(str(error)) from error
            raise

    @contextmanager
    def waiting_at_most(self, seconds: float) -> Iterator[None]:
        """Open a transaction that waits for locks no longer than this."""
        with transaction.atomic(using=self.alias):
            with self.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = %s", [max(1, round(seconds * 1000))])
            yield
