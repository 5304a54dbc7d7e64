"""Restore a backup in the place of the database."""

from __future__ import annotations

import fcntl
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, connection

from asgi_project.backup import restoring
from asgi_project.backup.backup_format import BackupError
from asgi_project.serving.locks import LockHeldError, UnwritableError, file_lock, migration_lock
from rest.progress import Progress

RUNS = "Trolley is running: stop it before you restore a backup"


class Command(BaseCommand):
    """Replaces everything with the content of a backup, or changes nothing."""

    help = (
        "Replace the whole database with a backup, from SQLite or from PostgreSQL. Trolley must "
        "not run. Everybody has to sign in again."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file, and `--yes`."""
        parser.add_argument("file", type=Path, help="the backup")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *, file: Path, yes: bool, **options: Any) -> None:
        """Read the whole file first, then ask, then restore."""
        try:
            with _nothing_else_running():
                header = restoring.check_restorable(file)
                self.stdout.write(
                    f"{file}: {header.rows} rows of {header.created_at}, Trolley {header.trolley}."
                )
                if not yes and not _agrees():
                    raise CommandError("nothing was changed")
                progress = Progress(sys.stderr, "rows")
                try:
                    kept = restoring.restore(file, progress.advance)
                finally:
                    progress.end()
        except (OSError, BackupError, IntegrityError) as error:
            raise CommandError(f"{file}: {error}") from None
        self.stdout.write("Restored. Start Trolley; everybody has to sign in again.")
        if kept:
            self.stdout.write(f"The database that was there before is {kept}.")


def _agrees() -> bool:
    return input("Replace everything in the database? [y/N] ").strip().lower() == "y"


@contextmanager
def _nothing_else_running() -> Iterator[None]:
    """Hold the locks of a server. On PostgreSQL, it may run on another machine too."""
    try:
        with (
            file_lock(settings.DATA_DIR / "serve.lock", mode=fcntl.LOCK_EX | fcntl.LOCK_NB),
            migration_lock(settings.DATA_DIR),
        ):
            if connection.vendor == "postgresql" and restoring.running_servers():
                raise CommandError(RUNS)
            yield
    except LockHeldError:
        raise CommandError(RUNS) from None
    except UnwritableError as error:
        raise CommandError(str(error)) from None
