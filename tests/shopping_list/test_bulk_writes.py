"""Queries that write many rows at once, for which Django sends no signals."""

import asyncio
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, NotSupportedError, connections, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Concat, Upper

from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.recording import actor

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def three(groceries):
    """Three open items."""
    return [groceries.items.create(name=name) for name in ("Milk", "Bread", "Salt")]


# items


def test_update_is_one_change_with_many_rows(groceries, three, ana, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as seen, actor.acting_as(ana):
        assert groceries.items.update(purchased=True) == 3
    assert seen.one.verb == "items.ticked"
    assert {row.id for row in seen.one.items} == {item.pk for item in three}
    assert {row.purchased_by.id for row in seen.one.items} == {ana.pk}
    assert {row.purchased_at for row in seen.one.items} == {seen.one.at}


def test_update_records_only_the_rows_that_differ(groceries, three, recorded_changes):
    """REC-5, REC-6"""
    groceries.items.filter(name="Milk").update(note="fresh")
    with recorded_changes(groceries) as seen:
        groceries.items.update(note="fresh")
    assert {row.name for row in seen.one.items} == {"Bread", "Salt"}


def test_update_over_several_lists_is_one_change_of_each(
    groceries, hardware, three, recorded_changes
):
    """REC-5"""
    hardware.items.create(name="Nails")
    with recorded_changes(groceries, hardware) as seen:
        ShoppingItem.objects.update(category="all")
    assert seen.change_of(groceries).verb == "items.edited"
    assert seen.change_of(hardware).verb == "item.edited"


def test_update_with_expressions_records_what_they_came_to(groceries, three, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as seen:
        groceries.items.update(note=Concat(F("name"), Value("!")), quantity=Upper("name"))
    assert {(row.note, row.quantity) for row in seen.one.items} == {
        ("Milk!", "MILK"),
        ("Bread!", "BREAD"),
        ("Salt!", "SALT"),
    }


def test_update_of_a_name_by_expression_updates_what_it_compares_by(
    groceries, three, recorded_changes
):
    """REC-5, ROW-3"""
    with recorded_changes(groceries):
        groceries.items.update(name=Concat(F("name"), Value(" X")))
    assert set(groceries.items.values_list("name_key", flat=True)) == {
        "milk x",
        "bread x",
        "salt x",
    }


def test_update_that_matches_nothing_consumes_nothing(groceries, three, recorded_changes):
    """REC-6"""
    with recorded_changes(groceries) as seen:
        assert groceries.items.filter(name="Beer").update(note="x") == 0
    assert not seen.all


def test_update_of_another_list_moves_the_rows(groceries, hardware, three, recorded_changes):
    """REC-7"""
    with recorded_changes(groceries, hardware) as seen:
        groceries.items.update(shopping_list=hardware)
    assert seen.change_of(groceries).verb == "items.removed"
    assert set(seen.change_of(groceries).gone) == {item.pk for item in three}
    assert seen.change_of(hardware).verb == "items.added"
    assert {row.id for row in seen.change_of(hardware).items} == {item.pk for item in three}


@pytest.mark.parametrize("target", ["id", "expression", "string"])
def test_update_may_name_the_other_list_in_any_way(
    groceries, hardware, milk, recorded_changes, target
):
    """REC-7"""
    values = {
        "id": {"shopping_list_id": hardware.pk},
        "string": {"shopping_list_id": str(hardware.pk)},
        "expression": {"shopping_list": Case(When(name="Milk", then=Value(hardware.pk)))},
    }[target]
    with recorded_changes(groceries, hardware) as seen:
        groceries.items.update(**values)
    assert seen.change_of(hardware).verb == "item.added"


def test_bulk_create_is_one_change(groceries, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as seen:
        made = ShoppingItem.objects.bulk_create(
            [ShoppingItem(shopping_list=groceries, name=name) for name in ("Milk", "Bread")]
        )
    assert seen.one.verb == "items.added"
    assert [row.id for row in seen.one.items] == [item.pk for item in made]
    assert [item.name for item in groceries.items.order_by("position")] == ["Milk", "Bread"]


def test_bulk_create_that_ignores_conflicts_records_what_was_written(
    groceries, milk, recorded_changes
):
    """REC-5"""
    rows = [ShoppingItem(shopping_list=groceries, name=name) for name in ("milk", "Bread")]
    with recorded_changes(groceries) as seen:
        ShoppingItem.objects.bulk_create(rows, ignore_conflicts=True)
    assert [row.name for row in seen.one.items] == ["Bread"]


def test_bulk_create_that_would_overwrite_is_refused(groceries, recorded_changes):
    """REC-5: which rows it wrote is not to be known."""
    row = ShoppingItem(shopping_list=groceries, name="Milk")
    fields = {"update_fields": ["name"], "unique_fields": ["id"]}
    with recorded_changes(groceries) as seen:
        with pytest.raises(NotSupportedError):
            ShoppingItem.objects.bulk_create([row], update_conflicts=True, **fields)
        with pytest.raises(NotSupportedError):
            ShoppingItem.objects.bulk_create([row], None, False, True, **fields)  # noqa: FBT003
    assert not seen.all


def test_bulk_update_is_one_change(groceries, three, recorded_changes):
    """REC-5"""
    for number, item in enumerate(three):
        item.quantity = str(number)
    with recorded_changes(groceries) as seen:
        ShoppingItem.objects.bulk_update(three, ["quantity"])
    assert seen.one.verb == "items.edited"
    assert {row.quantity for row in seen.one.items} == {"0", "1", "2"}


def test_bulk_update_in_batches_is_one_change(groceries, three, recorded_changes):
    """REC-5"""
    for item in three:
        item.purchased = True
    with recorded_changes(groceries) as seen:
        ShoppingItem.objects.bulk_update(three, ["purchased"], batch_size=1)
    assert seen.one.verb == "items.ticked"


def test_bulk_update_may_move_rows_to_other_lists(groceries, hardware, three, recorded_changes):
    """REC-7"""
    three[0].shopping_list = hardware
    with recorded_changes(groceries, hardware) as seen:
        ShoppingItem.objects.bulk_update(three, ["shopping_list"])
    assert seen.change_of(groceries).gone == (three[0].pk,)
    assert seen.change_of(hardware).verb == "item.added"


def test_delete_is_one_change(groceries, hardware, three, recorded_changes):
    """REC-5"""
    hardware.items.create(name="Nails")
    with recorded_changes(groceries, hardware) as seen:
        count, _ = ShoppingItem.objects.exclude(name="Milk").delete()
    assert count == 3
    assert (seen.change_of(groceries).verb, len(seen.change_of(groceries).gone)) == (
        "items.removed",
        2,
    )
    assert seen.change_of(hardware).verb == "item.removed"


def test_adding_items_to_a_list_by_its_manager_moves_them(
    groceries, hardware, three, recorded_changes
):
    """REC-7"""
    with recorded_changes(groceries, hardware) as seen:
        hardware.items.add(three[0], three[1])
    assert len(seen.change_of(groceries).gone) == 2
    assert seen.change_of(hardware).verb == "items.added"
    with recorded_changes(groceries, hardware) as seen:
        hardware.items.set(three)
    assert seen.change_of(groceries).gone == (three[2].pk,)


def test_recordings_own_columns_cannot_be_written_by_a_query(groceries, milk, recorded_changes):
    """REC-11"""
    with recorded_changes(groceries) as seen:
        for values in ({"version": 0}, {"last_interaction": groceries.created_at}):
            with pytest.raises(NotSupportedError):
                ShoppingList.objects.update(**values)
        with pytest.raises(NotSupportedError):
            ShoppingItem.objects.update(id=uuid.uuid4())
        groceries.items.update(version=99, updated_at=groceries.created_at, name_key="beer")
    assert not seen.all
    stored = groceries.items.get()
    assert (stored.version, stored.name_key) == (milk.version, "milk")
    assert stored.updated_at == milk.updated_at


def test_an_open_item_cannot_be_given_a_time_of_purchase(groceries, milk, ana, recorded_changes):
    """ROW-1, REC-6"""
    with recorded_changes(groceries) as seen:
        groceries.items.update(purchased_at=milk.created_at, purchased_by=ana)
    assert not seen.all
    assert groceries.items.get().purchased_at is None


def test_a_name_that_became_taken_by_expression_is_refused(groceries, three, recorded_changes):
    """ROW-3"""
    with recorded_changes(groceries) as seen, pytest.raises(IntegrityError), transaction.atomic():
        groceries.items.update(name=Value("Same"))
    assert not seen.all
    assert groceries.items.filter(name="Same").count() == 0


# get_or_create, update_or_create


def test_get_or_create_records_only_what_it_creates(groceries, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as seen:
        item, made = groceries.items.get_or_create(name="Milk", defaults={"quantity": "1"})
    assert made
    assert seen.one.verb == "item.added"
    with recorded_changes(groceries) as seen:
        assert groceries.items.get_or_create(name="Milk") == (item, False)
    assert not seen.all


def test_update_or_create_records_what_it_did(groceries, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as seen:
        groceries.items.update_or_create(name="Milk", defaults={"quantity": "1"})
    assert seen.one.verb == "item.added"
    with recorded_changes(groceries) as seen:
        groceries.items.update_or_create(name="Milk", defaults={"quantity": "2"})
    assert seen.one.verb == "item.edited"
    with recorded_changes(groceries) as seen:
        ShoppingItem.objects.update_or_create(name="Milk", defaults={"quantity": "2"})
    assert not seen.all


# lists and memberships


def test_updating_lists_is_one_change_of_each(groceries, hardware, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries, hardware) as seen:
        ShoppingList.objects.update(name="Same")
    assert [seen.change_of(one).verb for one in (groceries, hardware)] == ["list.renamed"] * 2


def test_bulk_creating_lists_records_each(ana):
    """REC-5"""
    made = ShoppingList.objects.bulk_create([ShoppingList(name=name) for name in "ab"])
    for one in made:
        assert (one.version, Activity.objects.get(list_id=one.pk).verb) == (1, "list.created")


def test_bulk_updating_lists_is_one_change_of_each(groceries, hardware, recorded_changes):
    """REC-5"""
    groceries.name, hardware.name = "G", "H"
    with recorded_changes(groceries, hardware) as seen:
        ShoppingList.objects.bulk_update([groceries, hardware], ["name"])
    assert [seen.change_of(one).list.name for one in (groceries, hardware)] == ["G", "H"]


def test_deleting_lists_is_one_change_of_each(groceries, hardware, milk, recorded_changes):
    """REC-5, REC-8"""
    with recorded_changes(groceries, hardware) as seen:
        ShoppingList.objects.all().delete()
    assert [len(changes) for changes in seen.changes.values()] == [1, 1]
    assert {change.verb for change in seen.all} == {"list.deleted"}


def test_updating_memberships_is_one_change(groceries, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as seen:
        groceries.memberships.update(role="viewer")
    assert seen.one.verb == "member.role"
    assert {member.role for member in seen.one.list.members} == {"viewer"}


def test_creating_memberships_in_bulk_is_one_change_of_each(
    groceries, hardware, mallory, recorded_changes
):
    """REC-5"""
    rows = [Membership(shopping_list=one, user=mallory) for one in (groceries, hardware)]
    with recorded_changes(groceries, hardware) as seen:
        Membership.objects.bulk_create(rows)
    assert [seen.change_of(one).verb for one in (groceries, hardware)] == ["member.joined"] * 2


def test_bulk_updating_memberships_is_one_change(groceries, recorded_changes):
    """REC-5"""
    rows = list(groceries.memberships.all())
    for row in rows:
        row.role = "ticker"
    with recorded_changes(groceries) as seen:
        Membership.objects.bulk_update(rows, ["role"])
    assert seen.one.verb == "member.role"


def test_moving_memberships_is_recorded_on_both_lists(groceries, hardware, bob, recorded_changes):
    """REC-7"""
    with recorded_changes(groceries, hardware) as seen:
        Membership.objects.filter(user=bob).update(shopping_list=hardware)
    assert (seen.change_of(groceries).verb, seen.change_of(hardware).verb) == (
        "member.removed",
        "member.joined",
    )
    moved = Membership.objects.get(user=bob)
    moved.shopping_list = groceries
    with recorded_changes(groceries, hardware) as seen:
        Membership.objects.bulk_update([moved], ["shopping_list"])
    assert (seen.change_of(groceries).verb, seen.change_of(hardware).verb) == (
        "member.joined",
        "member.removed",
    )
    with recorded_changes(groceries, hardware) as seen:
        hardware.memberships.add(moved)
    assert (seen.change_of(groceries).verb, seen.change_of(hardware).verb) == (
        "member.removed",
        "member.joined",
    )


def test_deleting_memberships_is_one_change(groceries, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as seen:
        groceries.memberships.all().delete()
    assert seen.one.verb == "member.removed"


# asynchronous


@pytest.mark.django_db(transaction=True)
def test_the_asynchronous_variants_record_the_same(groceries, bob, mallory, recorded_changes):
    """REC-5"""

    async def write():
        with actor.acting_as(bob):
            item = await groceries.items.acreate(name="Milk")
            item.note = "fresh"
            await item.asave()
            await groceries.items.aupdate(purchased=True)
            await ShoppingItem.objects.abulk_create(
                [ShoppingItem(shopping_list=groceries, name="Bread")]
            )
            await groceries.items.aupdate_or_create(name="Bread", defaults={"quantity": "1"})
            await groceries.members.aadd(mallory)
            await groceries.members.aset([bob])
            await item.adelete()
            await groceries.items.all().adelete()
        await sync_to_async(connections.close_all)()

    with recorded_changes(groceries) as seen:
        asyncio.run(write())
    assert [change.verb for change in seen.all] == [
        "item.added",
        "item.edited",
        "item.ticked",
        "item.added",
        "item.edited",
        "member.joined",
        "member.removed",
        "item.removed",
        "item.removed",
    ]
    assert {change.actor.id for change in seen.all} == {bob.pk}
