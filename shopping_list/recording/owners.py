"""A list that has members has an owner, however the members came or went."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from shopping_list.models import Membership
from shopping_list.recording.context import recording
from shopping_list.rows import ROLES

OWNER = Membership.Role.OWNER


def promote_successor(list_id: UUID) -> None:
    """Make one member an owner if the list has members and no owner.

    The successor is the member with the highest role, then the longest membership.
    Guests and disabled users come last. Call it at the end of the recording.
    """
    members = Membership.objects.active().filter(shopping_list_id=list_id)
    successor = min(members.select_related("user"), key=_succession_key, default=None)
    if successor is not None and successor.role != OWNER:
        successor.role = OWNER
        successor.save(update_fields=["role"])


def check(list_id: UUID) -> None:
    """Promote a successor as a change of its own, if one is missing: after a raw fixture."""
    with recording(list_id) as unit:
        unit.track_members([list_id])


def _succession_key(member: Membership) -> tuple[Any, ...]:
    if member.role == OWNER:
        return (False,)
    comes_last = (not member.user.is_active, member.user.is_guest)
    return (True, *comes_last, -ROLES.index(member.role), member.created_at, member.pk)
