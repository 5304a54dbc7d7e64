"""A management command that needs a migrated database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from rest.database_errors import database_trouble

NOT_MIGRATED = "the database is not migrated: start Trolley once, or run `manage.py migrate`"


class DatabaseCommand(BaseCommand):
    """Fails with one line, and no traceback, if the database waits for a migration.

    manage.py says it in one line if the database cannot be used now.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command. Raises CommandError if the database is not migrated."""
        try:
            return super().execute(*args, **options)
        except DatabaseError as error:
            if database_trouble(error) is None and _is_behind():
                raise CommandError(NOT_MIGRATED) from None
            raise


def _is_behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
