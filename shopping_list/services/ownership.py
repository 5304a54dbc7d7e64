"""Owners: a list with members keeps at least one owner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from rest.errors import DomainError
from shopping_list.models import Membership, ShoppingItem, ShoppingList
from shopping_list.recording.context import recording
from shopping_list.recording.owners import OWNER


class LastOwnerError(DomainError):
    """`lists` would have members but no owner."""

    message = "The last owner cannot leave: make another member an owner first."

    def __init__(self, lists: Sequence[ShoppingList]) -> None:
        super().__init__()
        self.lists = lists


def require_owner(list_id: UUID) -> None:
    """Raise LastOwnerError if the list has no owner. Call before the end of a recording."""
    if not Membership.objects.filter(shopping_list_id=list_id, role=OWNER).exists():
        raise LastOwnerError([ShoppingList.objects.get(pk=list_id)])


def lists_solely_owned_by(user: User) -> QuerySet[ShoppingList]:
    """Return, by name, the lists that have other members but no other owner than this user.

    Lists in the trash are left out: they need no owner.
    """
    others = _others_than(user)
    lists = _owned_by(user).filter(Exists(others), ~Exists(others.filter(role=OWNER)))
    ordered: QuerySet[ShoppingList] = lists.filter(deleted_at=None).order_by("name", "pk")
    return ordered


def lists_referencing(user: User) -> set[UUID]:
    """Return the lists that name a user: as member or creator, or on one of their items."""
    items = ShoppingItem.objects.filter(Q(created_by=user) | Q(purchased_by=user))
    lists = ShoppingList.objects.filter(created_by=user)
    members = Membership.objects.filter(user=user)
    return {*items.list_ids(), *lists.list_ids(), *members.list_ids()}


def release_lists(user: User) -> None:
    """Delete or keep a user's lists before their account is deleted.

    Call it in the transaction of the deletion.

    1. Lock every list that the deletion will change, so that no other member
       leaves one of them meanwhile.
    2. Refuse if a list with other members would have no owner.
    3. Delete the lists without other members, also those in the trash.

    Raises LastOwnerError.
    """
    with recording(*lists_referencing(user)):
        if blocked := list(lists_solely_owned_by(user)):
            raise LastOwnerError(blocked)
        _owned_by(user).filter(~Exists(_others_than(user))).delete()


def _owned_by(user: User) -> QuerySet[Any]:
    ownerships = Membership.objects.filter(user=user, role=OWNER)
    return ShoppingList.objects.filter(memberships__in=ownerships)


def _others_than(user: User) -> QuerySet[Any]:
    members = Membership.objects.active().exclude(user=user)
    return members.filter(shopping_list_id=OuterRef("pk"))
