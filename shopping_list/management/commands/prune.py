"""Remove what is over: guests, invites, the trash, sessions, tokens, answers to old requests."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts import sessions, tokens
from shopping_list import invites, trash
from shopping_list.api import idempotency


class Command(BaseCommand):
    """Run it as often as you like; a running server ends guests by itself."""

    help = (
        "Remove guests and sessions whose time is over, lists that were deleted more than "
        "30 days ago, and invites, tokens and stored answers that were over before that."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove, and say how much."""
        self.stdout.write(f"{invites.end_expired()} guests' time was over.")
        self.stdout.write(f"{trash.empty()} lists are gone from the trash.")
        self.stdout.write(f"{invites.forget_old()} old invites are forgotten.")
        self.stdout.write(f"{idempotency.forget_old()} answers to old requests are forgotten.")
        self.stdout.write(f"{sessions.forget_old()} sessions were over.")
        self.stdout.write(f"{tokens.forget_old()} tokens that were over are forgotten.")
