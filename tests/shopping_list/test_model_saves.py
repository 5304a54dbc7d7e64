"""Single saves and deletes of every shape."""

import json
import uuid
from datetime import UTC, timedelta
from io import StringIO
from unittest.mock import patch

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext, isolate_apps
from django.utils import timezone

from shopping_list import receivers
from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.recording import actor, unit_of_work

pytestmark = [pytest.mark.database, pytest.mark.django_db]


# what is not a change


def test_saving_without_a_difference_consumes_nothing(groceries, milk, bob, recorded_changes):
    """REC-6"""
    stamp = ShoppingItem.objects.get().updated_at
    with recorded_changes(groceries) as seen, actor.acting_as(bob):
        milk.save()
        groceries.save()
        groceries.memberships.get(user=bob).save()
        milk.save(update_fields=["name"])
        milk.save(update_fields=[])
    assert not seen.all
    assert ShoppingItem.objects.get().updated_at == stamp
    assert milk.version == ShoppingItem.objects.get().version


def test_a_change_that_is_taken_back_in_one_recording_consumes_nothing(
    groceries, milk, recorded_changes
):
    """REC-6"""
    with recorded_changes(groceries) as seen, unit_of_work.recording(groceries.pk):
        milk.purchased = True
        milk.save()
        milk.purchased = False
        milk.save()
        extra = groceries.items.create(name="Bread")
        extra.delete()
    assert not seen.all


def test_a_recording_without_a_write_consumes_nothing(groceries, recorded_changes):
    """REC-6"""
    with recorded_changes(groceries) as seen, unit_of_work.recording(groceries.pk, uuid.uuid4()):
        pass
    assert not seen.all


def test_an_item_created_and_a_list_deleted_in_one_recording_is_one_tombstone(
    groceries, recorded_changes
):
    """REC-8"""
    with recorded_changes(groceries) as seen, unit_of_work.recording(groceries.pk):
        groceries.items.create(name="Bread")
        ShoppingList.objects.get(pk=groceries.pk).delete()
    assert len(seen.all) == 1
    assert seen.all[0].gone == ()


# partial, deferred and stale


def test_a_partial_save_records_what_it_wrote(groceries, milk, recorded_changes):
    """REC-12"""
    milk.name, milk.note = "Beer", "not written"
    with recorded_changes(groceries) as seen:
        milk.save(update_fields=["name"])
    [row] = seen.one.items
    assert (row.name, row.note) == ("Beer", "")
    assert ShoppingItem.objects.get().name_key == "beer"


def test_a_partial_save_may_name_its_fields_in_any_way(
    groceries, hardware, milk, ana, recorded_changes
):
    """REC-12"""
    milk.shopping_list = hardware
    with recorded_changes(groceries, hardware) as seen:
        milk.save(update_fields=("shopping_list",))
    assert seen.change_of(hardware).items[0].name == "Milk"
    milk.created_by_id = ana.pk
    with recorded_changes(hardware) as seen:
        milk.save(update_fields={"created_by_id"})
    assert seen.one.items[0].created_by.id == ana.pk


def test_a_partial_tick_carries_its_stamps(groceries, milk, bob, recorded_changes):
    """REC-12, ROW-1"""
    milk.purchased = True
    with recorded_changes(groceries) as seen, actor.acting_as(bob):
        milk.save(update_fields=["purchased"])
    assert seen.one.items[0].purchased_by.id == bob.pk


def test_a_list_in_memory_only_is_not_written_by_a_partial_save(
    groceries, hardware, milk, recorded_changes
):
    """REC-12"""
    milk.shopping_list, milk.note = hardware, "new"
    with recorded_changes(groceries, hardware) as seen:
        milk.save(update_fields=["note"])
    assert seen.one.topic == f"list:{groceries.pk}"
    assert seen.one.items[0].version == seen.one.version


def test_a_deferred_save_records_what_it_wrote(groceries, milk, recorded_changes):
    """REC-12"""
    slim = ShoppingItem.objects.only("note").get()
    slim.note = "new"
    with recorded_changes(groceries) as seen:
        slim.save()
    assert seen.one.items[0].note == "new"
    assert seen.one.items[0].version == seen.one.version


def test_a_deferred_name_is_compared_by_what_it_became(groceries, milk):
    """REC-12, ROW-3"""
    slim = ShoppingItem.objects.defer("name_key", "purchased").get()
    slim.name = "Beer"
    slim.save()
    assert ShoppingItem.objects.get().name_key == "beer"


def test_an_expression_in_a_save_is_recorded_as_what_it_came_to(groceries, milk, recorded_changes):
    """REC-12"""
    milk.note = Concat(F("name"), Value("?"))
    with recorded_changes(groceries) as seen:
        milk.save()
    assert seen.one.items[0].note == "Milk?"


def test_a_stale_list_cannot_turn_its_history_back(groceries, recorded_changes):
    """REC-11"""
    stale = ShoppingList.objects.get()
    for name in ("Milk", "Bread"):
        groceries.items.create(name=name)
    fresh = ShoppingList.objects.get()
    stale.name, stale.epoch = "Food", "xxxxxxxx"
    with recorded_changes(groceries) as seen:
        stale.save()
    assert seen.one.version == fresh.version + 1
    assert stale.version == fresh.version + 1
    stale.version, stale.last_interaction = 1, stale.created_at
    with recorded_changes(groceries) as seen:
        stale.save()
        stale.save(update_fields=["version", "last_interaction", "epoch"])
    assert not seen.all


def test_a_stale_item_writes_what_it_holds_and_that_is_recorded(groceries, milk, recorded_changes):
    """REC-12"""
    stale = ShoppingItem.objects.get()
    milk.note = "new"
    milk.save()
    stale.quantity = "9"
    with recorded_changes(groceries) as seen:
        stale.save()
    assert (seen.one.items[0].note, seen.one.items[0].quantity) == ("", "9")


def test_saving_an_item_that_is_gone_adds_it_again(groceries, milk, recorded_changes):
    """REC-12"""
    ShoppingItem.objects.get().delete()
    with recorded_changes(groceries) as seen:
        milk.save()
    assert seen.one.verb == "item.added"


def test_ids_may_be_given_as_strings(groceries, hardware, recorded_changes):
    """REC-12"""
    pk = uuid.uuid4()
    with recorded_changes(groceries) as seen:
        item = ShoppingItem.objects.create(
            id=str(pk), shopping_list_id=str(groceries.pk), name="Milk"
        )
    assert seen.one.items[0].id == pk
    item.shopping_list_id = str(hardware.pk)
    with recorded_changes(groceries, hardware) as seen:
        item.save()
    assert (seen.change_of(groceries).gone, seen.change_of(hardware).items[0].id) == ((pk,), pk)
    with recorded_changes(hardware) as seen:
        ShoppingItem.objects.bulk_create(
            [ShoppingItem(id=str(uuid.uuid4()), shopping_list_id=str(hardware.pk), name="Bread")]
        )
    assert seen.one.verb == "item.added"
    made = ShoppingList.objects.create(id=str(uuid.uuid4()), name="New")
    assert Activity.objects.get(list_id=made.pk).verb == "list.created"


def test_a_row_without_an_id_is_recorded_under_the_one_that_it_gets(
    groceries, milk, recorded_changes
):
    """REC-12: the way in which a row is copied in a shell."""
    milk.pk, milk.name = None, "Oat milk"
    milk._state.adding = True
    with recorded_changes(groceries) as seen:
        milk.save()
    assert seen.one.verb == "item.added"
    with recorded_changes(groceries) as seen:
        ShoppingItem.objects.bulk_create(
            [ShoppingItem(id=None, shopping_list=groceries, name="Beer")]
        )
    assert seen.one.verb == "item.added"
    made = ShoppingList(id=None, name="New")
    item = ShoppingItem(shopping_list=made, name="Nails")
    made.save()
    item.save()
    made.refresh_from_db()
    assert (made.version, Activity.objects.filter(list_id=made.pk).count()) == (2, 2)


def test_a_row_that_was_never_stored_cannot_be_deleted(groceries, recorded_changes):
    """REC-12"""
    with recorded_changes(groceries) as seen, pytest.raises(ValueError, match="set to None"):
        ShoppingItem(id=None, shopping_list=groceries).delete()
    assert not seen.all


def test_an_item_without_a_list_is_refused(groceries):
    """REC-12"""
    with pytest.raises(IntegrityError), transaction.atomic():
        ShoppingItem(name="Milk").save()


def test_an_item_that_moves_is_removed_there_and_added_here(
    groceries, hardware, milk, recorded_changes
):
    """REC-7"""
    milk.shopping_list = hardware
    with recorded_changes(groceries, hardware) as seen:
        milk.save()
    assert (seen.change_of(groceries).verb, seen.change_of(groceries).gone) == (
        "item.removed",
        (milk.pk,),
    )
    assert seen.change_of(hardware).verb == "item.added"
    assert seen.change_of(hardware).items[0].version == seen.change_of(hardware).version
    [lost], [won] = seen.entries(groceries), seen.entries(hardware)
    assert lost["after"] is None
    assert won["before"] is None
    assert lost["before"]["name"] == won["after"]["name"] == "Milk"


def test_a_ticked_item_that_moves_stays_bought_by_whom_it_was(
    groceries, hardware, milk, bob, recorded_changes
):
    """REC-7, ROW-1"""
    with actor.acting_as(bob):
        groceries.items.update(purchased=True)
    milk.refresh_from_db()
    milk.shopping_list = hardware
    with recorded_changes(groceries, hardware) as seen:
        milk.save()
    [row] = seen.change_of(hardware).items
    assert (row.purchased_at, row.purchased_by.id) == (milk.purchased_at, bob.pk)


def test_moving_an_item_locks_both_lists_at_once_in_id_order(
    groceries, hardware, milk, monkeypatch
):
    """REC-14"""
    locked = []
    plain = unit_of_work._locked_rows
    monkeypatch.setattr(
        unit_of_work, "_locked_rows", lambda ids, *rest: locked.append(ids) or plain(ids, *rest)
    )
    item = ShoppingItem.objects.get()
    item.shopping_list = hardware
    item.save()
    assert locked == [sorted([groceries.pk, hardware.pk])]


# other ways in


def test_a_proxy_is_recorded_like_its_model(groceries, milk, recorded_changes, monkeypatch):
    """REC-13: Django names the proxy as the sender of its signals."""
    with isolate_apps("shopping_list"):

        class Urgent(ShoppingItem):
            class Meta:
                proxy = True
                app_label = "shopping_list"

        monkeypatch.setattr(receivers, "apps", Urgent._meta.apps)
        receivers.connect()
        one = Urgent.objects.get()
        one.note = "now"
        with recorded_changes(groceries) as seen:
            one.save()
        assert seen.one.verb == "item.edited"
        with recorded_changes(groceries) as seen:
            one.delete()
        assert seen.one.verb == "item.removed"


def test_a_fixture_is_loaded_as_it_is(groceries, milk, tmp_path):
    """REC-13"""
    dumped = StringIO()
    call_command("dumpdata", "accounts.user", "shopping_list", stdout=dumped)
    count = Activity.objects.count()
    path = tmp_path / "dump.json"
    path.write_text(dumped.getvalue())
    version = ShoppingList.objects.get().version
    milk.delete()
    Activity.objects.filter(version__gt=version).delete()
    with unit_of_work.recording(groceries.pk):
        call_command("loaddata", str(path), verbosity=0)
    assert Activity.objects.count() == count
    assert ShoppingList.objects.get().version == version
    assert ShoppingItem.objects.get().name == "Milk"


def test_nobody_acting_is_recorded_as_nobody(groceries, recorded_changes):
    """REC-13"""
    with recorded_changes(groceries) as seen:
        ShoppingItem(shopping_list=groceries, name="Milk").save()
    assert seen.one.actor is None
    assert Activity.objects.latest("pk").actor_name == ""


# time


def test_last_interaction_is_the_moment_of_the_last_change(groceries, milk):
    """REC-3"""
    groceries.refresh_from_db()
    assert groceries.last_interaction == Activity.objects.latest("pk").at


def test_last_interaction_never_goes_back_when_the_clock_does(groceries, milk, recorded_changes):
    """REC-3"""
    before = ShoppingList.objects.get().last_interaction
    past = timezone.now() - timedelta(hours=1)
    with (
        patch.object(unit_of_work.timezone, "now", return_value=past),
        recorded_changes(groceries) as seen,
    ):
        milk.note = "new"
        milk.save()
    assert seen.one.at == before
    assert ShoppingList.objects.get().last_interaction == before


# cost


def queries_of(write):
    with CaptureQueriesContext(connection) as captured:
        write()
    plain = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in plain if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]


def test_a_save_costs_six_queries_and_a_creation_seven(groceries, milk, ana):
    """REC-15: lock, before, write, after, list, log; a new item asks for its place."""
    milk.note = "new"
    with actor.acting_as(ana):
        assert len(queries_of(milk.save)) == 6
        milk.purchased, milk.name = True, "Oat milk"
        assert len(queries_of(lambda: milk.save(update_fields=["purchased", "name"]))) == 6
        assert len(queries_of(lambda: groceries.items.create(name="Bread"))) == 7
        assert len(queries_of(milk.delete)) == 6


def test_an_operation_costs_no_query_of_its_own(groceries, milk, ana):
    """REC-15"""
    milk.note = "new"
    with actor.acting_as(ana, uuid.uuid4()):
        assert len(queries_of(milk.save)) == 6


def test_many_rows_cost_no_more_queries_than_few(groceries):
    """REC-15"""
    few = [ShoppingItem(shopping_list=groceries, name=f"few {n}") for n in range(2)]
    many = [ShoppingItem(shopping_list=groceries, name=f"many {n}") for n in range(60)]
    assert len(queries_of(lambda: ShoppingItem.objects.bulk_create(few))) == len(
        queries_of(lambda: ShoppingItem.objects.bulk_create(many))
    )
    some, all_ = groceries.items.filter(name__startswith="few"), groceries.items.all()
    assert len(queries_of(lambda: some.update(note="x"))) == len(
        queries_of(lambda: all_.update(note="y"))
    )


def test_deleting_a_list_costs_the_same_whatever_is_on_it(groceries, hardware):
    """REC-15"""
    names = [f"thing {n}" for n in range(60)]
    ShoppingItem.objects.bulk_create(
        [ShoppingItem(shopping_list=groceries, name=name) for name in names]
    )
    hardware.items.create(name="Nails")
    assert len(queries_of(groceries.delete)) == len(queries_of(hardware.delete))


# the frame


def test_the_frame_is_what_the_protocol_says(groceries, milk, ana):
    """REC-16"""
    op = uuid.uuid4()
    milk.purchased = True
    with actor.acting_as(ana, op):
        milk.save()
    activity = Activity.objects.latest("pk")
    frame = json.loads(bytes(activity.frame))
    stamp = activity.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    groceries.refresh_from_db()
    assert frame == {
        "type": "change",
        "topic": f"list:{groceries.pk}",
        "epoch": groceries.epoch,
        "version": groceries.version,
        "at": stamp,
        "actor": {"id": ana.pk, "name": "Ana"},
        "op": str(op),
        "verb": "item.ticked",
        "items": [
            {
                "id": str(milk.pk),
                "name": "Milk",
                "quantity": "1 l",
                "note": "",
                "category": "",
                "purchased": True,
                "purchased_at": stamp,
                "purchased_by": {"id": ana.pk, "name": "Ana"},
                "position": milk.position,
                "version": groceries.version,
                "created_at": milk.created_at.isoformat().replace("+00:00", "Z"),
                "created_by": None,
                "updated_at": stamp,
            }
        ],
        "gone": [],
    }
    assert frame["items"][0] == activity.changes[0]["after"]
    assert b"\n" not in bytes(activity.frame)


def test_the_frame_of_a_list_has_its_own_fields(groceries, ana, bob):
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
    }
    assert "undoes" not in frame


@pytest.mark.parametrize("joined", [False, True])
def test_only_an_undo_says_what_it_undoes(groceries, milk, recorded_changes, joined):
    """REC-16"""
    with recorded_changes(groceries) as seen:
        if joined:
            with (
                unit_of_work.recording(groceries.pk),
                unit_of_work.recording(verb="undo", undoes=3),
            ):
                milk.delete()
        else:
            with unit_of_work.recording(groceries.pk, verb="undo", undoes=3):
                milk.delete()
    assert (seen.one.verb, seen.one.undoes) == ("undo", 3)
    assert Activity.objects.latest("pk").undoes == 3


# operations


def test_an_operation_names_one_change_of_each_list(groceries, hardware, recorded_changes):
    """REC-17"""
    op = uuid.uuid4()
    with recorded_changes(groceries, hardware) as seen, actor.acting_as(None, op):
        groceries.items.create(name="Milk")
        groceries.items.create(name="Bread")
        hardware.items.create(name="Nails")
    assert [change.op for change in seen.changes[groceries.pk]] == [str(op), None]
    assert seen.change_of(hardware).op == str(op)


def test_an_operation_that_comes_again_names_nothing_more(groceries, milk, recorded_changes):
    """REC-17: one key used at two addresses is refused there, not by the database here."""
    op = uuid.uuid4()
    with actor.acting_as(None, op):
        milk.delete()
    with recorded_changes(groceries) as seen, actor.acting_as(None, op):
        groceries.items.create(name="Bread")
    assert seen.one.op is None


def test_a_list_made_again_may_not_use_an_operation_of_its_log(groceries):
    """REC-9, REC-17"""
    op, pk = uuid.uuid4(), groceries.pk
    with actor.acting_as(None, op):
        groceries.delete()
        ShoppingList.objects.create(pk=pk, name="Again")
    assert list(
        Activity.objects.filter(list_id=pk, operation_id=op).values_list("verb", flat=True)
    ) == ["list.deleted"]


# positions


def test_a_new_item_goes_to_the_end(groceries, milk):
    """ROW-2"""
    for name in ("Bread", "Salt"):
        groceries.items.create(name=name)
    names = groceries.items.order_by("position").values_list("name", flat=True)
    assert list(names) == ["Milk", "Bread", "Salt"]


@pytest.mark.parametrize("garbage", ["", "!!!", "zz é", "a0", "0"])
def test_a_position_that_is_no_key_is_replaced_by_the_end(
    groceries, milk, recorded_changes, garbage
):
    """ROW-2"""
    with recorded_changes(groceries) as seen:
        groceries.items.create(name="Bread", position=garbage)
    assert seen.one.items[0].position > milk.position


def test_a_stored_position_that_is_no_key_stops_nobody(groceries, milk):
    """ROW-2"""
    groceries.items.update(position="zz é !")
    assert groceries.items.create(name="Bread").position


def test_every_model_of_a_list_is_recorded():
    """REC-13: a table that is added to the app must be decided about here."""
    recorded = {ShoppingList, ShoppingItem, Membership}
    others = {"Activity", "IdempotentResponse", "Invite", "Invitation"}
    for model in apps.get_app_config("shopping_list").get_models():
        assert model in recorded or model.__name__ in others
        if model in recorded:
            assert model._base_manager.__class__ is model._default_manager.__class__
