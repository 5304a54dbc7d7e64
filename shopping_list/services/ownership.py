"""Owners: a list that people are on keeps one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from shopping_list.models import Membership, ShoppingItem, ShoppingList
from shopping_list.recording.context import recording
from shopping_list.rows import ROLES

OWNER = Membership.Role.OWNER


class LastOwnerError(RuntimeError):
    """`lists` would be left without an owner, with people on them."""

    def __init__(self, lists: Sequence[ShoppingList]) -> None:
        super().__init__(f"{len(lists)} lists")
        self.lists = lists


def require_owner(list_id: UUID) -> None:
    """Raise OwnerlessError if the list has no owner. Call before the end of a recording."""
    if not Membership.objects.filter(shopping_list_id=list_id, role=OWNER).exists():
        raise LastOwnerError([ShoppingList.objects.get(pk=list_id)])


def lists_solely_owned_by(person: User) -> QuerySet[ShoppingList]:
    """Return, by name, the lists that others are on and nobody but this person owns.

    Those in the trash are left out: they can be left to themselves.
    """
    others = _others_than(person)
    mine = _owned_by(person).filter(Exists(others), ~Exists(others.filter(role=OWNER)))
    found: QuerySet[ShoppingList] = mine.filter(deleted_at=None).order_by("name", "pk")
    return found


def lists_referencing(person: User) -> set[UUID]:
    """Return the lists that name a person: as member or maker, or on one of their items."""
    items = ShoppingItem.objects.filter(Q(created_by=person) | Q(purchased_by=person))
    lists = ShoppingList.objects.filter(created_by=person)
    members = Membership.objects.filter(user=person)
    return {*items.list_ids(), *lists.list_ids(), *members.list_ids()}


def release_lists(person: User) -> None:
    """Settle what becomes of somebody's lists before their account is deleted.

    Call it in the transaction of the deletion.

    1. Lock every list that the deletion will touch, so that nobody else leaves
       one of them meanwhile.
    2. A list that others are on needs another owner first.
    3. A list that nobody else is on goes with the account, also from the trash.

    Raises OwnerlessError.
    """
    with recording(*lists_referencing(person)):
        if blocked := list(lists_solely_owned_by(person)):
            raise LastOwnerError(blocked)
        _owned_by(person).filter(~Exists(_others_than(person))).delete()


def promote_successors(lists: Iterable[UUID]) -> None:
    """Make an owner on each of these lists that people are on and nobody owns.

    It is who may do most; of several, who is on the list for the longest. Guests
    and disabled people come last. Call it inside the recording of what left the
    list without one.
    """
    for list_id in lists:
        members = Membership.objects.active().filter(shopping_list_id=list_id)
        successor = min(members.select_related("user"), key=_succession_key, default=None)
        if successor is not None and successor.role != OWNER:
            successor.role = OWNER
            successor.save()


def _succession_key(member: Membership) -> tuple[Any, ...]:
    if member.role == OWNER:
        return (False,)
    last = (not member.user.is_active, member.user.is_guest)
    return (True, *last, -ROLES.index(member.role), member.created_at, member.pk)


def _owned_by(person: User) -> QuerySet[Any]:
    mine = Membership.objects.filter(user=person, role=OWNER)
    return ShoppingList.objects.filter(memberships__in=mine)


def _others_than(person: User) -> QuerySet[Any]:
    members = Membership.objects.active().exclude(user=person)
    return members.filter(shopping_list_id=OuterRef("pk"))
