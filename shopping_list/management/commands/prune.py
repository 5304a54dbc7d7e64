"""Delete what has expired: guests, invites, the trash, sessions, tokens, answers, the log."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

from django.conf import settings

from accounts import attempt_counts, lockout, sessions, tokens
from rest.database_command import DatabaseCommand
from rest.progress import Progress
from shopping_list.models import IdempotentResponse
from shopping_list.services import invites, log_retention, memberships, trash


class Command(DatabaseCommand):
    """May run at any time. A running server removes expired guests by itself."""

    help = (
        "Delete expired guests and sessions, lists that have been in the trash for more than "
        "30 days, invites, tokens and stored answers that expired more than 30 days ago, and "
        "failed sign-ins that are older than 30 days. With TROLLEY_HISTORY_DAYS, delete recorded "
        "changes that are older, but the 1,000 newest of each list."
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
        if settings.HISTORY_DAYS:
            deleted = self._delete_old_changes(timedelta(days=settings.HISTORY_DAYS))
            self.stdout.write(f"{deleted} changes deleted from the history.")

    def _delete_old_changes(self, age: timedelta) -> int:
        total = log_retention.count_old(age)
        progress = Progress(sys.stderr, "changes")
        looked_at = deleted = 0
        for batch in log_retention.delete_old(age):
            looked_at += batch.looked_at
            deleted += batch.deleted
            progress.advance(looked_at, max(total, looked_at))
        progress.end()
        return deleted


def _delete_responses() -> int:
    deleted, _ = IdempotentResponse.objects.expired().delete()
    return deleted
