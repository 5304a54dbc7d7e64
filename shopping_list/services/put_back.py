"""Put the items of a list back to an earlier state, as one change that can be undone.

The name, the settings and the members of the list stay as they are: who may see a list is not
a matter of its items.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid4

from msgspec.structs import replace

from accounts.models import User
from rest.errors import DomainError
from rest.id_array import ids_in
from shopping_list import models
from shopping_list.rows import ItemRow, Person, optional_id

FIELDS = ("quantity", "note", "category", "position", "shops", "not_found_at")
"""Fields that are written in place. An item whose name or tick differs is inserted again."""
TICK_FIELDS = ("purchased_at", "purchased_by_id")
Rows = dict[UUID, ItemRow]


class NothingToPutBackError(DomainError):
    """The items of the list are as they were."""

    message = "The items of this list are the same as they were then."


def put_back(list_id: UUID, now: Iterable[ItemRow], then: Iterable[ItemRow]) -> None:
    """Make the items of a list what they were. Call it inside a recording of the list.

    1. Remove the items that were not there, and those whose name or tick was another one:
       so no name is open twice in between, however the names were exchanged.
    2. Insert the items that were there. An item that is on another list now gets a new id.
    3. Write the other fields that differ.
    4. Write when and by whom an item was bought, where it was bought then and now.

    Raises NothingToPutBackError, and TooManyItemsError at the end of the recording.
    """
    current = {row.id: row for row in now}
    wanted = {row.id: row for row in _with_existing_users(then)}
    removed = [pk for pk, row in current.items() if _must_be_inserted(row, wanted.get(pk))]
    inserted = [row for pk, row in wanted.items() if _must_be_inserted(row, current.get(pk))]
    kept = wanted.keys() - {row.id for row in inserted}
    edited = [wanted[pk] for pk in kept if _differs(wanted[pk], current[pk], FIELDS)]
    bought = [
        row
        for row in wanted.values()
        if row.purchased
        and (before := current.get(row.id))
        and before.purchased
        and _tick(row) != _tick(before)
    ]
    if not (removed or inserted or edited or bought):
        raise NothingToPutBackError
    items = models.ShoppingItem.objects
    if removed:
        items.filter(pk__in=ids_in(removed)).remove()
    if inserted:
        elsewhere = _ids_on_other_lists(list_id, inserted)
        items.bulk_create([_to_model(list_id, row, elsewhere) for row in inserted])
    if edited:
        items.bulk_update([_to_model(list_id, row) for row in edited], FIELDS)
    if bought:
        columns = [field.removesuffix("_id") for field in TICK_FIELDS]
        items.bulk_update([_to_model(list_id, row) for row in bought], columns)


def _must_be_inserted(row: ItemRow, other: ItemRow | None) -> bool:
    return other is None or _differs(row, other, ("name", "purchased"))


def _differs(row: ItemRow, other: ItemRow, fields: Iterable[str]) -> bool:
    return any(getattr(row, field) != getattr(other, field) for field in fields)


def _tick(row: ItemRow) -> tuple[object, int | None]:
    return row.purchased_at, optional_id(row.purchased_by)


def _with_existing_users(rows: Iterable[ItemRow]) -> list[ItemRow]:
    """Return the rows without the users whose account was deleted since."""
    loaded = list(rows)
    ids = {
        user.id for row in loaded for user in (row.created_by, row.purchased_by) if user is not None
    }
    existing = set(User.objects.filter(pk__in=ids).values_list("pk", flat=True))

    def existing_user(user: Person | None) -> Person | None:
        return user if user is not None and user.id in existing else None

    return [
        replace(
            row,
            created_by=existing_user(row.created_by),
            purchased_by=existing_user(row.purchased_by),
        )
        for row in loaded
    ]


def _ids_on_other_lists(list_id: UUID, rows: Iterable[ItemRow]) -> frozenset[UUID]:
    ids = [row.id for row in rows]
    others = models.ShoppingItem.objects.filter(pk__in=ids_in(ids)).exclude(
        shopping_list_id=list_id
    )
    return frozenset(others.values_list("pk", flat=True))


def _to_model(
    list_id: UUID, row: ItemRow, elsewhere: frozenset[UUID] = frozenset()
) -> models.ShoppingItem:
    return models.ShoppingItem(
        pk=uuid4() if row.id in elsewhere else row.id,
        shopping_list_id=list_id,
        name=row.name,
        quantity=row.quantity,
        note=row.note,
        category=row.category,
        purchased=row.purchased,
        purchased_at=row.purchased_at,
        purchased_by_id=optional_id(row.purchased_by),
        position=row.position,
        created_at=row.created_at,
        created_by_id=optional_id(row.created_by),
        shops=row.shops,
        not_found_at=row.not_found_at,
    )
