"""A list that has members has an owner, however the members came or went."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import UUID

from shopping_list.models import Membership
from shopping_list.recording.context import recording
from shopping_list.rows import ROLES, Member

OWNER = Membership.Role.OWNER


def promote_successor(list_id: UUID, members_before: Iterable[Member]) -> None:
    """Make one member an owner if the list has members and no owner.

    The successor is the member with the highest role; of several, the one who was an
    owner before the recording (`members.set(..., clear=True)` forgets the roles), then
    the one with the longest membership. Guests and disabled users come last. Call it at
    the end of the recording.
    """
    owners_before = {member.id for member in members_before if member.role == OWNER}
    members = Membership.objects.active().filter(shopping_list_id=list_id)
    key = partial(_succession_key, owners_before)
    successor = min(members.select_related("user"), key=key, default=None)
    if successor is not None and successor.role != OWNER:
        successor.role = OWNER
        successor.save(update_fields=["role"])


def check(list_id: UUID) -> None:
    """Promote a successor as a change of its own, if one is missing: after a raw fixture."""
    with recording(list_id) as unit:
        unit.track_members([list_id])


def _succession_key(owners_before: set[int], member: Membership) -> tuple[Any, ...]:
    if member.role == OWNER:
        return (False,)
    comes_last = (not member.user.is_active, member.user.is_guest)
    was_no_owner = member.user_id not in owners_before
    role = ROLES.index(member.role)
    return (True, *comes_last, -role, was_no_owner, member.created_at, member.pk)
