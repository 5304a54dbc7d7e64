"""Ceilings: how many lists, items and members users can create.

The recording checks items and members under the lock of their list. So every way to add
them counts: one by one, in bulk, by an import, an undo, a move or the admin. The services
check lists. docs/security.md has the ceilings of everything else.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, UUIDField

from rest.compiled_query import CompiledQuery
from rest.errors import DomainError
from rest.transaction_lock import lock_until_commit
from shopping_list import models

MAX_ITEMS = 10_000
"""Items of one list, bought ones included."""
MAX_MEMBERS = 200
"""Members of one list."""
MAX_OWNED_LISTS = 500
"""Lists outside of the trash that one user owns."""
MAX_OWNED_LISTS_WITH_TRASH = 1_000
"""Lists that one user owns, those in the trash included."""
MAX_LISTS = 10_000
"""Lists of the installation, those in the trash included."""

COUNTING_LOCK_ID = 0x7401_1E48


class TooManyItemsError(DomainError):
    """The list would have more than MAX_ITEMS items."""


class TooManyMembersError(DomainError):
    """The list would have more than MAX_MEMBERS members."""


class TooManyListsError(DomainError):
    """The user would own too many lists, or the installation would have too many."""


_item_count = CompiledQuery(
    lambda list_id: (
        models.ShoppingItem.objects.filter(shopping_list_id=list_id)
        .order_by()
        .values("shopping_list_id")
        .annotate(count=Count("pk"))
        .values_list("count")
    ),
    fields=[UUIDField()],
    sample_arguments=((UUID(int=1),), (UUID(int=2),)),
)


def excess_items(stored: int, added: int) -> int:
    """Return how many items too many a list would have; 0 if a change may add that many."""
    return max(0, stored + added - MAX_ITEMS) if added else 0


def check_items(list_id: UUID) -> None:
    """Raise TooManyItemsError if a list has too many items. Call it with the list locked."""
    for (count,) in _item_count(list_id):
        if count > MAX_ITEMS:
            raise TooManyItemsError(f"A list has at most {MAX_ITEMS:,} items: remove some first.")


def check_members(count: int) -> None:
    """Raise TooManyMembersError if a list may not have this many members."""
    if count > MAX_MEMBERS:
        raise TooManyMembersError(f"A list has at most {MAX_MEMBERS:,} members.")


def check_new_list(owner_id: int) -> None:
    """Raise TooManyListsError if the user may not create another list."""
    check_new_owner(owner_id)
    if models.ShoppingList.objects.count() >= MAX_LISTS:
        raise TooManyListsError(
            f"This installation has {MAX_LISTS:,} lists, with those in the trash, and no more."
        )


def check_new_owner(owner_id: int) -> None:
    """Raise TooManyListsError if the user may not own another list."""
    check_restored_list(owner_id)
    if _owned_by(owner_id).count() >= MAX_OWNED_LISTS_WITH_TRASH:
        raise TooManyListsError(
            f"A user owns at most {MAX_OWNED_LISTS_WITH_TRASH:,} lists, with those in the trash."
        )


def check_restored_list(owner_id: int) -> None:
    """Raise TooManyListsError if the user may not own another list outside of the trash.

    The transactions that count lists wait for each other, until they end.
    """
    lock_until_commit(COUNTING_LOCK_ID)
    if _owned_by(owner_id).filter(shopping_list__deleted_at=None).count() >= MAX_OWNED_LISTS:
        raise TooManyListsError(f"A user owns at most {MAX_OWNED_LISTS:,} lists.")


def _owned_by(user_id: int) -> QuerySet[Any]:
    owner = models.Membership.Role.OWNER
    owned: QuerySet[Any] = models.Membership.objects.filter(user_id=user_id, role=owner)
    return owned
