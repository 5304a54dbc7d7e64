"""Back up the whole installation while it runs."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from asgi_project.backup import backup_files
from asgi_project.backup.backup_format import BackupError
from asgi_project.backup.tables import applied_migrations
from asgi_project.backup.writing import write_backup
from rest.database_command import NOT_MIGRATED
from rest.progress import Progress

KEEP = 14


class Command(BaseCommand):
    """Writes one file that restores on SQLite and on PostgreSQL. Nobody waits for it."""

    help = (
        "Write a backup of everything but sessions to one file, read it again to test it, and "
        "delete old backups. Trolley may run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add `--to` and `--keep`."""
        parser.add_argument(
            "--to",
            type=Path,
            default=Path(settings.DATA_DIR) / backup_files.FOLDER,
            help="folder of the backups (default: backups in the data directory)",
        )
        parser.add_argument(
            "--keep",
            type=int,
            default=KEEP,
            help=f"number of backups that stay there, 0 for all (default: {KEEP})",
        )

    def handle(self, *, to: Path, keep: int, **options: Any) -> None:
        """Write, test, and then delete old ones."""
        if keep < 0:
            raise CommandError("--keep: it must be 0 or more")
        if not applied_migrations():
            raise CommandError(NOT_MIGRATED)
        path = backup_files.new_name(to, backup_files.REGULAR)
        progress = Progress(sys.stderr, "rows")
        try:
            header = write_backup(path, progress.advance)
        except (OSError, BackupError) as error:
            raise CommandError(f"no backup was written: {error}") from None
        finally:
            progress.end()
        size = path.stat().st_size / 1_000_000
        self.stdout.write(f"{path}: {header.rows} rows, {size:.1f} MB, complete and readable.")
        if keep:
            for old in backup_files.delete_old(to, backup_files.REGULAR, keep):
                self.stdout.write(f"{old}: deleted, because {keep} newer ones are kept.")
