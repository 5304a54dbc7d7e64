"""Whether this process can serve requests."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

Status = Literal["ready", "degraded", "unready"]


class Health(NamedTuple):
    """The state of each part. A process without the channel layer still serves requests."""

    database: bool
    migrations: bool
    layer: bool
    draining: bool

    @property
    def status(self) -> Status:
        """The overall state. While `degraded`, changes arrive by reconciling."""
        if self.draining or not (self.database and self.migrations):
            return "unready"
        return "ready" if self.layer else "degraded"

    def body(self) -> dict[str, Any]:
        """Return the JSON values of the response. They contain nothing that must stay secret."""
        return {"status": self.status, **self._asdict()}


_is_migrated = False


def check_database() -> tuple[bool, bool]:
    """Return whether the database is reachable and whether it is migrated. Uses the database."""
    global _is_migrated  # noqa: PLW0603  (a migrated database stays migrated)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated:
            executor = MigrationExecutor(connection)
            _is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception:
        return False, False
    return True, _is_migrated
