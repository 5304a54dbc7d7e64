"""The settings of a list in the database. Call inside a recording of the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shopping_list import list_settings, models
from shopping_list.list_settings import ListSettings
from shopping_list.parsing.item_names import comparison_key


def settings_of(shopping_list: models.ShoppingList) -> ListSettings:
    """Return the settings of a list that is loaded."""
    return ListSettings(shopping_list.aisles, shopping_list.shops, shopping_list.staples)


def write(shopping_list: models.ShoppingList, settings: ListSettings) -> None:
    """Write the settings that differ from those of the list."""
    stored = settings_of(shopping_list)._asdict()
    changed = {field: new for field, new in settings._asdict().items() if new != stored[field]}
    for field, new in changed.items():
        setattr(shopping_list, field, new)
    if changed:
        shopping_list.save(update_fields=changed)


def patch(shopping_list: models.ShoppingList, fields: Mapping[str, Any]) -> None:
    """Change settings as list_settings.patched says. Raises InvalidSettingError."""
    write(shopping_list, list_settings.patched(settings_of(shopping_list), fields))


def add(list_id: UUID, imported: ListSettings) -> None:
    """Add imported settings that a list does not have. Raises InvalidSettingError."""
    shopping_list = models.ShoppingList.objects.get(pk=list_id)
    write(shopping_list, list_settings.completed(settings_of(shopping_list), imported))


def rename(list_id: UUID, old: str, new: str) -> None:
    """Give an aisle another name: in the items, in the orders of aisles and in the staples.

    If the list has an aisle of that name, the two become one.
    """
    shopping_list = models.ShoppingList.objects.get(pk=list_id)
    settings = list_settings.with_renamed_aisle(settings_of(shopping_list), old, new)
    write(shopping_list, settings)
    key = comparison_key(old)
    items = models.ShoppingItem.objects.filter(shopping_list_id=list_id).exclude(category=new)
    categories = items.order_by().values_list("category", flat=True).distinct()
    same = [category for category in categories if comparison_key(category) == key]
    if same:
        items.filter(category__in=same).update(category=new)
