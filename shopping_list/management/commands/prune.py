"""Remove what is over: guests whose time has come, and invites of long ago."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from shopping_list import invites


class Command(BaseCommand):
    """Run it as often as you like; a running server ends guests by itself."""

    help = "Remove guests whose time is over, and invites that ended more than 30 days ago."

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove, and say how much."""
        ended, forgotten = invites.end_expired(), invites.forget_old()
        self.stdout.write(f"{ended} guests' time was over; {forgotten} old invites are forgotten.")
