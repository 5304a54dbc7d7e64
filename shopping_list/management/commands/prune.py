"""Delete what has expired: guests, invites, the trash, sessions, tokens, answers, sign-ins."""

from __future__ import annotations

from typing import Any

from accounts import attempt_counts, lockout, sessions, tokens
from rest.database_command import DatabaseCommand
from shopping_list.models import IdempotentResponse
from shopping_list.services import invites, memberships, trash


class Command(DatabaseCommand):
    """May run at any time. A running server removes expired guests by itself."""

    help = (
        "Delete expired guests and sessions, lists that have been in the trash for more than "
        "30 days, invites, tokens and stored answers that expired more than 30 days ago, and "
        "failed sign-ins that are older than 30 days."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, and print how many rows."""
        self.stdout.write(f"{memberships.remove_expired()} guests removed.")
        self.stdout.write(f"{trash.purge()} lists deleted from the trash.")
        self.stdout.write(f"{invites.delete_expired()} invites deleted.")
        self.stdout.write(f"{_delete_responses()} answers to old requests deleted.")
        self.stdout.write(f"{sessions.delete_expired()} sessions deleted.")
        self.stdout.write(f"{tokens.delete_expired()} tokens deleted.")
        self.stdout.write(f"{lockout.delete_old()} failed sign-ins deleted.")
        attempt_counts.delete_expired()


def _delete_responses() -> int:
    deleted, _ = IdempotentResponse.objects.expired().delete()
    return deleted
