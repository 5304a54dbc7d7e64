"""Write a plan down: a few statements for any number of lines."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from shopping_list import models, queries
from shopping_list.import_export.import_plan import Plan, PlannedItem
from shopping_list.import_export.json_format import ParsedList
from shopping_list.import_export.parsed_lines import Line, ParsedItem
from shopping_list.recording.context import OpenRecording, recording
from shopping_list.rows import StoredItem, optional_id
from shopping_list.services import items as item_service

People = Mapping[str, int]
"""Ids of people by the name that others see."""


def load_items(list_id: UUID) -> list[StoredItem]:
    """Return all items of a list."""
    items = models.ShoppingItem.objects.filter(shopping_list_id=list_id)
    return [queries.item_from_columns(values) for values in queries.item_columns(items)]


def import_lines(unit: OpenRecording, list_id: UUID, lines: Iterable[Line], people: People) -> Plan:
    """Add lines to a list. Call inside a recording of it."""
    plan = Plan(load_items(list_id)).add_lines(lines)
    now = timezone.now()
    new = [_new(unit, list_id, slot, people, now) for slot in plan.added]
    models.ShoppingItem.objects.bulk_create(new)
    _write(plan.changed)
    return plan


def create_list(owner: User, wanted: ParsedList) -> UUID:
    """Make a list with its items, as one change of it."""
    pk = uuid.uuid4()
    with recording(pk) as unit:
        models.ShoppingList(pk=pk, name=wanted.name, created_by=owner).save(force_insert=True)
        role = models.Membership.Role.OWNER
        models.Membership(shopping_list_id=pk, user=owner, role=role).save()
        import_lines(unit, pk, wanted.lines, {owner.display_name: owner.pk})
    return pk


def member_ids_by_name(list_id: UUID) -> People:
    """Return the members of a list whose name no other member has."""
    members = queries.members(list_id)
    names = [member.name for member in members]
    return {member.name: member.id for member in members if names.count(member.name) == 1}


def _new(
    unit: OpenRecording, list_id: UUID, slot: PlannedItem, people: People, now: datetime
) -> models.ShoppingItem:
    wanted = slot.wanted
    assert wanted is not None
    return models.ShoppingItem(
        pk=slot.id,
        shopping_list_id=list_id,
        **{name: slot.value(name) for name in ("name", "quantity", "note", "category")},
        **_purchase(wanted, people, now),
        created_at=min(wanted.created_at or now, now),
        created_by_id=people.get(wanted.created_by or "", optional_id(unit.actor)),
    )


def _purchase(wanted: ParsedItem, people: People, now: datetime) -> dict[str, Any]:
    if not wanted.purchased or wanted.purchased_at is None:
        return {"purchased": wanted.purchased}
    return {
        "purchased": True,
        "purchased_at": min(wanted.purchased_at, now),
        "purchased_by_id": people.get(wanted.purchased_by or ""),
    }


def _write(slots: list[PlannedItem]) -> None:
    """Write what changes on stored items, together."""
    items = []
    for slot in slots:
        assert slot.stored is not None
        item = item_service.to_model(slot.stored)
        for name, value in slot.changes.items():
            setattr(item, name, value)
        items.append(item)
    fields = {name for slot in slots for name in slot.changes}
    if items:
        models.ShoppingItem.objects.bulk_update(items, sorted(fields))
