"""The frame of a recorded change, and the operation id that it carries."""

import json
import uuid
from datetime import UTC

import pytest

from shopping_list.models import Activity, ShoppingList
from shopping_list.recording import actor, context

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_frame_of_a_change_matches_the_protocol(groceries, milk, ana):
    """REC-16"""
    operation_id = uuid.uuid4()
    milk.purchased = True
    with actor.acting_as(ana, operation_id):
        milk.save()
    activity = Activity.objects.latest("pk")
    frame = json.loads(bytes(activity.frame))
    changed_at = activity.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    groceries.refresh_from_db()
    assert frame == {
        "type": "change",
        "topic": f"list:{groceries.pk}",
        "epoch": groceries.epoch,
        "version": groceries.version,
        "base": activity.base,
        "digest": groceries.digest,
        "at": changed_at,
        "actor": {"id": ana.pk, "name": "Ana"},
        "op": str(operation_id),
        "verb": "item.ticked",
        "items": [
            {
                "id": str(milk.pk),
                "name": "Milk",
                "quantity": "1 l",
                "note": "",
                "category": "",
                "purchased": True,
                "purchased_at": changed_at,
                "purchased_by": {"id": ana.pk, "name": "Ana"},
                "position": milk.position,
                "version": groceries.version,
                "created_at": milk.created_at.isoformat().replace("+00:00", "Z"),
                "created_by": None,
                "updated_at": changed_at,
                "shops": [],
                "not_found_at": None,
            }
        ],
        "gone": [],
    }
    assert frame["items"][0] == activity.changes[0]["after"]
    assert b"\n" not in bytes(activity.frame)


def test_frame_of_a_list_change_contains_the_list_fields(groceries, ana, bob):
    """REC-16"""
    groceries.name = "Food"
    groceries.save()
    frame = json.loads(bytes(Activity.objects.latest("pk").frame))
    assert frame["list"] == {
        "id": str(groceries.pk),
        "name": "Food",
        "last_interaction": frame["at"],
        "created_at": groceries.created_at.isoformat().replace("+00:00", "Z"),
        "created_by": {"id": ana.pk, "name": "Ana"},
        "members": [
            {"id": ana.pk, "name": "Ana", "role": "owner"},
            {"id": bob.pk, "name": "Bob", "role": "editor"},
        ],
        "aisles": [],
        "shops": {},
        "staples": {},
    }
    assert "undoes" not in frame


@pytest.mark.parametrize("joined", [False, True])
def test_undo_records_the_version_that_it_undoes(groceries, milk, recorded_changes, joined):
    """REC-16"""
    with recorded_changes(groceries) as recorded:
        if joined:
            with (
                context.recording(groceries.pk),
                context.recording(verb="undo", undoes=3),
            ):
                milk.delete()
        else:
            with context.recording(groceries.pk, verb="undo", undoes=3):
                milk.delete()
    assert (recorded.only_change.verb, recorded.only_change.undoes) == ("undo", 3)
    assert Activity.objects.latest("pk").undoes == 3


def test_operation_is_recorded_on_one_change_of_each_list(groceries, hardware, recorded_changes):
    """REC-17"""
    operation_id = uuid.uuid4()
    with recorded_changes(groceries, hardware) as recorded, actor.acting_as(None, operation_id):
        groceries.items.create(name="Milk")
        groceries.items.create(name="Bread")
        hardware.items.create(name="Nails")
    assert [change.op for change in recorded.changes[groceries.pk]] == [str(operation_id), None]
    assert recorded.change_of(hardware).op == str(operation_id)


def test_repeated_operation_is_not_recorded_again(groceries, milk, recorded_changes):
    """REC-17: a key used for two URLs is refused by the API, not by the database."""
    operation_id = uuid.uuid4()
    with actor.acting_as(None, operation_id):
        milk.delete()
    with recorded_changes(groceries) as recorded, actor.acting_as(None, operation_id):
        groceries.items.create(name="Bread")
    assert recorded.only_change.op is None


def test_recreated_list_does_not_reuse_an_operation_of_its_log(groceries):
    """REC-9, REC-17"""
    operation_id, pk = uuid.uuid4(), groceries.pk
    with actor.acting_as(None, operation_id):
        groceries.delete()
        ShoppingList.objects.create(pk=pk, name="Again")
    assert list(
        Activity.objects.filter(list_id=pk, operation_id=operation_id).values_list(
            "verb", flat=True
        )
    ) == ["list.deleted"]
