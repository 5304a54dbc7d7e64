"""Counts the attempts of a client in the database, so that all processes count together.

The limits on guessing are the only ones that must hold over all processes. They cost
queries only where a password or the secret of a link is tried; the limits of
rest/throttles.py are in memory.
"""

from __future__ import annotations

import math
from datetime import timedelta

from django.db import models
from django.db.models import F
from django.utils import timezone


class AttemptCount(models.Model):
    """How often a client has tried something since its first attempt, until `expires_at`."""

    key = models.CharField(max_length=100, primary_key=True)
    attempts = models.PositiveIntegerField(default=1)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key}: {self.attempts}"


class AttemptCounter:
    """Counts the attempts of each client. A count begins at zero again after `window`."""

    def __init__(self, name: str, *, window: timedelta) -> None:
        self.name = name
        self.window = window

    def add(self, client: str) -> int:
        """Count an attempt; return how many there were in this window, this one included."""
        if not self._increment(client):
            delete_expired()
            expiry = timezone.now() + self.window
            _, is_new = AttemptCount.objects.get_or_create(
                key=self._key(client), defaults={"expires_at": expiry}
            )
            if not is_new:  # a concurrent attempt was first
                self._increment(client)
        return self.current(client)

    def current(self, client: str) -> int:
        """Return how many attempts there were in this window."""
        return self._unexpired(client).values_list("attempts", flat=True).first() or 0

    def seconds_left(self, client: str) -> int:
        """Return after how many seconds the count of the client begins at zero again."""
        expiry = self._unexpired(client).values_list("expires_at", flat=True).first()
        return math.ceil((expiry - timezone.now()).total_seconds()) if expiry else 0

    def _increment(self, client: str) -> int:
        return self._unexpired(client).update(attempts=F("attempts") + 1)

    def _unexpired(self, client: str) -> models.QuerySet[AttemptCount]:
        return AttemptCount.objects.filter(key=self._key(client), expires_at__gt=timezone.now())

    def _key(self, client: str) -> str:
        return f"{self.name}:{client}"


def delete_expired() -> int:
    """Delete the counts that have expired; return how many. Each new count does this too."""
    return AttemptCount.objects.filter(expires_at__lte=timezone.now()).delete()[0]
