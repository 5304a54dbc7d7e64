"""The position of an item on its list. Call inside a recording of that list."""

from __future__ import annotations

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
