"""Remove what is over: guests, invites, the trash, sessions, tokens, answers to old requests."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts import sessions, tokens
from shopping_list.models import IdempotentResponse
from shopping_list.services import invites, memberships, trash


class Command(BaseCommand):
    """Run it as often as you like; a running server ends guests by itself."""

    help = (
        "Remove guests and sessions whose time is over, lists that were deleted more than "
        "30 days ago, and invites, tokens and stored answers that were over before that."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove, and say how much."""
        self.stdout.write(f"{memberships.remove_expired()} guests' time was over.")
        self.stdout.write(f"{trash.purge()} lists are gone from the trash.")
        self.stdout.write(f"{invites.delete_expired()} old invites are forgotten.")
        self.stdout.write(f"{_delete_responses()} answers to old requests are forgotten.")
        self.stdout.write(f"{sessions.delete_expired()} sessions were over.")
        self.stdout.write(f"{tokens.delete_expired()} tokens that were over are forgotten.")


def _delete_responses() -> int:
    deleted, _ = IdempotentResponse.objects.expired().delete()
    return deleted
