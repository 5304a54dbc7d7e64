#!/usr/bin/env python3
"""Django's command line for Trolley."""

import os
import sys

from asgi_project.data_directory import UMASK

SOURCE_COMMANDS = ("makemigrations", "squashmigrations", "optimizemigration")
"""These write source files, which other users may read."""


def main() -> None:
    """Run the management command named on the command line."""
    if not set(sys.argv[1:2]) & set(SOURCE_COMMANDS):
        # Before anything is created: the database has the data of every user.
        os.umask(UMASK)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415  (fails with a clear error if Django is missing)
    from django.core.management import execute_from_command_line  # noqa: PLC0415
    from django.db import Error  # noqa: PLC0415

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"trolley: {error}")
    except Error as error:
        from rest.database_errors import database_trouble  # noqa: PLC0415  (needs Django)

        if (trouble := database_trouble(error)) is None:
            raise
        one_line = " ".join(str(error).split())
        sys.exit(f"trolley: {trouble.detail} ({one_line})")


if __name__ == "__main__":
    main()
