"""Queries that write many rows at once, for which Django sends no signals."""

import asyncio
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, NotSupportedError, connection, connections, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Concat, Lower, Upper
from django.db.models.signals import pre_delete
from django.test.utils import CaptureQueriesContext

from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.recording import actor

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def three_items(groceries):
    """Three open items."""
    return [groceries.items.create(name=name) for name in ("Milk", "Bread", "Salt")]


@contextmanager
def refused_signals(signal):
    """Fail on a signal for an item."""

    def refuse(**_):
        raise AssertionError("a signal was sent")

    signal.connect(refuse, sender=ShoppingItem)
    try:
        yield
    finally:
        signal.disconnect(refuse, sender=ShoppingItem)


# Items


def test_update_is_one_change_with_all_rows(groceries, three_items, ana, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as recorded, actor.acting_as(ana):
        assert groceries.items.update(purchased=True) == 3
    assert recorded.only_change.verb == "items.ticked"
    assert {row.id for row in recorded.only_change.items} == {item.pk for item in three_items}
    assert {row.purchased_by.id for row in recorded.only_change.items} == {ana.pk}
    assert {row.purchased_at for row in recorded.only_change.items} == {recorded.only_change.at}


def test_update_records_only_the_rows_that_differ(groceries, three_items, recorded_changes):
    """REC-5, REC-6"""
    groceries.items.filter(name="Milk").update(note="fresh")
    with recorded_changes(groceries) as recorded:
        groceries.items.update(note="fresh")
    assert {row.name for row in recorded.only_change.items} == {"Bread", "Salt"}


def test_update_of_several_lists_is_one_change_of_each(
    groceries, hardware, three_items, recorded_changes
):
    """REC-5"""
    hardware.items.create(name="Nails")
    with recorded_changes(groceries, hardware) as recorded:
        ShoppingItem.objects.update(category="all")
    assert recorded.change_of(groceries).verb == "items.edited"
    assert recorded.change_of(hardware).verb == "item.edited"


def test_update_with_expressions_records_the_resulting_values(
    groceries, three_items, recorded_changes
):
    """REC-5"""
    with recorded_changes(groceries) as recorded:
        groceries.items.update(note=Concat(F("name"), Value("!")), quantity=Upper("name"))
    assert {(row.note, row.quantity) for row in recorded.only_change.items} == {
        ("Milk!", "MILK"),
        ("Bread!", "BREAD"),
        ("Salt!", "SALT"),
    }


def test_update_of_a_name_by_expression_updates_the_name_key(
    groceries, three_items, recorded_changes
):
    """REC-5, ROW-3"""
    with recorded_changes(groceries):
        groceries.items.update(name=Concat(F("name"), Value(" X")))
    assert set(groceries.items.values_list("name_key", flat=True)) == {
        "milk x",
        "bread x",
        "salt x",
    }


def test_update_without_matching_rows_records_nothing(groceries, three_items, recorded_changes):
    """REC-6"""
    with recorded_changes(groceries) as recorded:
        assert groceries.items.filter(name="Beer").update(note="x") == 0
    assert not recorded.all


def test_update_of_the_list_moves_the_rows(groceries, hardware, three_items, recorded_changes):
    """REC-7"""
    with recorded_changes(groceries, hardware) as recorded:
        groceries.items.update(shopping_list=hardware)
    assert recorded.change_of(groceries).verb == "items.removed"
    assert set(recorded.change_of(groceries).gone) == {item.pk for item in three_items}
    assert recorded.change_of(hardware).verb == "items.added"
    assert {row.id for row in recorded.change_of(hardware).items} == {
        item.pk for item in three_items
    }


@pytest.mark.parametrize("target", ["id", "expression", "string"])
def test_update_accepts_the_other_list_as_id_string_or_expression(
    groceries, hardware, milk, recorded_changes, target
):
    """REC-7"""
    values = {
        "id": {"shopping_list_id": hardware.pk},
        "string": {"shopping_list_id": str(hardware.pk)},
        "expression": {"shopping_list": Case(When(name="Milk", then=Value(hardware.pk)))},
    }[target]
    with recorded_changes(groceries, hardware) as recorded:
        groceries.items.update(**values)
    assert recorded.change_of(hardware).verb == "item.added"


def test_bulk_create_of_items_is_one_change(groceries, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as recorded:
        created = ShoppingItem.objects.bulk_create(
            [ShoppingItem(shopping_list=groceries, name=name) for name in ("Milk", "Bread")]
        )
    assert recorded.only_change.verb == "items.added"
    assert [row.id for row in recorded.only_change.items] == [item.pk for item in created]
    assert [item.name for item in groceries.items.order_by("position")] == ["Milk", "Bread"]


def test_bulk_create_stores_what_save_stores(groceries, ana):
    """REC-5"""
    values = {
        "shopping_list": groceries,
        "quantity": "2",
        "note": "a 'note' with %s",
        "created_by": ana,
        "created_at": datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    }
    with actor.acting_as(ana):
        ShoppingItem(name="Milk", purchased=True, **values).save()
        created = [ShoppingItem(name=name, purchased=True, **values) for name in ("Tea", "Milk")]
        ShoppingItem.objects.bulk_create(created)
    same = ("name_key", "quantity", "note", "purchased", "purchased_by", "created_by", "created_at")
    saved, _, bulk = groceries.items.order_by("version", "position").values(*same)
    assert saved == bulk
    assert [(item._state.adding, item._state.db) for item in created] == [(False, "default")] * 2


def test_bulk_create_computes_expressions_in_the_database(groceries, recorded_changes):
    """REC-5"""
    names = [Lower(Value("MILK")), "Bread"]
    with recorded_changes(groceries) as recorded:
        ShoppingItem.objects.bulk_create(
            ShoppingItem(shopping_list=groceries, name=name) for name in names
        )
    assert {row.name for row in recorded.only_change.items} == {"milk", "Bread"}


def test_bulk_create_of_many_rows_takes_few_statements(groceries):
    """REC-5, REC-15"""
    rows = [ShoppingItem(shopping_list=groceries, name=f"Item {number}") for number in range(300)]
    with CaptureQueriesContext(connection) as statements:
        ShoppingItem.objects.bulk_create(rows)
    assert len([each for each in statements if "INSERT" in each["sql"][:30]]) <= 2


def test_bulk_create_with_ignore_conflicts_records_only_written_rows(
    groceries, milk, recorded_changes
):
    """REC-5"""
    rows = [ShoppingItem(shopping_list=groceries, name=name) for name in ("milk", "Bread")]
    with recorded_changes(groceries) as recorded:
        ShoppingItem.objects.bulk_create(rows, ignore_conflicts=True)
    assert [row.name for row in recorded.only_change.items] == ["Bread"]


def test_bulk_create_with_update_conflicts_is_refused(groceries, recorded_changes):
    """REC-5: the database does not report which rows it wrote."""
    row = ShoppingItem(shopping_list=groceries, name="Milk")
    fields = {"update_fields": ["name"], "unique_fields": ["id"]}
    with recorded_changes(groceries) as recorded:
        with pytest.raises(NotSupportedError):
            ShoppingItem.objects.bulk_create([row], update_conflicts=True, **fields)
        with pytest.raises(NotSupportedError):
            ShoppingItem.objects.bulk_create([row], None, False, True, **fields)  # noqa: FBT003
    assert not recorded.all


def test_bulk_update_of_items_is_one_change(groceries, three_items, recorded_changes):
    """REC-5"""
    for number, item in enumerate(three_items):
        item.quantity = str(number)
    with recorded_changes(groceries) as recorded:
        ShoppingItem.objects.bulk_update(three_items, ["quantity"])
    assert recorded.only_change.verb == "items.edited"
    assert {row.quantity for row in recorded.only_change.items} == {"0", "1", "2"}


def test_bulk_update_in_batches_is_one_change(groceries, three_items, recorded_changes):
    """REC-5"""
    for item in three_items:
        item.purchased = True
    with recorded_changes(groceries) as recorded:
        ShoppingItem.objects.bulk_update(three_items, ["purchased"], batch_size=1)
    assert recorded.only_change.verb == "items.ticked"


def test_bulk_update_of_many_items_costs_no_more_statements(groceries, three_items):
    """REC-5: Django builds a CASE for each row, which takes ten times as long."""
    items = [*three_items, *(ShoppingItem(shopping_list=groceries, name=f"{n}") for n in range(97))]
    ShoppingItem.objects.bulk_create(items[3:])
    counts = []
    for rows in (three_items, items):
        for number, item in enumerate(rows):
            item.note, item.shops = f"note {number}", [f"Shop {len(rows)}", f"Shop {number}"]
        with CaptureQueriesContext(connection) as queries:
            assert ShoppingItem.objects.bulk_update(rows, ["note", "shops"]) == len(rows)
        counts.append(len(queries))
        assert not [query for query in queries if "CASE" in query["sql"]]
    assert counts[0] == counts[1]
    stored = dict(groceries.items.values_list("note", "shops"))
    assert stored == {f"note {n}": ["Shop 100", f"Shop {n}"] for n in range(100)}


def test_bulk_update_of_a_queryset_leaves_other_rows_as_they_are(groceries, three_items):
    """REC-5: as Django's."""
    for item in three_items:
        item.note = "new"
    assert groceries.items.filter(name="Milk").bulk_update(three_items, ["note"]) == 1
    assert groceries.items.filter(name="Milk")[:1].get().note == "new"
    assert groceries.items.filter(note="new").count() == 1


def test_bulk_update_takes_expressions_and_the_first_of_equal_rows(groceries, three_items):
    """REC-5: as Django's."""
    milk, bread, _ = three_items
    milk.note, bread.note = Upper("name"), "x"
    assert ShoppingItem.objects.bulk_update([milk, bread], ["note"]) == 2
    again = ShoppingItem.objects.get(pk=bread.pk)
    again.note = "y"
    ShoppingItem.objects.bulk_update([bread, again], ["note"])
    notes = dict(groceries.items.values_list("name", "note"))
    assert notes == {"Milk": "MILK", "Bread": "x", "Salt": ""}


@pytest.mark.parametrize(
    ("fields", "options"),
    [(["nothing"], {}), (["id"], {}), ([], {}), (["note"], {"batch_size": 0})],
)
def test_bulk_update_refuses_what_django_refuses(groceries, three_items, fields, options):
    """REC-5"""
    with pytest.raises((ValueError, FieldDoesNotExist)):
        ShoppingItem.objects.bulk_update(three_items, fields, **options)


@pytest.mark.parametrize("field", ["version", "digest", "last_interaction"])
def test_bulk_update_of_what_only_recording_sets_is_refused(groceries, recorded_changes, field):
    """REC-5"""
    with recorded_changes(groceries) as recorded, pytest.raises(NotSupportedError):
        ShoppingList.objects.bulk_update([groceries], [field])
    assert not recorded.all


def test_bulk_update_of_a_row_without_a_key_is_refused(groceries):
    """REC-5: as Django's."""
    row = ShoppingItem(pk=None, shopping_list=groceries, name="Tea")
    with pytest.raises(ValueError, match="primary key"):
        ShoppingItem.objects.bulk_update([row], ["note"])


def test_bulk_update_moves_rows_to_other_lists(groceries, hardware, three_items, recorded_changes):
    """REC-7"""
    three_items[0].shopping_list = hardware
    with recorded_changes(groceries, hardware) as recorded:
        ShoppingItem.objects.bulk_update(three_items, ["shopping_list"])
    assert recorded.change_of(groceries).gone == (three_items[0].pk,)
    assert recorded.change_of(hardware).verb == "item.added"


def test_delete_of_items_is_one_change_of_each_list(
    groceries, hardware, three_items, recorded_changes
):
    """REC-5"""
    hardware.items.create(name="Nails")
    with recorded_changes(groceries, hardware) as recorded:
        count, _ = ShoppingItem.objects.exclude(name="Milk").delete()
    assert count == 3
    assert (recorded.change_of(groceries).verb, len(recorded.change_of(groceries).gone)) == (
        "items.removed",
        2,
    )
    assert recorded.change_of(hardware).verb == "item.removed"


def test_remove_records_what_delete_records_without_signals(
    groceries, hardware, three_items, recorded_changes
):
    """REC-5"""
    hardware.items.create(name="Nails")
    with recorded_changes(groceries, hardware) as recorded, refused_signals(pre_delete):
        ShoppingItem.objects.exclude(name="Salt").remove()
    assert recorded.change_of(groceries).verb == "items.removed"
    assert recorded.change_of(hardware).verb == "item.removed"
    assert [item.name for item in ShoppingItem.objects.all()] == ["Salt"]


def test_no_other_table_refers_to_items():
    """REC-5: `remove` would leave its rows behind."""
    assert ShoppingItem._meta.related_objects == ()


def test_adding_items_by_the_related_manager_moves_them(
    groceries, hardware, three_items, recorded_changes
):
    """REC-7"""
    with recorded_changes(groceries, hardware) as recorded:
        hardware.items.add(three_items[0], three_items[1])
    assert len(recorded.change_of(groceries).gone) == 2
    assert recorded.change_of(hardware).verb == "items.added"
    with recorded_changes(groceries, hardware) as recorded:
        hardware.items.set(three_items)
    assert recorded.change_of(groceries).gone == (three_items[2].pk,)


def test_columns_of_the_recording_cannot_be_written_by_a_query(groceries, milk, recorded_changes):
    """REC-11"""
    with recorded_changes(groceries) as recorded:
        for values in ({"version": 0}, {"last_interaction": groceries.created_at}):
            with pytest.raises(NotSupportedError):
                ShoppingList.objects.update(**values)
        with pytest.raises(NotSupportedError):
            ShoppingItem.objects.update(id=uuid.uuid4())
        groceries.items.update(version=99, updated_at=groceries.created_at, name_key="beer")
    assert not recorded.all
    stored = groceries.items.get()
    assert (stored.version, stored.name_key) == (milk.version, "milk")
    assert stored.updated_at == milk.updated_at


def test_open_item_cannot_be_given_a_time_of_purchase(groceries, milk, ana, recorded_changes):
    """ROW-1, REC-6"""
    with recorded_changes(groceries) as recorded:
        groceries.items.update(purchased_at=milk.created_at, purchased_by=ana)
    assert not recorded.all
    assert groceries.items.get().purchased_at is None


def test_update_is_refused_when_an_expression_creates_duplicate_names(
    groceries, three_items, recorded_changes
):
    """ROW-3"""
    with (
        recorded_changes(groceries) as recorded,
        pytest.raises(IntegrityError),
        transaction.atomic(),
    ):
        groceries.items.update(name=Value("Same"))
    assert not recorded.all
    assert groceries.items.filter(name="Same").count() == 0


# get_or_create, update_or_create


def test_get_or_create_records_only_a_creation(groceries, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as recorded:
        item, created = groceries.items.get_or_create(name="Milk", defaults={"quantity": "1"})
    assert created
    assert recorded.only_change.verb == "item.added"
    with recorded_changes(groceries) as recorded:
        assert groceries.items.get_or_create(name="Milk") == (item, False)
    assert not recorded.all


def test_update_or_create_records_a_creation_or_an_edit(groceries, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as recorded:
        groceries.items.update_or_create(name="Milk", defaults={"quantity": "1"})
    assert recorded.only_change.verb == "item.added"
    with recorded_changes(groceries) as recorded:
        groceries.items.update_or_create(name="Milk", defaults={"quantity": "2"})
    assert recorded.only_change.verb == "item.edited"
    with recorded_changes(groceries) as recorded:
        ShoppingItem.objects.update_or_create(name="Milk", defaults={"quantity": "2"})
    assert not recorded.all


# Lists and memberships


def test_update_of_lists_is_one_change_of_each(groceries, hardware, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries, hardware) as recorded:
        ShoppingList.objects.update(name="Same")
    assert [recorded.change_of(row).verb for row in (groceries, hardware)] == ["list.renamed"] * 2


def test_bulk_create_of_lists_records_each(ana):
    """REC-5"""
    created = ShoppingList.objects.bulk_create([ShoppingList(name=name) for name in "ab"])
    for shopping_list in created:
        assert (shopping_list.version, Activity.objects.get(list_id=shopping_list.pk).verb) == (
            1,
            "list.created",
        )


def test_bulk_update_of_lists_is_one_change_of_each(groceries, hardware, recorded_changes):
    """REC-5"""
    groceries.name, hardware.name = "G", "H"
    with recorded_changes(groceries, hardware) as recorded:
        ShoppingList.objects.bulk_update([groceries, hardware], ["name"])
    assert [recorded.change_of(row).list.name for row in (groceries, hardware)] == ["G", "H"]


def test_delete_of_lists_is_one_change_of_each(groceries, hardware, milk, recorded_changes):
    """REC-5, REC-8"""
    with recorded_changes(groceries, hardware) as recorded:
        ShoppingList.objects.all().delete()
    assert [len(changes) for changes in recorded.changes.values()] == [1, 1]
    assert {change.verb for change in recorded.all} == {"list.deleted"}


def test_update_of_memberships_is_one_change(groceries, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as recorded:
        groceries.memberships.update(role="owner")
    assert recorded.only_change.verb == "member.role"
    assert {member.role for member in recorded.only_change.list.members} == {"owner"}


def test_bulk_create_of_memberships_is_one_change_of_each_list(
    groceries, hardware, mallory, recorded_changes
):
    """REC-5"""
    rows = [
        Membership(shopping_list=shopping_list, user=mallory)
        for shopping_list in (groceries, hardware)
    ]
    with recorded_changes(groceries, hardware) as recorded:
        Membership.objects.bulk_create(rows)
    assert [recorded.change_of(row).verb for row in (groceries, hardware)] == ["member.joined"] * 2


def test_bulk_update_of_memberships_is_one_change(groceries, recorded_changes):
    """REC-5"""
    rows = list(groceries.memberships.all())
    for row in rows:
        row.role = "ticker"
    with recorded_changes(groceries) as recorded:
        Membership.objects.bulk_update(rows, ["role"])
    assert recorded.only_change.verb == "member.role"


def test_moved_memberships_are_recorded_on_both_lists(groceries, hardware, bob, recorded_changes):
    """REC-7"""
    with recorded_changes(groceries, hardware) as recorded:
        Membership.objects.filter(user=bob).update(shopping_list=hardware)
    assert (recorded.change_of(groceries).verb, recorded.change_of(hardware).verb) == (
        "member.removed",
        "member.joined",
    )
    moved = Membership.objects.get(user=bob)
    moved.shopping_list = groceries
    with recorded_changes(groceries, hardware) as recorded:
        Membership.objects.bulk_update([moved], ["shopping_list"])
    assert (recorded.change_of(groceries).verb, recorded.change_of(hardware).verb) == (
        "member.joined",
        "member.removed",
    )
    with recorded_changes(groceries, hardware) as recorded:
        hardware.memberships.add(moved)
    assert (recorded.change_of(groceries).verb, recorded.change_of(hardware).verb) == (
        "member.removed",
        "member.joined",
    )


def test_delete_of_memberships_is_one_change(groceries, recorded_changes):
    """REC-5"""
    with recorded_changes(groceries) as recorded:
        groceries.memberships.all().delete()
    assert recorded.only_change.verb == "member.removed"


# Asynchronous queries


@pytest.mark.django_db(transaction=True)
def test_asynchronous_queries_record_the_same_changes(groceries, bob, mallory, recorded_changes):
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

    with recorded_changes(groceries) as recorded:
        asyncio.run(write())
    assert [change.verb for change in recorded.all] == [
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
    assert {change.actor.id for change in recorded.all} == {bob.pk}
