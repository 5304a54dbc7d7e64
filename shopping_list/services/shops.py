"""The shops of a list in the database. Call inside a recording of the list."""

from __future__ import annotations

from uuid import UUID

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
    models.ShoppingItem.objects.bulk_update(_renamed_items(list_id, old, new), ["shops"])


def _renamed_items(list_id: UUID, old: str, new: str) -> list[models.ShoppingItem]:
    """Return the items that are for a shop, with its new name."""
    items = models.ShoppingItem.objects.filter(shopping_list_id=list_id).exclude(shops=[])
    renamed = []
    for item in items.order_by():
        shops = renamed_shops(item.shops, old, new)
        if shops != item.shops:
            item.shops = shops
            renamed.append(item)
    return renamed


def renamed_shops(shops: list[str], old: str, new: str) -> list[str]:
    """Return the shops of an item after a shop was renamed, each once. Pure."""
    if not any(is_same_name(shop, old) for shop in shops):
        return shops
    return unique_names(new if is_same_name(shop, old) else shop for shop in shops)
