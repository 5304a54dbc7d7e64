"""Request bodies of lists, items and members."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from rest.serializers import (
    CleanTextField,
    StrictBooleanField,
    StrictIntegerField,
    StrictSerializer,
    StrictUUIDField,
)
from shopping_list.rows import ROLES

MAX_NAME = 200
MAX_BULK_ITEMS = 500


class ListBody(StrictSerializer):
    """A list to create; the client may choose the `id`."""

    id = StrictUUIDField(required=False)
    name = CleanTextField(max_length=MAX_NAME)


class ListReplacement(StrictSerializer):
    """The new fields of a list; its id is in the address."""

    name = CleanTextField(max_length=MAX_NAME)


class ListPatch(StrictSerializer):
    """The fields of a list to change."""

    name = CleanTextField(max_length=MAX_NAME, required=False)


class ItemPatch(StrictSerializer):
    """The fields of an item to change. `after` moves it behind another item, null to the top."""

    name = CleanTextField(max_length=MAX_NAME, required=False)
    quantity = CleanTextField(max_length=50, allow_blank=True, required=False)
    note = CleanTextField(max_length=1000, allow_blank=True, required=False)
    category = CleanTextField(max_length=100, allow_blank=True, required=False)
    purchased = StrictBooleanField(required=False)
    after = StrictUUIDField(required=False, allow_null=True)


class ItemBody(ItemPatch):
    """An item to add. Only `name` is required; the client may choose the `id`."""

    id = StrictUUIDField(required=False)
    name = CleanTextField(max_length=MAX_NAME)


class ItemReplacement(ItemPatch):
    """All new fields of an item: a field that is left out becomes empty."""

    name = CleanTextField(max_length=MAX_NAME)
    quantity = CleanTextField(max_length=50, allow_blank=True, default="")
    note = CleanTextField(max_length=1000, allow_blank=True, default="")
    category = CleanTextField(max_length=100, allow_blank=True, default="")
    purchased = StrictBooleanField(default=False)


class BulkBody(StrictSerializer):
    """Up to 500 items to add as one change."""

    items = serializers.ListField(child=ItemBody(), allow_empty=False, max_length=MAX_BULK_ITEMS)


class ItemSelectionBody(StrictSerializer):
    """Items to tick, untick or remove as one change: by id, or all in one state."""

    rules: ClassVar[dict[str, Any]] = {"minProperties": 1, "maxProperties": 1}

    items = serializers.ListField(
        child=StrictUUIDField(), required=False, allow_empty=False, max_length=MAX_BULK_ITEMS * 2
    )
    purchased = StrictBooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require exactly one of the two fields."""
        if ("items" in attrs) == ("purchased" in attrs):
            raise serializers.ValidationError({"items": "Give either items or purchased."})
        return attrs


class MembersBody(StrictSerializer):
    """Users by id."""

    members = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=2**63 - 1),
        allow_empty=False,
        max_length=200,
    )


class RoleBody(StrictSerializer):
    """The new role of a member."""

    role = serializers.ChoiceField(choices=ROLES)
