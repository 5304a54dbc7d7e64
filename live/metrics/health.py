"""Whether this process lives, and whether it can serve."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from live import runtime

Status = Literal["ready", "degraded", "unready"]


class Health(NamedTuple):
    """What each part says. Only the layer may fail without the process being unready."""

    database: bool
    migrations: bool
    layer: bool
    draining: bool

    @property
    def status(self) -> Status:
        """The sum: `degraded` still serves, and changes arrive by reconciling."""
        if self.draining or not (self.database and self.migrations):
            return "unready"
        return "ready" if self.layer else "degraded"

    def body(self) -> dict[str, Any]:
        """Return it as JSON-ready values that tell strangers nothing more."""
        return {"status": self.status, **self._asdict()}


_migrated = False


def check_database() -> tuple[bool, bool]:
    """Return whether the database answers, and whether it is migrated. Uses the database."""
    global _migrated  # noqa: PLW0603  (migrations do not go away while we run)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception:
        return False, False
    return True, _migrated


def process_health(*, database_ok: bool, migrated: bool) -> Health:
    """Return how this process is."""
    running = runtime.get_running()
    return Health(
        database=database_ok,
        migrations=migrated,
        layer=running is None or running.relay.layer_client.is_up,
        draining=running is not None and running.draining,
    )
