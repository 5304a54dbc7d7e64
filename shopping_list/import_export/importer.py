"""Carry out a plan, with a few statements for any number of lines."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from shopping_list import ceilings, models, queries
from shopping_list.import_export.import_plan import Plan, PlannedItem
from shopping_list.import_export.json_format import ParsedList
from shopping_list.import_export.parsed_lines import Line, ParsedItem
from shopping_list.recording.context import OpenRecording, recording
from shopping_list.rows import optional_id
from shopping_list.services import items as item_service

UserIds = Mapping[str, int]
"""Ids of users by their display name."""


def import_lines(
    unit: OpenRecording, list_id: UUID, lines: Iterable[Line], user_ids: UserIds
) -> Plan:
    """Add lines to a list. Call inside a recording of it."""
    plan = Plan(queries.items_of_list(list_id)).add_lines(lines)
    now = timezone.now()
    new = [_new_model(unit, list_id, item, user_ids, now) for item in plan.added]
    models.ShoppingItem.objects.bulk_create(new)
    _write_changes(plan.changed)
    return plan


def create_list(owner: User, parsed: ParsedList) -> UUID:
    """Create a list with its items, as one change of it."""
    pk = uuid.uuid4()
    with recording(pk) as unit:
        ceilings.check_new_list(owner.pk)
        settings = parsed.settings._asdict()
        models.ShoppingList(pk=pk, name=parsed.name, created_by=owner, **settings).save(
            force_insert=True
        )
        role = models.Membership.Role.OWNER
        models.Membership(shopping_list_id=pk, user=owner, role=role).save()
        import_lines(unit, pk, parsed.lines, {owner.display_name: owner.pk})
    return pk


def member_ids_by_name(list_id: UUID) -> UserIds:
    """Return the members of a list by name, without names that several members have."""
    members = queries.members(list_id)
    names = [member.name for member in members]
    return {member.name: member.id for member in members if names.count(member.name) == 1}


def _new_model(
    unit: OpenRecording, list_id: UUID, item: PlannedItem, user_ids: UserIds, now: datetime
) -> models.ShoppingItem:
    parsed = item.parsed
    assert parsed is not None
    return models.ShoppingItem(
        pk=item.id,
        shopping_list_id=list_id,
        **{name: item.value(name) for name in ("name", "quantity", "note", "category")},
        **_purchase(parsed, user_ids, now),
        created_at=min(parsed.created_at or now, now),
        created_by_id=user_ids.get(parsed.created_by or "", optional_id(unit.actor)),
        shops=item.value("shops"),
        not_found_at=parsed.not_found_at and min(parsed.not_found_at, now),
    )


def _purchase(parsed: ParsedItem, user_ids: UserIds, now: datetime) -> dict[str, Any]:
    if not parsed.purchased or parsed.purchased_at is None:
        return {"purchased": parsed.purchased}
    return {
        "purchased": True,
        "purchased_at": min(parsed.purchased_at, now),
        "purchased_by_id": user_ids.get(parsed.purchased_by or ""),
    }


def _write_changes(items: list[PlannedItem]) -> None:
    """Write the changes of stored items together."""
    rows = []
    for item in items:
        assert item.stored is not None
        row = item_service.to_model(item.stored)
        for name, value in item.changes.items():
            setattr(row, name, value)
        rows.append(row)
    fields = {name for item in items for name in item.changes}
    if rows:
        models.ShoppingItem.objects.bulk_update(rows, sorted(fields))
