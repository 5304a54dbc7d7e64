"""Request bodies of lists, items and members."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from rest.serializers import (
    ArrayField,
    CleanTextField,
    StrictBooleanField,
    StrictIntegerField,
    StrictSerializer,
    StrictUUIDField,
)
from shopping_list.api.setting_fields import (
    MAX_SETTING_NAME,
    ListSettingsPatch,
    shops_of_item,
)
from shopping_list.rows import ROLES

MAX_NAME = 200
MAX_BULK_ITEMS = 500


class ListBody(ListSettingsPatch):
    """A list to create; the client may choose the `id`."""

    id = StrictUUIDField(required=False)
    name = CleanTextField(max_length=MAX_NAME)


class ListReplacement(ListSettingsPatch):
    """The new fields of a list; its id is in the address. Settings are changed as by PATCH."""

    name = CleanTextField(max_length=MAX_NAME)


class ListPatch(ListSettingsPatch):
    """The fields of a list to change.

    `aisles` replaces the order of the aisles. `shops` and `staples` are merged by name, as in
    JSON Merge Patch (RFC 7396): null removes a name.
    """

    name = CleanTextField(max_length=MAX_NAME, required=False)


class RenameBody(StrictSerializer):
    """An aisle or a shop, and its new name. If the list has one of that name, they are merged."""

    to = CleanTextField(max_length=MAX_SETTING_NAME)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields. `from` is a word of Python and cannot be declared."""
        return {"from": CleanTextField(max_length=MAX_SETTING_NAME), **super().get_fields()}


class ItemBody(StrictSerializer):
    """An item to add. Only `name` is required; the client may choose the `id`."""

    id = StrictUUIDField(required=False)
    name = CleanTextField(max_length=MAX_NAME)
    quantity = CleanTextField(max_length=50, allow_blank=True, required=False)
    note = CleanTextField(max_length=1000, allow_blank=True, required=False)
    category = CleanTextField(max_length=100, allow_blank=True, required=False)
    purchased = StrictBooleanField(required=False)
    after = StrictUUIDField(required=False, allow_null=True)
    shops = shops_of_item(required=False)


class ItemPatch(ItemBody):
    """The fields of an item to change. `after` moves it behind another item, null to the top."""

    id = None  # type: ignore[assignment]
    name = CleanTextField(max_length=MAX_NAME, required=False)
    not_found = StrictBooleanField(required=False)


class ItemReplacement(ItemPatch):
    """All new fields of an item: a field that is left out becomes empty."""

    name = CleanTextField(max_length=MAX_NAME)
    quantity = CleanTextField(max_length=50, allow_blank=True, default="")
    note = CleanTextField(max_length=1000, allow_blank=True, default="")
    category = CleanTextField(max_length=100, allow_blank=True, default="")
    purchased = StrictBooleanField(default=False)
    shops = shops_of_item(default=list)
    not_found = StrictBooleanField(default=False)


class BulkBody(StrictSerializer):
    """Up to 500 items to add as one change."""

    items = ArrayField(child=ItemBody(), allow_empty=False, max_length=MAX_BULK_ITEMS)


class ItemSelectionBody(StrictSerializer):
    """Items to tick, untick or remove as one change: by id, or all in one state."""

    rules: ClassVar[dict[str, Any]] = {"minProperties": 1, "maxProperties": 1}

    items = ArrayField(
        child=StrictUUIDField(), required=False, allow_empty=False, max_length=MAX_BULK_ITEMS * 2
    )
    purchased = StrictBooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require exactly one of the two fields."""
        if ("items" in attrs) == ("purchased" in attrs):
            raise serializers.ValidationError({"items": "Give either items or purchased."})
        return attrs


class ItemIdsBody(StrictSerializer):
    """Items by id."""

    items = ArrayField(child=StrictUUIDField(), allow_empty=False, max_length=MAX_BULK_ITEMS * 2)


class UndoBody(StrictSerializer):
    """The operation id of the change to undo, for a caller who knows it."""

    op = StrictUUIDField(required=False, allow_null=True)


class EditedFields(StrictSerializer):
    """The fields that all items of a request get."""

    rules: ClassVar[dict[str, Any]] = {"minProperties": 1}

    category = CleanTextField(max_length=100, allow_blank=True, required=False)
    shops = shops_of_item(required=False)
    not_found = StrictBooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require a field."""
        if not attrs:
            raise serializers.ValidationError("Give category, shops or not_found.")
        return attrs


class EditBody(ItemIdsBody):
    """Fields that all of these items get, as one change."""

    def get_fields(self) -> dict[str, Any]:
        """Return the fields. A serializer has an attribute `fields` already."""
        return {**super().get_fields(), "fields": EditedFields()}


class MoveBody(ItemIdsBody):
    """Items to move as one change: behind an item (`after`, null is the top), or to a `list`."""

    rules: ClassVar[dict[str, Any]] = {"minProperties": 2, "maxProperties": 2}

    after = StrictUUIDField(required=False, allow_null=True)
    list = StrictUUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require exactly one of the two places."""
        if ("after" in attrs) == ("list" in attrs):
            raise serializers.ValidationError({"after": "Give either after or list."})
        return attrs


class CopyBody(ItemIdsBody):
    """Items to add to another list, as one change of it."""

    list = StrictUUIDField()


class MembersBody(StrictSerializer):
    """Users by id."""

    members = ArrayField(
        child=StrictIntegerField(min_value=1, max_value=2**63 - 1),
        allow_empty=False,
        max_length=200,
    )


class RoleBody(StrictSerializer):
    """The new role of a member."""

    role = serializers.ChoiceField(choices=ROLES)
