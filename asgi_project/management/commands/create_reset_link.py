"""Print a link with which a user who forgot their password can set a new one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from accounts.models import ResetLink, User
from asgi_project.public_address import public_address
from rest.database_command import DatabaseCommand

GUESSED = "This is the address where an owner last signed in. TROLLEY_URL sets another one."
UNKNOWN = "Put the address that people use before it, or set TROLLEY_URL: it is not known here."


class Command(DatabaseCommand):
    """Does not change the password: the old one is valid until the link is used."""

    help = "Print a link with which a user can set a new password, once, within 24 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("username", help="the user who forgot their password")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        """Create the link; older links of the user stop working."""
        try:
            user = User.objects.get_by_natural_key(username)
        except User.DoesNotExist:
            raise CommandError(f"there is no user called {username}") from None
        if user.is_guest or not user.is_active:
            reason = "a guest, who has no password" if user.is_guest else "disabled"
            raise CommandError(f"{username} is {reason}")
        address = public_address()
        self.stdout.write(f"{address}/reset/#{ResetLink.issue(user)}")
        if not settings.PUBLIC_URL:
            self.stderr.write(GUESSED if address else UNKNOWN)
