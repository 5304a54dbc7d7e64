"""Remove the members whose membership has expired."""

from __future__ import annotations

from uuid import UUID

from shopping_list.models import Membership
from shopping_list.recording import actor
from shopping_list.recording.context import recording


def remove_expired() -> int:
    """Remove every expired member, as a recorded change of each list; return how many.

    One query where no membership has expired, so every process may call it often.
    """
    lists = Membership.objects.expired().list_ids()
    return sum(remove_expired_from(list_id) for list_id in sorted(lists))


def remove_expired_from(list_id: UUID) -> int:
    """Remove the expired members of one list, as one recorded change; return how many."""
    expired = Membership.objects.expired().filter(shopping_list_id=list_id)
    if not expired.exists():
        return 0
    with actor.acting_as(None), recording(list_id):
        removed, _ = expired.delete()
    return int(removed)
