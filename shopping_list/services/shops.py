"""The shops of a list in the database. Call inside a recording of the list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from rest.id_array import ids_in
from shopping_list import list_settings, models
from shopping_list.list_settings import is_same_name, unique_names
from shopping_list.services import aisles


def rename(list_id: UUID, old: str, new: str) -> None:
    """Give a shop another name: in the items that are for it, and in the settings of the list.

    If the list has a shop of that name, the two become one. Raises InvalidSettingError.
    """
    shopping_list = models.ShoppingList.objects.get(pk=list_id)
    settings = aisles.settings_of(shopping_list)
    aisles.write(shopping_list, list_settings.with_renamed_shop(settings, old, new))
    _write(list_id, _items_by_new_shops(list_id, old, new))


def _items_by_new_shops(list_id: UUID, old: str, new: str) -> dict[tuple[str, ...], list[UUID]]:
    """Return the items that are for a shop, by the shops that they are for under its new name."""
    items = models.ShoppingItem.objects.filter(shopping_list_id=list_id).exclude(shops=[])
    groups: defaultdict[tuple[str, ...], list[UUID]] = defaultdict(list)
    for pk, shops in items.order_by().values_list("pk", "shops"):
        renamed = renamed_shops(shops, old, new)
        if renamed != shops:
            groups[tuple(renamed)].append(pk)
    return groups


def _write(list_id: UUID, groups: Mapping[tuple[str, ...], list[UUID]]) -> None:
    """Write items for the same shops together, which is fast, and all others with one another."""
    items = models.ShoppingItem.objects.filter(shopping_list_id=list_id)
    alone = {ids[0]: shops for shops, ids in groups.items() if len(ids) == 1}
    for shops, ids in groups.items():
        if len(ids) > 1:
            items.filter(pk__in=ids_in(ids)).update(shops=list(shops))
    rows = list(items.filter(pk__in=ids_in(list(alone))))
    for row in rows:
        row.shops = list(alone[row.pk])
    if rows:
        items.bulk_update(rows, ["shops"])


def renamed_shops(shops: list[str], old: str, new: str) -> list[str]:
    """Return the shops of an item after a shop was renamed, each once. Pure."""
    if not any(is_same_name(shop, old) for shop in shops):
        return shops
    return unique_names(new if is_same_name(shop, old) else shop for shop in shops)
