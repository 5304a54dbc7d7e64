"""A management command that needs a migrated database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor


class DatabaseCommand(BaseCommand):
    """Fails with one line, and no traceback, if the database cannot be used."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command. Raises CommandError where Django raises DatabaseError."""
        try:
            return super().execute(*args, **options)
        except DatabaseError as error:
            raise CommandError(_reason(error)) from None


def _reason(error: DatabaseError) -> str:
    """Tell a database that waits for a migration from one that cannot be used."""
    try:
        executor = MigrationExecutor(connection)
        is_behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:  # it does not answer
        is_behind = False
    if is_behind:
        return "the database is not migrated: start Trolley once, or run `manage.py migrate`"
    return f"cannot use the database: {' '.join(str(error).split())}"
