"""Prepare the database once, for processes that start with `serve --prepared`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from asgi_project.data_directory import make_private
from asgi_project.serving.preparation import check_shared_key, errors_in_one_line, prepare
from asgi_project.serving.startup_message import base_url, owner_line


class Command(BaseCommand):
    """Ends when the database can be served. It is safe to run at any time, also twice at once."""

    help = "Migrate the database after a backup, create the owner or print the setup link, and end."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare the database. Every error is one line."""
        check_shared_key()
        with errors_in_one_line():
            setup_secret = prepare()
        if settings.DATA_DIR.is_dir():  # a backup is in it
            make_private(settings.DATA_DIR)
        self.stdout.write("The database is prepared.")
        if setup_secret is not None:
            self.stdout.write(
                owner_line(base_url(settings.LISTEN_HOST, settings.LISTEN_PORT), setup_secret)
            )
