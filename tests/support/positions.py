"""The position of a list, as a client sends it to resume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopping_list.models import Activity, ShoppingList


def position_of(shopping_list: ShoppingList) -> dict[str, Any]:
    """Return the position of a list that was just read."""
    return {
        "since": shopping_list.version,
        "epoch": shopping_list.epoch,
        "digest": shopping_list.digest,
    }


def position_after(shopping_list: ShoppingList, version: int) -> dict[str, Any]:
    """Return the position after an earlier change of a list."""
    change = Activity.objects.get(list_id=shopping_list.pk, version=version)
    return {"since": version, "epoch": change.epoch, "digest": change.digest}


def position_in(frame: Mapping[str, Any]) -> dict[str, Any]:
    """Return the position that a frame or a list of the REST API names."""
    return {"since": frame["version"], "epoch": frame["epoch"], "digest": frame["digest"]}
