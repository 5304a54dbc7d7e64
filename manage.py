#!/usr/bin/env python3
"""Django's command line for Trolley."""

import os
import sys

from asgi_project.data_directory import UMASK

SOURCE_COMMANDS = ("makemigrations", "squashmigrations", "optimizemigration")
"""These write source files, which other users may read."""
EXIT_USAGE = 2
"""The exit code for settings and arguments that cannot be used."""


def main() -> None:
    """Run the command of the command line; print a line for each setting that is wrong."""
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
        lines = [f"trolley: {line}\n" for line in str(error).split("\n")]
        sys.stderr.write("".join(lines))
        sys.exit(EXIT_USAGE)
    except Error as error:
        from rest.database_errors import database_trouble  # noqa: PLC0415  (needs Django)

        if (trouble := database_trouble(error)) is None:
            raise
        one_line = " ".join(str(error).split())
        sys.exit(f"trolley: {trouble.detail} ({one_line})")


if __name__ == "__main__":
    main()
