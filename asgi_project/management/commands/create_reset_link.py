"""Print a link by which somebody who forgot their password sets another one."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import ResetLink, User
from asgi_project.serving.startup_message import base_url


class Command(BaseCommand):
    """Changes nothing by itself: the old password stays good until the link is used."""

    help = "Print a link that sets another password, once, within 24 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        """Make the link; an older one is worthless from here on."""
        try:
            person = User.objects.get_by_natural_key(username)
        except User.DoesNotExist:
            raise CommandError(f"there is no person called {username}") from None
        if person.is_guest or not person.is_active:
            why = "a guest, who has no password" if person.is_guest else "disabled"
            raise CommandError(f"{username} is {why}")
        host, port = os.environ.get("TROLLEY_HOST", ""), int(os.environ.get("TROLLEY_PORT", "8000"))
        self.stdout.write(f"{base_url(host, port)}/reset/#{ResetLink.issue(person)}")
