"""Migrate the database to the version of the code; reject a database that is newer."""

from __future__ import annotations

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from asgi_project.serving.locks import migration_lock


class NewerDatabaseError(Exception):
    """The database has migrations that this code does not know."""


def check_connection() -> None:
    """Connect to PostgreSQL once, and close; raises OperationalError."""
    if connection.vendor == "postgresql":
        psycopg = connection.Database  # type: ignore[attr-defined]
        with connection.wrap_database_errors:
            psycopg.connect(**connection.get_connection_params()).close()


def migrate_locked() -> None:
    """Apply the missing migrations under a lock; raises NewerDatabaseError."""
    with migration_lock(settings.DATA_DIR):
        executor = MigrationExecutor(connection)
        if unknown := unknown_migrations(executor.loader):
            raise NewerDatabaseError(", ".join(unknown))
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)


def unknown_migrations(loader: MigrationLoader) -> list[str]:
    """Return the names of applied migrations that the installed apps do not have."""
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known |= set(migration.replaces)
    applied = loader.applied_migrations
    return sorted(
        f"{app}.{name}"
        for app, name in applied
        if app in loader.migrated_apps and (app, name) not in known
    )
