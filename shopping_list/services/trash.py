"""The trash: deleted lists are kept for a while, and then deleted for good."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from shopping_list.models import ShoppingList
from shopping_list.recording import actor
from shopping_list.recording.querysets import ListQuerySet

RETENTION = timedelta(days=30)
"""How long a deleted list can be restored."""


def restore_cutoff() -> datetime:
    """Return the time before which a deleted list cannot be restored."""
    return timezone.now() - RETENTION


def purge() -> int:
    """Delete the lists that cannot be restored any more, each as one change; return how many.

    Their logs stay, so that their ids stay taken (API-20).
    """
    expired = ShoppingList.objects.filter(deleted_at__lt=restore_cutoff())
    with actor.acting_as(None):
        # The deletion filters again under the lock: it skips a list restored meanwhile.
        return sum(_delete(expired.filter(pk=pk)) for pk in expired.values_list("pk", flat=True))


def _delete(lists: ListQuerySet) -> int:
    _, deleted = lists.delete()
    return deleted.get(ShoppingList._meta.label, 0)
