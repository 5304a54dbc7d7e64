"""Create the owner of the installation on the command line."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from accounts.models import owner_exists
from accounts.password_text import normal_form
from accounts.registration import create_owner
from rest.database_command import DatabaseCommand


class Command(DatabaseCommand):
    """Asks for the values that are missing; a script passes all of them."""

    help = "Create the owner of this installation, if it has none."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--username", help="the name to sign in with (default: ask)")
        parser.add_argument("--email", default="", help="the email address, which is optional")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
        parser.add_argument("--another", action="store_true", help="create one more owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the owner."""
        if owner_exists() and not options["another"]:
            raise CommandError("there is an owner already: use --another to create one more")
        if not (options["username"] and options["password_stdin"]) and not sys.stdin.isatty():
            raise CommandError("this is not a terminal: use --username and --password-stdin")
        username = options["username"] or input("Name to sign in with: ")
        password = _from_stdin() if options["password_stdin"] else _ask_twice()
        try:
            owner = create_owner(username, password, options["email"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{owner.username} owns this installation.")


def _from_stdin() -> str:
    return sys.stdin.readline().removesuffix("\n")


def _ask_twice() -> str:
    password = getpass("Password: ")
    if normal_form(getpass("Password again: ")) != normal_form(password):
        raise CommandError("the two passwords differ")
    return password
