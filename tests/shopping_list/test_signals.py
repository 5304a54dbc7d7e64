"""Every row of the signals table: what each signal of Django records."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.recording import actor
from shopping_list.rows import ListRow, Person

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def person(user):
    return Person(user.pk, user.display_name)


def updates_of_lists(queries):
    updates = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    return [sql for sql in updates if '"shopping_list_shoppinglist"' in sql.split("SET")[0]]


# items


def test_saving_a_new_item_records_one_addition(groceries, ana, recorded_changes):
    """REC-1"""
    with recorded_changes(groceries) as seen, actor.acting_as(ana):
        bread = groceries.items.create(name="Bread", quantity="2", created_by=ana)
    assert seen.one.verb == "item.added"
    assert seen.one.actor == person(ana)
    assert [row.id for row in seen.one.items] == [bread.pk]
    assert not seen.one.gone
    [entry] = seen.entries(groceries)
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
def test_saving_an_item_records_what_it_was_and_what_it_is(
    groceries, milk, recorded_changes, fields, verb
):
    """REC-1, REC-2"""
    bob = groceries.members.get(username="bob")
    for name, value in fields.items():
        setattr(milk, name, value)
    with recorded_changes(groceries) as seen, actor.acting_as(bob):
        milk.save()
    assert seen.one.verb == verb
    assert seen.one.actor == person(bob)
    [entry] = seen.entries(groceries)
    for name, value in fields.items():
        assert entry["before"][name] != value
        assert entry["after"][name] == value


def test_unticking_clears_who_bought_it_and_when(groceries, milk, ana, recorded_changes):
    """REC-2, ROW-1"""
    with actor.acting_as(ana):
        milk.purchased = True
        milk.save()
    milk.purchased = False
    with recorded_changes(groceries) as seen:
        milk.save()
    assert seen.one.verb == "item.unticked"
    [row] = seen.one.items
    assert row.purchased_at is None
    assert row.purchased_by is None


def test_a_tick_is_stamped_with_its_person_and_its_moment(groceries, milk, bob, recorded_changes):
    """ROW-1"""
    milk.purchased = True
    with recorded_changes(groceries) as seen, actor.acting_as(bob):
        milk.save()
    [row] = seen.one.items
    assert row.purchased_by == person(bob)
    assert row.purchased_at == seen.one.at


def test_deleting_an_item_records_what_was_lost(groceries, milk, ana, recorded_changes):
    """REC-1, REC-2"""
    pk = milk.pk
    with recorded_changes(groceries) as seen, actor.acting_as(ana):
        milk.delete()
    assert seen.one.verb == "item.removed"
    assert seen.one.gone == (pk,)
    assert not seen.one.items
    [entry] = seen.entries(groceries)
    assert entry["before"]["quantity"] == "1 l"
    assert entry["after"] is None


def test_a_change_of_an_item_writes_only_version_and_last_interaction_of_its_list(
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
    assert columns == ['"version"', '"last_interaction"']


# lists


def test_saving_a_new_list_records_its_creation(ana):
    """REC-1"""
    with actor.acting_as(ana):
        made = ShoppingList.objects.create(name="Party", created_by=ana)
    activity = Activity.objects.get(list_id=made.pk)
    assert (activity.verb, activity.version, activity.actor) == ("list.created", 1, ana)
    made.refresh_from_db()
    assert made.version == 1
    assert activity.changes[0]["before"] is None
    assert activity.changes[0]["after"]["name"] == "Party"


def test_renaming_a_list_records_both_names(groceries, ana, recorded_changes):
    """REC-1, REC-2"""
    groceries.name = "Food"
    with recorded_changes(groceries) as seen, actor.acting_as(ana):
        groceries.save()
    assert seen.one.verb == "list.renamed"
    assert isinstance(seen.one.list, ListRow)
    assert seen.one.list.name == "Food"
    [entry] = seen.entries(groceries)
    assert (entry["before"]["name"], entry["after"]["name"]) == ("Groceries", "Food")


def test_changing_who_made_a_list_is_recorded(groceries, bob, recorded_changes):
    """REC-1: everything that a list's row shows is recorded."""
    groceries.created_by = bob
    with recorded_changes(groceries) as seen:
        groceries.save()
    assert seen.one.verb == "list.edited"
    assert seen.one.list.created_by == person(bob)


def test_a_list_goes_to_the_trash_and_comes_back_as_one_change_each(
    groceries, milk, ana, recorded_changes
):
    """REC-8"""
    groceries.deleted_at = groceries.created_at
    with recorded_changes(groceries) as seen, actor.acting_as(ana):
        groceries.save()
    assert seen.one.verb == "list.deleted"
    groceries.deleted_at = None
    with recorded_changes(groceries) as seen:
        groceries.save()
    assert seen.one.verb == "list.restored"
    assert groceries.items.get() == milk


def test_deleting_a_list_is_one_change_whatever_was_on_it(groceries, ana, recorded_changes):
    """REC-8"""
    for name in ("Milk", "Bread", "Salt"):
        groceries.items.create(name=name)
    pk, version = groceries.pk, ShoppingList.objects.get().version
    with recorded_changes(groceries) as seen, actor.acting_as(ana):
        groceries.delete()
    change = seen.changes[pk][0]
    assert len(seen.all) == 1
    assert (change.verb, change.version, change.actor) == ("list.deleted", version + 1, person(ana))
    assert not change.items
    assert not change.gone
    assert not ShoppingItem.objects.exists()


def test_a_tombstone_outlives_its_list(groceries, ana):
    """REC-8"""
    pk = groceries.pk
    groceries.delete()
    last = Activity.objects.filter(list_id=pk).latest("version")
    assert last.verb == "list.deleted"
    [entry] = last.changes
    assert entry["before"]["name"] == "Groceries"
    assert entry["after"] is None


def test_a_list_made_again_under_the_id_of_a_deleted_one_goes_on_in_its_log(groceries, milk):
    """REC-9"""
    pk, epoch = groceries.pk, groceries.epoch
    groceries.delete()
    buried = Activity.objects.filter(list_id=pk).latest("version").version
    again = ShoppingList.objects.create(pk=pk, name="Again")
    again.refresh_from_db()
    assert again.version == buried + 1
    assert again.epoch != epoch
    item = again.items.create(name="Milk")
    item.refresh_from_db()
    assert item.version == buried + 2


# memberships


def test_saving_a_membership_records_the_member(groceries, mallory, ana, recorded_changes):
    """REC-1"""
    with recorded_changes(groceries) as seen, actor.acting_as(ana):
        Membership.objects.create(shopping_list=groceries, user=mallory, role="viewer")
    assert seen.one.verb == "member.joined"
    assert [(member.id, member.role) for member in seen.one.list.members][-1] == (
        mallory.pk,
        "viewer",
    )
    [entry] = seen.entries(groceries)
    assert entry == {
        "member": mallory.pk,
        "before": None,
        "after": {"id": mallory.pk, "name": "Mallory", "role": "viewer"},
    }


def test_a_new_role_is_recorded_with_the_old_one(groceries, bob, recorded_changes):
    """REC-1, REC-2"""
    membership = groceries.memberships.get(user=bob)
    membership.role = "viewer"
    with recorded_changes(groceries) as seen:
        membership.save()
    assert seen.one.verb == "member.role"
    [entry] = seen.entries(groceries)
    assert (entry["before"]["role"], entry["after"]["role"]) == ("editor", "viewer")


def test_leaving_is_told_from_being_removed(groceries, ana, bob, mallory, recorded_changes):
    """REC-1"""
    groceries.members.add(mallory)
    with recorded_changes(groceries) as seen, actor.acting_as(bob):
        groceries.memberships.get(user=bob).delete()
    assert seen.one.verb == "member.left"
    with recorded_changes(groceries) as seen, actor.acting_as(ana):
        groceries.memberships.get(user=mallory).delete()
    assert seen.one.verb == "member.removed"
    [entry] = seen.entries(groceries)
    assert (entry["member"], entry["after"]) == (mallory.pk, None)


def test_a_membership_that_moves_leaves_one_list_and_joins_the_other(
    groceries, hardware, bob, recorded_changes
):
    """REC-7"""
    membership = groceries.memberships.get(user=bob)
    membership.shopping_list = hardware
    with recorded_changes(groceries, hardware) as seen:
        membership.save()
    assert seen.change_of(groceries).verb == "member.removed"
    assert seen.change_of(hardware).verb == "member.joined"


# m2m_changed


def test_members_add_records_who_joined(groceries, mallory, ana, recorded_changes):
    """REC-4"""
    with recorded_changes(groceries) as seen, actor.acting_as(ana):
        groceries.members.add(mallory, through_defaults={"role": "ticker"})
    assert (seen.one.verb, seen.one.actor) == ("member.joined", person(ana))
    assert seen.one.list.members[-1].role == "ticker"


def test_members_add_of_several_is_one_change(groceries, mallory, olga, recorded_changes):
    """REC-4"""
    with recorded_changes(groceries) as seen:
        groceries.members.add(mallory, olga)
    assert seen.one.verb == "member.joined"
    assert len(seen.entries(groceries)) == 2


def test_members_add_of_a_member_consumes_nothing(groceries, bob, recorded_changes):
    """REC-4, REC-6: Django tells of it with an empty set."""
    with recorded_changes(groceries) as seen:
        groceries.members.add(bob)
    assert not seen.all


def test_members_remove_records_who_left(groceries, bob, ana, recorded_changes):
    """REC-4"""
    with recorded_changes(groceries) as seen, actor.acting_as(ana):
        groceries.members.remove(bob)
    assert seen.one.verb == "member.removed"
    [entry] = seen.entries(groceries)
    assert entry["before"] == {"id": bob.pk, "name": "Bob", "role": "editor"}


def test_members_remove_of_a_stranger_consumes_nothing(groceries, mallory, recorded_changes):
    """REC-4, REC-6"""
    with recorded_changes(groceries) as seen:
        groceries.members.remove(mallory)
    assert not seen.all


def test_members_set_is_one_change(groceries, ana, mallory, recorded_changes):
    """REC-4"""
    with recorded_changes(groceries) as seen:
        groceries.members.set([ana, mallory])
    assert [member.id for member in seen.one.list.members] == [ana.pk, mallory.pk]
    assert len(seen.entries(groceries)) == 2


@pytest.mark.parametrize("clear", [False, True])
def test_members_set_to_the_same_consumes_nothing(groceries, ana, bob, recorded_changes, clear):
    """REC-4, REC-6"""
    groceries.memberships.update(role="editor")
    with recorded_changes(groceries) as seen:
        groceries.members.set([ana, bob], clear=clear)
    assert not seen.all


def test_members_clear_records_everyone_once(groceries, recorded_changes):
    """REC-4"""
    with recorded_changes(groceries) as seen:
        groceries.members.clear()
    assert seen.one.list.members == ()
    assert len(seen.entries(groceries)) == 2


def test_the_reverse_side_records_on_every_list(groceries, hardware, mallory, recorded_changes):
    """REC-4"""
    with recorded_changes(groceries, hardware) as seen:
        mallory.shopping_lists.add(groceries, hardware)
    assert [seen.change_of(one).verb for one in (groceries, hardware)] == ["member.joined"] * 2
    with recorded_changes(groceries, hardware) as seen:
        mallory.shopping_lists.remove(groceries)
    assert seen.one.topic == f"list:{groceries.pk}"
    with recorded_changes(groceries, hardware) as seen:
        mallory.shopping_lists.set([groceries])
    assert seen.change_of(groceries).verb == "member.joined"
    assert seen.change_of(hardware).verb == "member.removed"
    with recorded_changes(groceries, hardware) as seen:
        mallory.shopping_lists.clear()
    assert seen.one.topic == f"list:{groceries.pk}"


def test_a_list_made_through_its_member_has_that_member(bob):
    """REC-4"""
    made = bob.shopping_lists.create(name="Bob's")
    verbs = Activity.objects.filter(list_id=made.pk).order_by("version")
    assert list(verbs.values_list("verb", flat=True)) == ["list.created", "member.joined"]


# people


def test_deleting_a_person_is_recorded_on_every_list_that_names_them(
    groceries, hardware, milk, bob, recorded_changes
):
    """REC-10"""
    with actor.acting_as(bob):
        milk.purchased = True
        milk.save()
        hardware.items.create(name="Nails", created_by=bob)
    with recorded_changes(groceries, hardware) as seen:
        bob.delete()
    assert seen.change_of(groceries).verb == "list.edited"
    assert [member.name for member in seen.change_of(groceries).list.members] == ["Ana"]
    assert seen.change_of(groceries).items[0].purchased_by is None
    assert seen.change_of(hardware).items[0].created_by is None


def test_deleting_whoever_made_a_list_is_recorded_on_it(groceries, ana, recorded_changes):
    """REC-10"""
    with recorded_changes(groceries) as seen:
        ana.delete()
    assert seen.one.list.created_by is None


def test_a_person_may_delete_themself(groceries, bob, recorded_changes):
    """REC-10"""
    with recorded_changes(groceries) as seen, actor.acting_as(bob):
        bob.delete()
    assert seen.one.verb == "member.left"
    assert Activity.objects.latest("pk").actor is None
    assert Activity.objects.latest("pk").actor_name == "Bob"
