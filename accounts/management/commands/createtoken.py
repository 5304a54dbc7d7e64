"""Create an API token on the command line."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from accounts.models import ApiToken, User
from rest.database_command import DatabaseCommand


class Command(DatabaseCommand):
    """Prints the secret of the new token, which is shown only this once."""

    help = "Create an API token for a user and print it. It is not shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("username", help="the user who owns the token")
        parser.add_argument("--name", default="createtoken", help="the purpose of the token")
        parser.add_argument("--scope", choices=ApiToken.Scope.values, default="write")
        parser.add_argument("--list", type=UUID, help="limit the token to the list with this id")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create and print the token."""
        try:
            user = User.objects.get_by_natural_key(options["username"])
        except User.DoesNotExist:
            raise CommandError(f"there is no user called {options['username']}") from None
        if options["scope"] == ApiToken.Scope.METRICS and options["list"] is not None:
            raise CommandError("--list: a token for metrics is for the whole installation")
        _, secret = ApiToken.objects.create(
            user=user, name=options["name"], scope=options["scope"], list_id=options["list"]
        )
        self.stdout.write(secret)
