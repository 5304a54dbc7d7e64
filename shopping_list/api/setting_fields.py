"""The settings of lists, and the shops of items, in request bodies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rest_framework import serializers

from rest.serializers import ArrayField, CleanTextField, NamedValuesField, StrictSerializer
from shopping_list import list_settings
from shopping_list.parsing import item_merge

MAX_SETTING_NAME = 100
MAX_STAPLE_NAME = 200


@contextmanager
def setting_errors(field: str = "") -> Iterator[None]:
    """Turn the error of a setting into one of a field of the body: its own, or another one."""
    try:
        yield
    except list_settings.InvalidSettingError as error:
        errors = {field: [f"{error.field}: {error}"]} if field else {error.field: [str(error)]}
        raise serializers.ValidationError(errors) from error


class NamesField(ArrayField):
    """Names of which no two are the same, by the rules of item_names.py."""

    def __init__(self, *, max_length: int, **options: Any) -> None:
        child = CleanTextField(max_length=MAX_SETTING_NAME)
        super().__init__(child=child, max_length=max_length, **options)

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the names. Raises ValidationError if two are the same."""
        names: list[str] = super().to_internal_value(data)
        _require_different(names)
        return names


class ShopPatch(StrictSerializer):
    """A shop. Fields that are left out keep their values, null empties one."""

    aisles = NamesField(max_length=list_settings.MAX_AISLES, required=False, allow_null=True)


class StaplePatch(StrictSerializer):
    """The details of a staple. Fields that are left out keep their values, null empties one."""

    quantity = CleanTextField(max_length=50, allow_blank=True, required=False, allow_null=True)
    note = CleanTextField(max_length=1000, allow_blank=True, required=False, allow_null=True)
    category = CleanTextField(
        max_length=MAX_SETTING_NAME, allow_blank=True, required=False, allow_null=True
    )


class ByNameField(NamedValuesField):
    """Values by name, of which null removes a name."""

    def check_names(self, names: list[str]) -> None:
        """Raise ValidationError if two names are the same."""
        _require_different(names)


def _require_different(names: list[str]) -> None:
    if repeated := list_settings.repeated_name(names):
        message = "Two names are the same: {!r} and {!r}."
        raise serializers.ValidationError(message.format(*repeated))


def shops_of_item(**options: Any) -> NamesField:
    """Return the field of the shops that an item is for."""
    return NamesField(max_length=item_merge.MAX_SHOPS, **options)


class ListSettingsPatch(StrictSerializer):
    """The settings of a list to change.

    `aisles` replaces the order of the aisles. `shops` and `staples` are merged by name, as in
    JSON Merge Patch (RFC 7396): null removes a name.
    """

    aisles = NamesField(max_length=list_settings.MAX_AISLES, required=False)
    shops = ByNameField(child=ShopPatch(allow_null=True), max_name=MAX_SETTING_NAME, required=False)
    staples = ByNameField(
        child=StaplePatch(allow_null=True), max_name=MAX_STAPLE_NAME, required=False
    )
