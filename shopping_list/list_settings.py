"""The settings of a list: the order of its aisles, its shops, and its staples. Pure.

An aisle is what the items call `category`. `shops` and `staples` are objects by name, in the
database as in JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from shopping_list.parsing.item_names import comparison_key
from shopping_list.rows import Shop, Staple

FIELDS = ("aisles", "shops", "staples")
MAX_AISLES = 200
MAX_SHOPS = 50
MAX_STAPLES = 200
MAX_BYTES = 100_000
"""Bytes of the settings of a list as JSON: they are part of each frame with the list's row."""

EMPTY_SHOP = Shop(())
EMPTY_STAPLE = Staple("", "", "")

Object = Mapping[str, Any]


class InvalidSettingError(ValueError):
    """A setting breaks a rule; `field` is its name, and the text names the rule."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field = field


class ListSettings(NamedTuple):
    """The settings of a list, as the database and JSON have them."""

    aisles: list[str]
    shops: dict[str, Any]
    staples: dict[str, Any]


NO_SETTINGS = ListSettings([], {}, {})


def shops_of(value: Object) -> dict[str, Shop]:
    """Return shops by name from their JSON."""
    return {name: Shop(tuple(value[name]["aisles"])) for name in sorted(value)}


def staples_of(value: Object) -> dict[str, Staple]:
    """Return staples by name from their JSON."""
    return {name: Staple(**value[name]) for name in sorted(value)}


def patched(current: ListSettings, patch: Object) -> ListSettings:
    """Return settings with a patch: `aisles` are replaced, the objects are merged (RFC 7396).

    A null removes a name. A name that is new gets the defaults of the fields that are left
    out, and so does a field that is null. Raises InvalidSettingError.
    """
    new = ListSettings(
        aisles=list(patch.get("aisles", current.aisles)),
        shops=_merged(current.shops, patch.get("shops", {}), EMPTY_SHOP),
        staples=_merged(current.staples, patch.get("staples", {}), EMPTY_STAPLE),
    )
    check(new, field=next((field for field in FIELDS if field in patch), FIELDS[0]))
    return new


def check(settings: ListSettings, *, field: str = FIELDS[0]) -> None:
    """Raise InvalidSettingError if settings break a rule; `field` is named if all are too long."""
    _check_names("aisles", settings.aisles, MAX_AISLES)
    _check_names("shops", settings.shops, MAX_SHOPS)
    _check_names("staples", settings.staples, MAX_STAPLES)
    if len(msgspec.json.encode(settings)) > MAX_BYTES:
        rule = f"All aisles, shops and staples of a list have at most {MAX_BYTES:,} bytes."
        raise InvalidSettingError(field, rule)


def completed(current: ListSettings, imported: ListSettings) -> ListSettings:
    """Return settings with those that were imported and are not there yet.

    Raises InvalidSettingError.
    """
    missing = {
        field: {
            name: value
            for name, value in getattr(imported, field).items()
            if not any(is_same_name(name, known) for known in getattr(current, field))
        }
        for field in ("shops", "staples")
    }
    aisles = unique_names([*current.aisles, *imported.aisles])
    return patched(current, {"aisles": aisles, **missing})


def with_renamed_aisle(settings: ListSettings, old: str, new: str) -> ListSettings:
    """Return settings in which an aisle has another name, or is merged into that of this name.

    Raises InvalidSettingError.
    """

    def rename(aisles: Iterable[str]) -> list[str]:
        names = [new if is_same_name(aisle, old) else aisle for aisle in aisles]
        return unique_names(names)

    renamed = ListSettings(
        aisles=rename(settings.aisles),
        shops={
            name: {**shop, "aisles": rename(shop["aisles"])}
            for name, shop in settings.shops.items()
        },
        staples={
            name: {**staple, "category": new} if is_same_name(staple["category"], old) else staple
            for name, staple in settings.staples.items()
        },
    )
    check(renamed)
    return renamed


def with_renamed_shop(settings: ListSettings, old: str, new: str) -> ListSettings:
    """Return settings in which a shop has another name, or is merged into that of this name.

    Of two that are merged, the one of the new name keeps its order of aisles, if it has one.
    Raises InvalidSettingError.
    """
    before = {name: shop for name, shop in settings.shops.items() if is_same_name(name, old)}
    kept = {name: shop for name, shop in settings.shops.items() if name not in before}
    target = next((name for name in kept if is_same_name(name, new)), new)
    for shop in before.values():
        if not kept.get(target, {}).get("aisles"):
            kept[target] = shop
    renamed = settings._replace(shops=kept)
    check(renamed, field="shops")
    return renamed


def is_same_name(first: str, second: str) -> bool:
    """Tell whether two names of aisles, shops or staples are the same to a user."""
    return comparison_key(first) == comparison_key(second)


def unique_names(names: Iterable[str]) -> list[str]:
    """Return names without those that are there already, in their order."""
    by_key: dict[str, str] = {}
    for name in names:
        by_key.setdefault(comparison_key(name), name)
    return list(by_key.values())


def repeated_name(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the first two names that are the same, None if there are none."""
    by_key: dict[str, str] = {}
    for name in names:
        key = comparison_key(name)
        if key in by_key:
            return by_key[key], name
        by_key[key] = name
    return None


def _merged(current: Object, patch: Object, defaults: msgspec.Struct) -> dict[str, Any]:
    values = {**current, **patch}
    empty = msgspec.to_builtins(defaults)
    return {
        name: _with_fields({**empty, **current.get(name, {})}, patch.get(name, {}), empty)
        for name, value in values.items()
        if value is not None
    }


def _with_fields(current: Object, patch: Object, empty: Object) -> dict[str, Any]:
    fields = {name: empty[name] if value is None else value for name, value in patch.items()}
    return {**current, **fields}


def _check_names(field: str, names: Iterable[str], maximum: int) -> None:
    known = list(names)
    if len(known) > maximum:
        raise InvalidSettingError(field, f"At most {maximum}.")
    if "" in known:
        raise InvalidSettingError(field, "A name may not be blank.")
    if repeated := repeated_name(known):
        raise InvalidSettingError(field, "Two names are the same: {!r} and {!r}.".format(*repeated))
