"""The trash: deleted lists are kept for a while, and then removed for good."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from shopping_list.models import ShoppingList
from shopping_list.recording import actor
from shopping_list.recording.querysets import ListQuerySet

RETENTION = timedelta(days=30)
"""How long a deleted list can be restored."""


def restore_cutoff() -> datetime:
    """Return the moment before which a list was deleted too long ago."""
    return timezone.now() - RETENTION


def purge() -> int:
    """Delete the lists that cannot be restored any more, each as one change; return how many.

    Their logs stay, so that their ids do (API-20).
    """
    over = ShoppingList.objects.filter(deleted_at__lt=restore_cutoff())
    with actor.acting_as(None):
        # The deletion looks again under the lock: one restored meanwhile is left alone.
        return sum(_delete(over.filter(pk=pk)) for pk in over.values_list("pk", flat=True))


def _delete(lists: ListQuerySet) -> int:
    _, rows = lists.delete()
    return rows.get(ShoppingList._meta.label, 0)
