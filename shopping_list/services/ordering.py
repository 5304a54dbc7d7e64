"""The position of an item on its list. Call inside a recording of that list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.core.exceptions import ValidationError

from shopping_list import models
from shopping_list.parsing import fractional_index


class NotOnListError(ValidationError):
    """The item named by `after` is not on the list."""

    def __init__(self) -> None:
        super().__init__({"after": ["That item is not on this list."]})


def position_after(list_id: UUID, after: UUID | None, *, moving: UUID | None = None) -> str:
    """Return a position right after the item `after`; None is the top.

    `moving` is the item that is moved: its old position does not count. If two
    neighbours leave no room, all items of the list get new positions as part of
    the same change. Raises NotOnListError.
    """
    for _ in range(2):
        low, high = _neighbours(list_id, after, moving)
        if low is None or high is None or low < high:
            key = fractional_index.between(low, high)
            if len(key) <= fractional_index.MAX_LENGTH:
                return key
        _rebalance(list_id)
    raise AssertionError("a rebalanced list has room everywhere")


def move_many(list_id: UUID, ids: Sequence[UUID], after: UUID | None) -> None:
    """Place items one behind the other after the item `after`; None is the top.

    Items that are in this place already stay as they are. Raises NotOnListError, and
    ValidationError if `after` is moved itself.
    """
    if after in ids:
        raise ValidationError({"after": ["That item is moved itself."]})
    for _ in range(2):
        positions = _positions(list_id)
        others = [pk for pk in positions if pk not in set(ids)]
        if after is not None and after not in positions:
            raise NotOnListError
        start = 0 if after is None else others.index(after) + 1
        if [*others[:start], *ids, *others[start:]] == list(positions):
            return
        low, high = (
            positions[others[index]] if 0 <= index < len(others) else None
            for index in (start - 1, start)
        )
        if low is None or high is None or low < high:
            keys = fractional_index.many_between(low, high, len(ids))
            if max(map(len, keys)) <= fractional_index.MAX_LENGTH:
                _write_positions(dict(zip(ids, keys, strict=True)))
                return
        _rebalance(list_id)
    raise AssertionError("a rebalanced list has room everywhere")


def _positions(list_id: UUID) -> dict[UUID, str]:
    """Return the positions of all items, in their order."""
    items = models.ShoppingItem.objects.filter(shopping_list_id=list_id)
    return dict(items.order_by("position", "id").values_list("pk", "position"))


def _write_positions(positions: Mapping[UUID, str]) -> None:
    items = models.ShoppingItem.objects.in_bulk(list(positions))
    for pk, item in items.items():
        item.position = positions[pk]
    models.ShoppingItem.objects.bulk_update(items.values(), ["position"])


def _neighbours(
    list_id: UUID, after: UUID | None, moving: UUID | None
) -> tuple[str | None, str | None]:
    items = models.ShoppingItem.objects.filter(shopping_list_id=list_id).exclude(pk=moving)
    rows = items.order_by("position", "id").values_list("position", flat=True)
    if after is None:
        return None, rows.first()
    anchor = items.filter(pk=after).values_list("position", flat=True).first()
    if anchor is None:
        raise NotOnListError
    following = rows.filter(position__gte=anchor).exclude(pk=after)
    has_equal = following.filter(position=anchor, pk__gt=after).exists()
    return anchor, anchor if has_equal else following.filter(position__gt=anchor).first()


def _rebalance(list_id: UUID) -> None:
    items = list(
        models.ShoppingItem.objects.filter(shopping_list_id=list_id).order_by("position", "id")
    )
    for item, key in zip(items, fractional_index.evenly_spaced(len(items)), strict=True):
        item.position = key
    models.ShoppingItem.objects.bulk_update(items, ["position"])
