"""The shapes of what goes out, for the schema only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from shopping_list.models import Membership


class ResponseSerializer(serializers.Serializer[Any]):
    """Something that is answered."""


class PageShape(ResponseSerializer):
    """One page of several, and where the others are."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class PersonShape(ResponseSerializer):
    """Somebody."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class MemberShape(PersonShape):
    """A member and their role."""

    role = serializers.ChoiceField(choices=Membership.Role.choices)


class ListShape(ResponseSerializer):
    """A list as its members see it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    epoch = serializers.CharField()
    last_interaction = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    created_by = PersonShape(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    members = MemberShape(many=True)
    items_open = serializers.IntegerField()
    items_total = serializers.IntegerField()


class ListPageShape(PageShape):
    """A page of lists."""

    results = ListShape(many=True)


class ItemShape(ResponseSerializer):
    """An item."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    quantity = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    category = serializers.CharField(allow_blank=True)
    purchased = serializers.BooleanField()
    purchased_at = serializers.DateTimeField(allow_null=True)
    purchased_by = PersonShape(allow_null=True)
    position = serializers.CharField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    created_by = PersonShape(allow_null=True)
    updated_at = serializers.DateTimeField()


class ItemPageShape(PageShape):
    """A page of items."""

    results = ItemShape(many=True)


class ListNameShape(ResponseSerializer):
    """Which list."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class FoundItemShape(ItemShape):
    """An item found over all of my lists."""

    list = ListNameShape()


class FoundItemPageShape(PageShape):
    """A page of items, each with its list."""

    results = FoundItemShape(many=True)


class AddedItemShape(ItemShape):
    """An item that was added, merged into an open one, or put back."""

    outcome = serializers.ChoiceField(choices=["added", "merged", "put_back"])


class PutItemShape(ItemShape):
    """An item that was replaced; with `outcome`, the one of its name that was there already."""

    outcome = serializers.ChoiceField(choices=["added", "merged", "put_back"], required=False)


class BulkResultShape(ResponseSerializer):
    """What became of one line."""

    outcome = serializers.ChoiceField(choices=["added", "merged", "put_back"])
    item = ItemShape()


class BulkShape(ResponseSerializer):
    """What became of every line, and the list's version after it."""

    version = serializers.IntegerField()
    results = BulkResultShape(many=True)


class SelectionResponse(ResponseSerializer):
    """The list's version, and the items that really changed."""

    version = serializers.IntegerField()
    items = serializers.ListField(child=serializers.UUIDField())


class ActorShape(PersonShape):
    """Who made a change; without an id, somebody whose account is gone."""

    id = serializers.IntegerField(allow_null=True)


class ChangeEntryResponse(ResponseSerializer):
    """One row of a change; one of `item`, `list` and `member` names it."""

    item = serializers.UUIDField(required=False)
    list = serializers.UUIDField(required=False)
    member = serializers.IntegerField(required=False)
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField(allow_null=True)


class ActivityShape(ResponseSerializer):
    """One recorded change."""

    version = serializers.IntegerField()
    at = serializers.DateTimeField()
    verb = serializers.CharField()
    actor = ActorShape(allow_null=True)
    op = serializers.UUIDField(allow_null=True)
    changes = ChangeEntryResponse(many=True)
    undoes = serializers.IntegerField(allow_null=True)
    undone_by = serializers.IntegerField(allow_null=True)


class ActivityPageShape(ResponseSerializer):
    """Recorded changes, newest first, and where the others are."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ActivityShape(many=True)


class ActivitiesSinceShape(ResponseSerializer):
    """All changes after a version, oldest first; `more` if there are more than these."""

    epoch = serializers.CharField()
    more = serializers.BooleanField()
    results = ActivityShape(many=True)


class SuggestionShape(ResponseSerializer):
    """A name used before, and what has become of it on the list that was asked about."""

    name = serializers.CharField()
    category = serializers.CharField(allow_blank=True)
    times = serializers.IntegerField()
    last_used = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=["open", "bought"], allow_null=True)
    item = serializers.UUIDField(allow_null=True)


class SuggestionsShape(ResponseSerializer):
    """Names used before, the likeliest first."""

    results = SuggestionShape(many=True)


class BlockingRowShape(ResponseSerializer):
    """What stands in the way of an undo; one of `item` and `list` names it."""

    item = serializers.UUIDField(required=False)
    list = serializers.UUIDField(required=False)
    name = serializers.CharField()
    reason = serializers.CharField()


class ProblemShape(ResponseSerializer):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # a field, not the property
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
    request_id = serializers.CharField()


class OwnerlessListShape(ResponseSerializer):
    """A list that would be left without an owner."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class ConflictShape(ProblemShape):
    """What is in the way.

    `existing` has the name, `rows` stand in the way of an undo, `lists` would
    have no owner.
    """

    existing = serializers.UUIDField(required=False)
    line = serializers.IntegerField(required=False)
    rows = BlockingRowShape(many=True, required=False)
    lists = OwnerlessListShape(many=True, required=False)


class StaleListShape(ProblemShape):
    """The list as it is now."""

    current = ListShape(allow_null=True)


class ItemConflictResponse(ProblemShape):
    """The item as it is now."""

    current = ItemShape(allow_null=True)
