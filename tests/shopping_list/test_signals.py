"""What every Django signal records, row by row of the table of signals."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.recording import actor
from shopping_list.recording.context import recording
from shopping_list.rows import ListRow, Person

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def user_reference(user):
    return Person(user.pk, user.display_name)


def updates_of_lists(queries):
    updates = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    return [sql for sql in updates if '"shopping_list_shoppinglist"' in sql.split("SET")[0]]


# Items


def test_saving_a_new_item_records_an_addition(groceries, ana, recorded_changes):
    """REC-1"""
    with recorded_changes(groceries) as recorded, actor.acting_as(ana):
        bread = groceries.items.create(name="Bread", quantity="2", created_by=ana)
    assert recorded.only_change.verb == "item.added"
    assert recorded.only_change.actor == user_reference(ana)
    assert [row.id for row in recorded.only_change.items] == [bread.pk]
    assert not recorded.only_change.gone
    [entry] = recorded.entries(groceries)
    assert entry["item"] == str(bread.pk)
    assert entry["before"] is None
    assert entry["after"]["name"] == "Bread"
    assert entry["after"]["created_by"] == {"id": ana.pk, "name": "Ana"}


@pytest.mark.parametrize(
    ("fields", "verb"),
    [
        ({"name": "Oat milk"}, "item.edited"),
        ({"quantity": "2 l"}, "item.edited"),
        ({"note": "cold"}, "item.edited"),
        ({"category": "dairy"}, "item.edited"),
        ({"purchased": True}, "item.ticked"),
        ({"position": "Zz"}, "item.moved"),
        ({"purchased": True, "note": "last one"}, "item.edited"),
    ],
)
def test_saving_an_item_records_the_values_before_and_after(
    groceries, milk, recorded_changes, fields, verb
):
    """REC-1, REC-2"""
    bob = groceries.members.get(username="bob")
    for name, value in fields.items():
        setattr(milk, name, value)
    with recorded_changes(groceries) as recorded, actor.acting_as(bob):
        milk.save()
    assert recorded.only_change.verb == verb
    assert recorded.only_change.actor == user_reference(bob)
    [entry] = recorded.entries(groceries)
    for name, value in fields.items():
        assert entry["before"][name] != value
        assert entry["after"][name] == value


def test_unticking_clears_the_purchase_time_and_user(groceries, milk, ana, recorded_changes):
    """REC-2, ROW-1"""
    with actor.acting_as(ana):
        milk.purchased = True
        milk.save()
    milk.purchased = False
    with recorded_changes(groceries) as recorded:
        milk.save()
    assert recorded.only_change.verb == "item.unticked"
    [row] = recorded.only_change.items
    assert row.purchased_at is None
    assert row.purchased_by is None


def test_ticking_sets_the_purchase_time_and_user(groceries, milk, bob, recorded_changes):
    """ROW-1"""
    milk.purchased = True
    with recorded_changes(groceries) as recorded, actor.acting_as(bob):
        milk.save()
    [row] = recorded.only_change.items
    assert row.purchased_by == user_reference(bob)
    assert row.purchased_at == recorded.only_change.at


def test_deleting_an_item_records_the_deleted_values(groceries, milk, ana, recorded_changes):
    """REC-1, REC-2"""
    pk = milk.pk
    with recorded_changes(groceries) as recorded, actor.acting_as(ana):
        milk.delete()
    assert recorded.only_change.verb == "item.removed"
    assert recorded.only_change.gone == (pk,)
    assert not recorded.only_change.items
    [entry] = recorded.entries(groceries)
    assert entry["before"]["quantity"] == "1 l"
    assert entry["after"] is None


def test_item_change_updates_only_version_and_last_interaction_of_its_list(
    groceries, milk, recorded_changes
):
    """REC-3"""
    milk.quantity = "3 l"
    with (
        CaptureQueriesContext(
            connection,
        ) as captured,
        recorded_changes(groceries),
    ):
        milk.save()
    [sql] = updates_of_lists(captured.captured_queries)
    written = sql.split(" SET ")[1].split(" WHERE ")[0]
    columns = [part.split("=")[0].strip() for part in written.split(", ")]
    assert columns == ['"version"', '"last_interaction"', '"digest"']


# Lists


def test_saving_a_new_list_records_its_creation(ana):
    """REC-1"""
    with actor.acting_as(ana):
        created = ShoppingList.objects.create(name="Party", created_by=ana)
    activity = Activity.objects.get(list_id=created.pk)
    assert (activity.verb, activity.version, activity.actor) == ("list.created", 1, ana)
    created.refresh_from_db()
    assert created.version == 1
    assert activity.changes[0]["before"] is None
    assert activity.changes[0]["after"]["name"] == "Party"


def test_renaming_a_list_records_both_names(groceries, ana, recorded_changes):
    """REC-1, REC-2"""
    groceries.name = "Food"
    with recorded_changes(groceries) as recorded, actor.acting_as(ana):
        groceries.save()
    assert recorded.only_change.verb == "list.renamed"
    assert isinstance(recorded.only_change.list, ListRow)
    assert recorded.only_change.list.name == "Food"
    [entry] = recorded.entries(groceries)
    assert (entry["before"]["name"], entry["after"]["name"]) == ("Groceries", "Food")


def test_changing_the_creator_of_a_list_is_recorded(groceries, bob, recorded_changes):
    """REC-1: every visible field of a list is recorded."""
    groceries.created_by = bob
    with recorded_changes(groceries) as recorded:
        groceries.save()
    assert recorded.only_change.verb == "list.edited"
    assert recorded.only_change.list.created_by == user_reference(bob)


def test_trashing_and_restoring_a_list_are_one_change_each(groceries, milk, ana, recorded_changes):
    """REC-8"""
    groceries.deleted_at = groceries.created_at
    with recorded_changes(groceries) as recorded, actor.acting_as(ana):
        groceries.save()
    assert recorded.only_change.verb == "list.deleted"
    groceries.deleted_at = None
    with recorded_changes(groceries) as recorded:
        groceries.save()
    assert recorded.only_change.verb == "list.restored"
    assert groceries.items.get() == milk


def test_deleting_a_list_with_items_is_one_change(groceries, ana, recorded_changes):
    """REC-8"""
    for name in ("Milk", "Bread", "Salt"):
        groceries.items.create(name=name)
    pk, version = groceries.pk, ShoppingList.objects.get().version
    with recorded_changes(groceries) as recorded, actor.acting_as(ana):
        groceries.delete()
    change = recorded.changes[pk][0]
    assert len(recorded.all) == 1
    assert (change.verb, change.version, change.actor) == (
        "list.deleted",
        version + 1,
        user_reference(ana),
    )
    assert not change.items
    assert not change.gone
    assert not ShoppingItem.objects.exists()


def test_deletion_record_stays_when_its_list_is_deleted(groceries, ana):
    """REC-8"""
    pk = groceries.pk
    groceries.delete()
    activity = Activity.objects.filter(list_id=pk).latest("version")
    assert activity.verb == "list.deleted"
    [entry] = activity.changes
    assert entry["before"]["name"] == "Groceries"
    assert entry["after"] is None


def test_recreated_list_continues_the_versions_of_the_deleted_one(groceries, milk):
    """REC-9"""
    pk, epoch = groceries.pk, groceries.epoch
    groceries.delete()
    deleted_version = Activity.objects.filter(list_id=pk).latest("version").version
    recreated = ShoppingList.objects.create(pk=pk, name="Again")
    recreated.refresh_from_db()
    assert recreated.version == deleted_version + 1
    assert recreated.epoch != epoch
    item = recreated.items.create(name="Milk")
    item.refresh_from_db()
    assert item.version == deleted_version + 2


# Memberships


def test_saving_a_membership_records_the_member(groceries, mallory, ana, recorded_changes):
    """REC-1"""
    with recorded_changes(groceries) as recorded, actor.acting_as(ana):
        Membership.objects.create(shopping_list=groceries, user=mallory, role="viewer")
    assert recorded.only_change.verb == "member.joined"
    assert [(member.id, member.role) for member in recorded.only_change.list.members][-1] == (
        mallory.pk,
        "viewer",
    )
    [entry] = recorded.entries(groceries)
    assert entry == {
        "member": mallory.pk,
        "before": None,
        "after": {"id": mallory.pk, "name": "Mallory", "role": "viewer"},
    }


def test_role_change_records_both_roles(groceries, bob, recorded_changes):
    """REC-1, REC-2"""
    membership = groceries.memberships.get(user=bob)
    membership.role = "viewer"
    with recorded_changes(groceries) as recorded:
        membership.save()
    assert recorded.only_change.verb == "member.role"
    [entry] = recorded.entries(groceries)
    assert (entry["before"]["role"], entry["after"]["role"]) == ("editor", "viewer")


def test_leaving_and_being_removed_have_different_verbs(
    groceries, ana, bob, mallory, recorded_changes
):
    """REC-1"""
    groceries.members.add(mallory)
    with recorded_changes(groceries) as recorded, actor.acting_as(bob):
        groceries.memberships.get(user=bob).delete()
    assert recorded.only_change.verb == "member.left"
    with recorded_changes(groceries) as recorded, actor.acting_as(ana):
        groceries.memberships.get(user=mallory).delete()
    assert recorded.only_change.verb == "member.removed"
    [entry] = recorded.entries(groceries)
    assert (entry["member"], entry["after"]) == (mallory.pk, None)


def test_moved_membership_is_recorded_on_both_lists(groceries, hardware, bob, recorded_changes):
    """REC-7"""
    membership = groceries.memberships.get(user=bob)
    membership.shopping_list = hardware
    with recorded_changes(groceries, hardware) as recorded:
        membership.save()
    assert recorded.change_of(groceries).verb == "member.removed"
    assert recorded.change_of(hardware).verb == "member.joined"


# m2m_changed


def test_members_add_records_the_new_member(groceries, mallory, ana, recorded_changes):
    """REC-4"""
    with recorded_changes(groceries) as recorded, actor.acting_as(ana):
        groceries.members.add(mallory, through_defaults={"role": "ticker"})
    assert (recorded.only_change.verb, recorded.only_change.actor) == (
        "member.joined",
        user_reference(ana),
    )
    assert recorded.only_change.list.members[-1].role == "ticker"


def test_members_add_of_several_is_one_change(groceries, mallory, olga, recorded_changes):
    """REC-4"""
    with recorded_changes(groceries) as recorded:
        groceries.members.add(mallory, olga)
    assert recorded.only_change.verb == "member.joined"
    assert len(recorded.entries(groceries)) == 2


def test_members_add_of_a_member_records_nothing(groceries, bob, recorded_changes):
    """REC-4, REC-6: Django sends the signal with an empty set."""
    with recorded_changes(groceries) as recorded:
        groceries.members.add(bob)
    assert not recorded.all


def test_members_remove_records_the_removed_member(groceries, bob, ana, recorded_changes):
    """REC-4"""
    with recorded_changes(groceries) as recorded, actor.acting_as(ana):
        groceries.members.remove(bob)
    assert recorded.only_change.verb == "member.removed"
    [entry] = recorded.entries(groceries)
    assert entry["before"] == {"id": bob.pk, "name": "Bob", "role": "editor"}


def test_members_remove_of_a_non_member_records_nothing(groceries, mallory, recorded_changes):
    """REC-4, REC-6"""
    with recorded_changes(groceries) as recorded:
        groceries.members.remove(mallory)
    assert not recorded.all


@pytest.mark.parametrize("owner_comes", ["first", "last"])
def test_owner_remains_owner_when_members_are_set_anew(
    groceries, ana, bob, recorded_changes, owner_comes
):
    """API-25: `set` with `clear` adds the members in the order of a set of ids."""
    groceries.memberships.update(role="editor")
    with recorded_changes(groceries) as recorded, recording(groceries.pk):
        groceries.members.clear()
        for user in (ana, bob) if owner_comes == "first" else (bob, ana):
            groceries.members.add(user)
    assert groceries.memberships.get(role="owner").user == ana
    assert not recorded.all


def test_members_set_is_one_change(groceries, ana, mallory, recorded_changes):
    """REC-4"""
    with recorded_changes(groceries) as recorded:
        groceries.members.set([ana, mallory])
    assert [member.id for member in recorded.only_change.list.members] == [ana.pk, mallory.pk]
    assert len(recorded.entries(groceries)) == 2


@pytest.mark.parametrize("clear", [False, True])
def test_members_set_to_the_same_members_records_nothing(
    groceries, ana, bob, recorded_changes, clear
):
    """REC-4, REC-6"""
    groceries.memberships.update(role="editor")
    with recorded_changes(groceries) as recorded:
        groceries.members.set([ana, bob], clear=clear)
    assert not recorded.all


def test_members_clear_records_every_member_once(groceries, recorded_changes):
    """REC-4"""
    with recorded_changes(groceries) as recorded:
        groceries.members.clear()
    assert recorded.only_change.list.members == ()
    assert len(recorded.entries(groceries)) == 2


def test_reverse_relation_records_on_every_list(groceries, hardware, mallory, recorded_changes):
    """REC-4"""
    with recorded_changes(groceries, hardware) as recorded:
        mallory.shopping_lists.add(groceries, hardware)
    assert [recorded.change_of(row).verb for row in (groceries, hardware)] == ["member.joined"] * 2
    with recorded_changes(groceries, hardware) as recorded:
        mallory.shopping_lists.remove(groceries)
    assert recorded.only_change.topic == f"list:{groceries.pk}"
    with recorded_changes(groceries, hardware) as recorded:
        mallory.shopping_lists.set([groceries])
    assert recorded.change_of(groceries).verb == "member.joined"
    assert recorded.change_of(hardware).verb == "member.removed"
    with recorded_changes(groceries, hardware) as recorded:
        mallory.shopping_lists.clear()
    assert recorded.only_change.topic == f"list:{groceries.pk}"


def test_list_created_through_a_member_records_that_member(bob):
    """REC-4"""
    created = bob.shopping_lists.create(name="Bob's")
    verbs = Activity.objects.filter(list_id=created.pk).order_by("version")
    assert list(verbs.values_list("verb", flat=True)) == ["list.created", "member.joined"]


# Users


def test_deleting_a_user_is_recorded_on_every_list_that_names_them(
    groceries, hardware, milk, bob, recorded_changes
):
    """REC-10"""
    with actor.acting_as(bob):
        milk.purchased = True
        milk.save()
        hardware.items.create(name="Nails", created_by=bob)
    with recorded_changes(groceries, hardware) as recorded:
        bob.delete()
    assert recorded.change_of(groceries).verb == "list.edited"
    assert [member.name for member in recorded.change_of(groceries).list.members] == ["Ana"]
    assert recorded.change_of(groceries).items[0].purchased_by is None
    assert recorded.change_of(hardware).items[0].created_by is None


def test_deleting_the_creator_of_a_list_is_recorded_on_it(groceries, ana, recorded_changes):
    """REC-10"""
    with recorded_changes(groceries) as recorded:
        ana.delete()
    assert recorded.only_change.list.created_by is None


def test_user_who_deletes_their_account_is_recorded_as_leaving(groceries, bob, recorded_changes):
    """REC-10"""
    with recorded_changes(groceries) as recorded, actor.acting_as(bob):
        bob.delete()
    assert recorded.only_change.verb == "member.left"
    assert Activity.objects.latest("pk").actor is None
    assert Activity.objects.latest("pk").actor_name == "Bob"
