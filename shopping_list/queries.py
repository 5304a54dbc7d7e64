"""Read lists, items and members as rows (rows.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, UUIDField
from msgspec.structs import asdict

from rest.compiled_query import CompiledQuery, Row, Statement
from rest.id_array import ID_ARRAY, IdArray
from shopping_list import list_settings, models
from shopping_list.rows import ItemRow, ListHeader, ListRow, Member, Person, StoredItem

MAX_SNAPSHOT_ATTEMPTS = 5

_ITEM_COLUMNS = (
    "id",
    "name",
    "quantity",
    "note",
    "category",
    "purchased",
    "purchased_at",
    "position",
    "version",
    "created_at",
    "updated_at",
    "purchased_by_id",
    "purchased_by__name",
    "purchased_by__username",
    "created_by_id",
    "created_by__name",
    "created_by__username",
    "shopping_list_id",
    "name_key",
    "shops",
    "not_found_at",
)


@dataclass(frozen=True)
class ListSnapshot:
    """A whole list at one position of its history."""

    epoch: str
    version: int
    digest: str
    list: ListRow
    items: tuple[ItemRow, ...]


@lru_cache(maxsize=256)  # the rows of a list name few users
def _person(user_id: int | None, name: str | None, username: str | None) -> Person | None:
    """Return a user from the columns of an outer join."""
    return None if user_id is None else Person(user_id, name or username or "")


def item_columns(items: QuerySet[Any]) -> QuerySet[Any]:
    """Return the columns that `item_from_columns` reads."""
    return items.values_list(*_ITEM_COLUMNS)


def item_from_columns(values: tuple[Any, ...]) -> StoredItem:
    """Return the item of one tuple of `item_columns`."""
    (
        item_id,
        name,
        quantity,
        note,
        category,
        purchased,
        purchased_at,
        position,
        version,
        created_at,
        updated_at,
        buyer_id,
        buyer_name,
        buyer_username,
        creator_id,
        creator_name,
        creator_username,
        list_id,
        name_key,
        shops,
        not_found_at,
    ) = values
    row = ItemRow(
        id=item_id,
        name=name,
        quantity=quantity,
        note=note,
        category=category,
        purchased=purchased,
        purchased_at=purchased_at,
        purchased_by=_person(buyer_id, buyer_name, buyer_username),
        position=position,
        version=version,
        created_at=created_at,
        created_by=_person(creator_id, creator_name, creator_username),
        updated_at=updated_at,
        shops=tuple(shops),
        not_found_at=not_found_at,
    )
    return StoredItem(list_id, name_key, row)


_one_item = CompiledQuery(
    lambda pk: item_columns(models.ShoppingItem.objects.filter(pk=pk)),
    fields=[UUIDField()],
    sample_arguments=((UUID(int=1),), (UUID(int=2),)),
)


_many_items = CompiledQuery(
    lambda ids: item_columns(models.ShoppingItem.objects.filter(pk__in=IdArray(ids)).order_by()),
    fields=[ID_ARRAY],
    sample_arguments=(([UUID(int=1)],), ([UUID(int=2)],)),
)
_items_of_list = CompiledQuery(
    lambda list_id: item_columns(
        models.ShoppingItem.objects.filter(shopping_list_id=list_id).order_by("position", "id")
    ),
    fields=[UUIDField()],
    sample_arguments=((UUID(int=1),), (UUID(int=2),)),
)


def item_by_id(pk: UUID) -> Statement[list[Row]]:
    """Return the statement that reads one item, for `item_from_columns`."""
    return _one_item.bind(pk)


def stored_items(ids: Collection[UUID]) -> dict[UUID, StoredItem]:
    """Return the items that exist among these ids."""
    if not ids:
        return {}
    if len(ids) == 1:
        items = _one_item.map(item_from_columns, *ids)
    else:
        items = _many_items.map(item_from_columns, ids)
    return {item.row.id: item for item in items}


def items_of_list(list_id: UUID) -> list[StoredItem]:
    """Return a list's items in their order, with the keys of their names."""
    return _items_of_list.map(item_from_columns, list_id)


def item_rows(list_id: UUID) -> tuple[ItemRow, ...]:
    """Return a list's items in their order."""
    return tuple(_items_of_list.map(lambda values: item_from_columns(values).row, list_id))


def members(list_id: UUID) -> tuple[Member, ...]:
    """Return a list's members in the order of their user ids.

    Not in the order of their rows: a member who is removed and added again in
    one change makes no difference.
    """
    return members_of([list_id]).get(list_id, ())


def members_of(list_ids: Collection[UUID]) -> dict[UUID, tuple[Member, ...]]:
    """Return the members of these lists, as `members` does; a list without members is left out."""
    rows = models.Membership.objects.filter(shopping_list_id__in=list_ids).order_by("user_id")
    columns = ("shopping_list_id", "user_id", "user__name", "user__username", "role")
    members: defaultdict[UUID, list[Member]] = defaultdict(list)
    for list_id, user_id, name, username, role in rows.values_list(*columns):
        members[list_id].append(Member(user_id, name or username, role))
    return {list_id: tuple(list_members) for list_id, list_members in members.items()}


def list_row(list_id: UUID) -> ListRow:
    """Return a list's own fields.

    Raises ShoppingList.DoesNotExist.
    """
    shopping_list = models.ShoppingList.objects.select_related("created_by").get(pk=list_id)
    return list_row_of(shopping_list, members(list_id))


def list_row_of(shopping_list: models.ShoppingList, members: tuple[Member, ...]) -> ListRow:
    """Return the row of a list that is already loaded, with these members."""
    return ListRow(
        **asdict(list_header_of(shopping_list, members)),
        aisles=tuple(shopping_list.aisles),
        shops=list_settings.shops_of(shopping_list.shops),
        staples=list_settings.staples_of(shopping_list.staples),
    )


def list_header_of(shopping_list: models.ShoppingList, members: tuple[Member, ...]) -> ListHeader:
    """Return the name and the members of a list that is loaded, perhaps without its settings."""
    creator = shopping_list.created_by
    return ListHeader(
        id=shopping_list.pk,
        name=shopping_list.name,
        last_interaction=shopping_list.last_interaction,
        created_at=shopping_list.created_at,
        created_by=Person(creator.pk, creator.display_name) if creator else None,
        members=members,
    )


def snapshot(list_id: UUID) -> ListSnapshot | None:
    """Return a list as it was at exactly one version, or None if it was deleted.

    Optimistic: every commit that changes a row also raises the version, so the
    same version before and after reading the rows proves that nothing changed. A
    list that changes all the time is read under its lock.
    """
    for _ in range(MAX_SNAPSHOT_ATTEMPTS):
        candidate = _read(list_id)
        if candidate is None or (candidate.epoch, candidate.version) == _position(list_id):
            return candidate
    with transaction.atomic():
        models.ShoppingList.objects.select_for_update(no_key=True).filter(pk=list_id).first()
        return _read(list_id)


def _position(list_id: UUID) -> tuple[str, int] | None:
    lists = models.ShoppingList.objects.filter(pk=list_id)
    return lists.values_list("epoch", "version").first()


def _read(list_id: UUID) -> ListSnapshot | None:
    lists = models.ShoppingList.objects.not_deleted().select_related("created_by")
    shopping_list = lists.filter(pk=list_id).first()
    if shopping_list is None:
        return None
    row = list_row_of(shopping_list, members(list_id))
    return ListSnapshot(
        epoch=shopping_list.epoch,
        version=shopping_list.version,
        digest=shopping_list.digest,
        list=row,
        items=item_rows(list_id),
    )
