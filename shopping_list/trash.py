"""The trash: deleted lists are kept for a while, and then removed for good."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from shopping_list import actor
from shopping_list.managers import ListQuerySet
from shopping_list.models import ShoppingList

KEPT = timedelta(days=30)
"""How long a deleted list can be restored."""


def horizon() -> datetime:
    """Return the moment before which a list was deleted too long ago."""
    return timezone.now() - KEPT


def empty() -> int:
    """Delete the lists that cannot be restored any more, each as one change; return how many.

    Their logs stay, so that their ids do (API-20).
    """
    over = ShoppingList.objects.filter(deleted_at__lt=horizon())
    with actor.acting(None):
        # The deletion looks again under the lock: one restored meanwhile is left alone.
        return sum(_delete(over.filter(pk=pk)) for pk in over.values_list("pk", flat=True))


def _delete(lists: ListQuerySet) -> int:
    _, rows = lists.delete()
    return rows.get(ShoppingList._meta.label, 0)
