"""Migrate the database to the version of the code; reject a database that is newer."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from asgi_project.backup import backup_files
from asgi_project.backup.backup_format import BackupError
from asgi_project.backup.writing import write_backup
from asgi_project.serving.locks import migration_lock

logger = logging.getLogger(__name__)
KEEP = 3
"""Backups from before a migration."""


class NewerDatabaseError(Exception):
    """The database has migrations that this code does not know."""


class NoBackupError(Exception):
    """The database is to be migrated, and no backup of it could be written."""


def check_connection() -> None:
    """Connect to PostgreSQL once, and close; raises OperationalError."""
    if connection.vendor == "postgresql":
        psycopg = connection.Database  # type: ignore[attr-defined]
        with connection.wrap_database_errors:
            psycopg.connect(**connection.get_connection_params()).close()


def migrate_locked() -> None:
    """Apply the missing migrations under a lock, after a backup.

    Raises NewerDatabaseError and NoBackupError.
    """
    with migration_lock(settings.DATA_DIR):
        executor = MigrationExecutor(connection)
        if unknown := unknown_migrations(executor.loader):
            raise NewerDatabaseError(", ".join(unknown))
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            if executor.loader.applied_migrations:
                _back_up()
            call_command("migrate", interactive=False, verbosity=0)


def _back_up() -> None:
    folder = settings.DATA_DIR / backup_files.FOLDER
    path = backup_files.new_name(folder, backup_files.BEFORE_MIGRATION)
    try:
        write_backup(path)
    except (OSError, BackupError) as error:
        raise NoBackupError(str(error)) from error
    logger.info("the tables are going to be changed; %s has them as they were", path)
    backup_files.delete_old(folder, backup_files.BEFORE_MIGRATION, KEEP)


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
