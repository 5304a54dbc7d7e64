"""Saves and deletes of single rows, in every form."""

import uuid
from datetime import timedelta
from io import StringIO
from unittest.mock import patch

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import isolate_apps
from django.utils import timezone

from shopping_list import receivers
from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.recording import actor, context, locking
from shopping_list.recording.clock import ClockCheck
from shopping_list.recording.context import recording

pytestmark = [pytest.mark.database, pytest.mark.django_db]


# Writes that are no change


def test_save_without_a_difference_records_nothing(groceries, milk, bob, recorded_changes):
    """REC-6"""
    updated_at = ShoppingItem.objects.get().updated_at
    with recorded_changes(groceries) as recorded, actor.acting_as(bob):
        milk.save()
        groceries.save()
        groceries.memberships.get(user=bob).save()
        milk.save(update_fields=["name"])
        milk.save(update_fields=[])
    assert not recorded.all
    assert ShoppingItem.objects.get().updated_at == updated_at
    assert milk.version == ShoppingItem.objects.get().version


def test_change_reverted_within_one_recording_records_nothing(groceries, milk, recorded_changes):
    """REC-6"""
    with recorded_changes(groceries) as recorded, context.recording(groceries.pk):
        milk.purchased = True
        milk.save()
        milk.purchased = False
        milk.save()
        bread = groceries.items.create(name="Bread")
        bread.delete()
    assert not recorded.all


@pytest.mark.parametrize("write", ["a statement", "a savepoint"])
def test_write_behind_a_save_is_recorded_too(groceries, milk, recorded_changes, write):
    """REC-12: a save reads its row back, which is not the last row when more is written."""
    with recorded_changes(groceries) as recorded, context.recording(groceries.pk):
        milk.note = "two litres"
        milk.save()
        if write == "a statement":
            with connection.cursor() as cursor:
                cursor.execute("UPDATE shopping_list_shoppingitem SET note = 'one litre'")
        else:
            savepoint = transaction.savepoint()
            milk.note = "one litre"
            milk.save()
            transaction.savepoint_rollback(savepoint)
    expected = {"a statement": "one litre", "a savepoint": "two litres"}
    assert recorded.only_change.items[0].note == expected[write]


def test_recording_without_a_write_records_nothing(groceries, recorded_changes):
    """REC-6"""
    with (
        recorded_changes(groceries) as recorded,
        context.recording(groceries.pk, uuid.uuid4()),
    ):
        pass
    assert not recorded.all


def test_item_created_and_list_deleted_in_one_recording_is_one_deletion(
    groceries, recorded_changes
):
    """REC-8"""
    with recorded_changes(groceries) as recorded, context.recording(groceries.pk):
        groceries.items.create(name="Bread")
        ShoppingList.objects.get(pk=groceries.pk).delete()
    assert len(recorded.all) == 1
    assert recorded.all[0].gone == ()


# Partial, deferred and stale saves


def test_partial_save_records_only_the_written_fields(groceries, milk, recorded_changes):
    """REC-12"""
    milk.name, milk.note = "Beer", "not written"
    with recorded_changes(groceries) as recorded:
        milk.save(update_fields=["name"])
    [row] = recorded.only_change.items
    assert (row.name, row.note) == ("Beer", "")
    assert ShoppingItem.objects.get().name_key == "beer"


def test_partial_save_accepts_field_and_column_names(
    groceries, hardware, milk, ana, recorded_changes
):
    """REC-12"""
    milk.shopping_list = hardware
    with recorded_changes(groceries, hardware) as recorded:
        milk.save(update_fields=("shopping_list",))
    assert recorded.change_of(hardware).items[0].name == "Milk"
    milk.created_by_id = ana.pk
    with recorded_changes(hardware) as recorded:
        milk.save(update_fields={"created_by_id"})
    assert recorded.only_change.items[0].created_by.id == ana.pk


def test_partial_tick_sets_its_bookkeeping_fields(groceries, milk, bob, recorded_changes):
    """REC-12, ROW-1"""
    milk.purchased = True
    with recorded_changes(groceries) as recorded, actor.acting_as(bob):
        milk.save(update_fields=["purchased"])
    assert recorded.only_change.items[0].purchased_by.id == bob.pk


def test_partial_save_does_not_move_an_item_without_the_list_field(
    groceries, hardware, milk, recorded_changes
):
    """REC-12"""
    milk.shopping_list, milk.note = hardware, "new"
    with recorded_changes(groceries, hardware) as recorded:
        milk.save(update_fields=["note"])
    assert recorded.only_change.topic == f"list:{groceries.pk}"
    assert recorded.only_change.items[0].version == recorded.only_change.version


def test_deferred_save_records_the_written_fields(groceries, milk, recorded_changes):
    """REC-12"""
    deferred = ShoppingItem.objects.only("note").get()
    deferred.note = "new"
    with recorded_changes(groceries) as recorded:
        deferred.save()
    assert recorded.only_change.items[0].note == "new"
    assert recorded.only_change.items[0].version == recorded.only_change.version


def test_deferred_save_of_a_name_updates_its_comparison_key(groceries, milk):
    """REC-12, ROW-3"""
    deferred = ShoppingItem.objects.defer("name_key", "purchased").get()
    deferred.name = "Beer"
    deferred.save()
    assert ShoppingItem.objects.get().name_key == "beer"


def test_expression_in_a_save_is_recorded_as_its_result(groceries, milk, recorded_changes):
    """REC-12"""
    milk.note = Concat(F("name"), Value("?"))
    with recorded_changes(groceries) as recorded:
        milk.save()
    assert recorded.only_change.items[0].note == "Milk?"


def test_stale_list_cannot_reset_its_version_or_epoch(groceries, recorded_changes):
    """REC-11"""
    stale = ShoppingList.objects.get()
    for name in ("Milk", "Bread"):
        groceries.items.create(name=name)
    fresh = ShoppingList.objects.get()
    stale.name, stale.epoch = "Food", "xxxxxxxx"
    with recorded_changes(groceries) as recorded:
        stale.save()
    assert recorded.only_change.version == fresh.version + 1
    assert stale.version == fresh.version + 1
    stale.version, stale.last_interaction = 1, stale.created_at
    with recorded_changes(groceries) as recorded:
        stale.save()
        stale.save(update_fields=["version", "last_interaction", "epoch"])
    assert not recorded.all


def test_stale_item_overwrites_newer_fields_and_is_recorded(groceries, milk, recorded_changes):
    """REC-12"""
    stale = ShoppingItem.objects.get()
    milk.note = "new"
    milk.save()
    stale.quantity = "9"
    with recorded_changes(groceries) as recorded:
        stale.save()
    assert (recorded.only_change.items[0].note, recorded.only_change.items[0].quantity) == ("", "9")


def test_saving_a_deleted_item_adds_it_again(groceries, milk, recorded_changes):
    """REC-12"""
    ShoppingItem.objects.get().delete()
    with recorded_changes(groceries) as recorded:
        milk.save()
    assert recorded.only_change.verb == "item.added"


def test_ids_are_accepted_as_strings(groceries, hardware, recorded_changes):
    """REC-12"""
    pk = uuid.uuid4()
    with recorded_changes(groceries) as recorded:
        item = ShoppingItem.objects.create(
            id=str(pk), shopping_list_id=str(groceries.pk), name="Milk"
        )
    assert recorded.only_change.items[0].id == pk
    item.shopping_list_id = str(hardware.pk)
    with recorded_changes(groceries, hardware) as recorded:
        item.save()
    assert (recorded.change_of(groceries).gone, recorded.change_of(hardware).items[0].id) == (
        (pk,),
        pk,
    )
    with recorded_changes(hardware) as recorded:
        ShoppingItem.objects.bulk_create(
            [ShoppingItem(id=str(uuid.uuid4()), shopping_list_id=str(hardware.pk), name="Bread")]
        )
    assert recorded.only_change.verb == "item.added"
    created = ShoppingList.objects.create(id=str(uuid.uuid4()), name="New")
    assert Activity.objects.get(list_id=created.pk).verb == "list.created"


def test_row_without_an_id_is_recorded_with_its_new_id(groceries, milk, recorded_changes):
    """REC-12: this is how a row is copied in a shell."""
    milk.pk, milk.name = None, "Oat milk"
    milk._state.adding = True
    with recorded_changes(groceries) as recorded:
        milk.save()
    assert recorded.only_change.verb == "item.added"
    with recorded_changes(groceries) as recorded:
        ShoppingItem.objects.bulk_create(
            [ShoppingItem(id=None, shopping_list=groceries, name="Beer")]
        )
    assert recorded.only_change.verb == "item.added"
    created = ShoppingList(id=None, name="New")
    item = ShoppingItem(shopping_list=created, name="Nails")
    created.save()
    item.save()
    created.refresh_from_db()
    assert (created.version, Activity.objects.filter(list_id=created.pk).count()) == (2, 2)


def test_unsaved_row_cannot_be_deleted(groceries, recorded_changes):
    """REC-12"""
    with recorded_changes(groceries) as recorded, pytest.raises(ValueError, match="set to None"):
        ShoppingItem(id=None, shopping_list=groceries).delete()
    assert not recorded.all


def test_item_without_a_list_is_refused(groceries):
    """REC-12"""
    with pytest.raises(IntegrityError), transaction.atomic():
        ShoppingItem(name="Milk").save()


# Moves


def test_moved_item_is_removed_from_one_list_and_added_to_the_other(
    groceries, hardware, milk, recorded_changes
):
    """REC-7"""
    milk.shopping_list = hardware
    with recorded_changes(groceries, hardware) as recorded:
        milk.save()
    assert (recorded.change_of(groceries).verb, recorded.change_of(groceries).gone) == (
        "item.removed",
        (milk.pk,),
    )
    assert recorded.change_of(hardware).verb == "item.added"
    assert recorded.change_of(hardware).items[0].version == recorded.change_of(hardware).version
    [removed], [added] = recorded.entries(groceries), recorded.entries(hardware)
    assert removed["after"] is None
    assert added["before"] is None
    assert removed["before"]["name"] == added["after"]["name"] == "Milk"


def test_moved_item_keeps_its_purchase_time_and_user(
    groceries, hardware, milk, bob, recorded_changes
):
    """REC-7, ROW-1"""
    with actor.acting_as(bob):
        groceries.items.update(purchased=True)
    milk.refresh_from_db()
    milk.shopping_list = hardware
    with recorded_changes(groceries, hardware) as recorded:
        milk.save()
    [row] = recorded.change_of(hardware).items
    assert (row.purchased_at, row.purchased_by.id) == (milk.purchased_at, bob.pk)


def test_moving_an_item_locks_both_lists_in_id_order(groceries, hardware, milk, monkeypatch):
    """REC-14"""
    locked = []
    original = locking._locked_rows
    monkeypatch.setattr(
        locking, "_locked_rows", lambda ids, *rest: locked.append(ids) or original(ids, *rest)
    )
    item = ShoppingItem.objects.get()
    item.shopping_list = hardware
    item.save()
    assert locked == [sorted([groceries.pk, hardware.pk])]


# Proxies, fixtures and anonymous writes


def test_proxy_model_is_recorded_like_its_model(groceries, milk, recorded_changes, monkeypatch):
    """REC-13: Django names the proxy as the sender of its signals."""
    with isolate_apps("shopping_list"):

        class Urgent(ShoppingItem):
            class Meta:
                proxy = True
                app_label = "shopping_list"

        monkeypatch.setattr(receivers, "apps", Urgent._meta.apps)
        receivers.connect()
        item = Urgent.objects.get()
        item.note = "now"
        with recorded_changes(groceries) as recorded:
            item.save()
        assert recorded.only_change.verb == "item.edited"
        with recorded_changes(groceries) as recorded:
            item.delete()
        assert recorded.only_change.verb == "item.removed"


@pytest.mark.unrecorded_writes
def test_fixture_is_loaded_without_recording(groceries, milk, tmp_path):
    """REC-13"""
    dump = StringIO()
    call_command("dumpdata", "accounts.user", "shopping_list", stdout=dump)
    count = Activity.objects.count()
    path = tmp_path / "dump.json"
    path.write_text(dump.getvalue())
    version = ShoppingList.objects.get().version
    milk.delete()
    Activity.objects.filter(version__gt=version).delete()
    with context.recording(groceries.pk):
        call_command("loaddata", str(path), verbosity=0)
    assert Activity.objects.count() == count
    assert ShoppingList.objects.get().version == version
    assert ShoppingItem.objects.get().name == "Milk"


def test_write_without_an_actor_is_recorded_without_a_user(groceries, recorded_changes):
    """REC-13"""
    with recorded_changes(groceries) as recorded:
        ShoppingItem(shopping_list=groceries, name="Milk").save()
    assert recorded.only_change.actor is None
    assert Activity.objects.latest("pk").actor_name == ""


def test_every_model_is_recorded_or_listed_as_exempt():
    """REC-13: a model that is added to the app must be classified here."""
    recorded = {ShoppingList, ShoppingItem, Membership}
    exempt = {"Activity", "ForgottenName", "IdempotentResponse", "Invite", "Invitation"}
    for model in apps.get_app_config("shopping_list").get_models():
        assert model in recorded or model.__name__ in exempt
        if model in recorded:
            assert model._base_manager.__class__ is model._default_manager.__class__


# Time


def test_last_interaction_is_the_time_of_the_last_change(groceries, milk):
    """REC-3"""
    groceries.refresh_from_db()
    assert groceries.last_interaction == Activity.objects.latest("pk").at


def test_last_interaction_does_not_decrease_when_the_clock_does(groceries, milk, recorded_changes):
    """REC-3"""
    before = ShoppingList.objects.get().last_interaction
    past = timezone.now() - timedelta(hours=1)
    with (
        patch.object(locking.timezone, "now", return_value=past),
        recorded_changes(groceries) as recorded,
    ):
        milk.note = "new"
        milk.save()
    assert (recorded.only_change.at, milk.updated_at) == (past, past)
    assert ShoppingList.objects.get().last_interaction == before


def test_edits_after_the_clock_was_ahead_have_their_own_time(groceries, milk, caplog, monkeypatch):
    """REC-27, case AH1: one warning for all of them; two machines may differ by a moment."""
    monkeypatch.setattr(locking, "clock_check", ClockCheck())
    now = timezone.now()
    future = now + timedelta(days=3)
    times = (now - timedelta(seconds=30), future, *(now + timedelta(hours=n) for n in range(3)))
    for number, time in enumerate(times):
        with patch.object(locking.timezone, "now", return_value=time):
            milk.note = str(number)
            milk.save()
    log = Activity.objects.filter(list_id=groceries.pk).order_by("version")
    assert list(log.values_list("at", flat=True))[-len(times) :] == list(times)
    assert ShoppingList.objects.get().last_interaction == future
    assert [record.name for record in caplog.records] == ["shopping_list.recording.clock"]


def test_nothing_is_created_after_the_change_that_creates_it(ana):
    """ROW-8, case AA1: a list and an item, each by a save and in bulk."""
    pk = uuid.uuid4()
    with recording(pk):  # reads the clock first
        shopping_list = ShoppingList(pk=pk, name="New")
        shopping_list.save()
        shopping_list.items.create(name="Milk")
        ShoppingItem.objects.bulk_create([ShoppingItem(shopping_list=shopping_list, name="Bread")])
    shopping_list.refresh_from_db()
    [created] = Activity.objects.filter(list_id=pk)
    assert shopping_list.created_at == shopping_list.last_interaction == created.at
    assert {(item.created_at, item.updated_at) for item in shopping_list.items.all()} == {
        (created.at, created.at)
    }
    past = created.at - timedelta(days=1)
    assert ShoppingList.objects.create(name="Old", created_at=past).created_at == past


# Positions


def test_new_item_is_placed_at_the_end(groceries, milk):
    """ROW-2"""
    for name in ("Bread", "Salt"):
        groceries.items.create(name=name)
    names = groceries.items.order_by("position").values_list("name", flat=True)
    assert list(names) == ["Milk", "Bread", "Salt"]


@pytest.mark.parametrize("garbage", ["", "!!!", "zz é", "a0", "0"])
def test_invalid_position_is_replaced_by_the_last_one(groceries, milk, recorded_changes, garbage):
    """ROW-2"""
    with recorded_changes(groceries) as recorded:
        groceries.items.create(name="Bread", position=garbage)
    assert recorded.only_change.items[0].position > milk.position


def test_invalid_stored_position_does_not_prevent_adding_items(groceries, milk):
    """ROW-2"""
    groceries.items.update(position="zz é !")
    assert groceries.items.create(name="Bread").position
