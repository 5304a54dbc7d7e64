"""What is done in the admin is recorded like any other edit."""

import asyncio
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, Client
from django.urls import reverse

from shopping_list.models import Activity, ShoppingItem, ShoppingList

pytestmark = [pytest.mark.database, pytest.mark.django_db]

MODELS = ("shoppinglist", "shoppingitem", "activity")


@pytest.fixture
def desk(olga):
    """The owner of the installation, signed in to the admin."""
    client = Client()
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")
    return client


def at(view, *args):
    return reverse(f"admin:shopping_list_{view}", args=args)


def list_form(one, **changes):
    """Return what the browser posts for a list's page, with these changes."""
    data = {"name": one.name, "created_by": one.created_by_id or ""}
    for prefix, found, fields in (
        ("memberships", one.memberships.order_by("id"), ("user_id", "role")),
        (
            "items",
            one.items.order_by("purchased", "position", "id"),
            ("name", "quantity", "note", "category", "purchased"),
        ),
    ):
        rows = list(found)
        data[f"{prefix}-TOTAL_FORMS"] = data[f"{prefix}-INITIAL_FORMS"] = str(len(rows))
        for number, row in enumerate(rows):
            data[f"{prefix}-{number}-id"] = str(row.pk)
            data[f"{prefix}-{number}-shopping_list"] = str(one.pk)
            for field in fields:
                value = getattr(row, field)
                if value is not False:
                    data[f"{prefix}-{number}-{field.removesuffix('_id')}"] = value
    return data | changes


def accepted(response):
    """Return whether the form was saved; its errors are shown where not."""
    errors = response.context["errors"] if response.context else None
    assert response.status_code == 302, errors
    return True


@pytest.mark.parametrize("model", MODELS)
def test_every_page_of_the_admin_opens(desk, groceries, milk, model):
    """ADM-1"""
    pk = {"shoppinglist": groceries.pk, "shoppingitem": milk.pk}.get(model)
    pk = pk or Activity.objects.latest("pk").pk
    assert desk.get(at(f"{model}_changelist"), {"q": "m"}).status_code == 200
    assert desk.get(at(f"{model}_change", pk)).status_code == 200


def test_renaming_a_list_in_the_admin_is_recorded(desk, groceries, olga, recorded_changes):
    """ADM-2"""
    with recorded_changes(groceries) as seen:
        form = list_form(groceries, name="  Food ")
        assert accepted(desk.post(at("shoppinglist_change", groceries.pk), form))
    assert (seen.one.verb, seen.one.actor.id) == ("list.renamed", olga.pk)
    assert seen.one.list.name == "Food"


def test_saving_a_page_without_a_difference_consumes_nothing(
    desk, groceries, milk, recorded_changes
):
    """ADM-2"""
    with recorded_changes(groceries) as seen:
        assert accepted(desk.post(at("shoppinglist_change", groceries.pk), list_form(groceries)))
    assert not seen.all


def test_one_page_is_one_change_whatever_was_done_on_it(
    desk, groceries, milk, mallory, recorded_changes
):
    """ADM-2"""
    changes = {
        "name": "Food",
        "items-TOTAL_FORMS": "2",
        "items-0-quantity": "2 l",
        "items-1-name": "Bread",
        "items-1-shopping_list": str(groceries.pk),
        "memberships-TOTAL_FORMS": "3",
        "memberships-1-DELETE": "on",
        "memberships-2-user": mallory.pk,
        "memberships-2-role": "viewer",
    }
    with recorded_changes(groceries) as seen:
        form = list_form(groceries, **changes)
        assert accepted(desk.post(at("shoppinglist_change", groceries.pk), form))
    assert {row.name for row in seen.one.items} == {"Milk", "Bread"}
    assert [member.name for member in seen.one.list.members] == ["Ana", "Mallory"]
    assert seen.one.list.name == "Food"


def test_a_list_is_added_in_the_admin_as_one_change(desk, ana):
    """ADM-2"""
    form = {
        "name": "Party",
        "created_by": ana.pk,
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-user": ana.pk,
        "memberships-0-role": "owner",
        "items-TOTAL_FORMS": "1",
        "items-INITIAL_FORMS": "0",
        "items-0-name": "Balloons",
    }
    assert accepted(desk.post(at("shoppinglist_add"), form))
    [activity] = Activity.objects.filter(list_id=ShoppingList.objects.get().pk)
    assert activity.verb == "list.created"
    assert {*set().union(*activity.changes)} == {"list", "item", "member", "before", "after"}


def test_an_item_is_edited_moved_and_deleted_in_the_admin(
    desk, groceries, hardware, milk, recorded_changes
):
    """ADM-2"""
    form = {"shopping_list": str(hardware.pk), "name": "Milk", "quantity": "9"}
    with recorded_changes(groceries, hardware) as seen:
        assert accepted(desk.post(at("shoppingitem_change", milk.pk), form))
    assert seen.change_of(groceries).gone == (milk.pk,)
    assert seen.change_of(hardware).items[0].quantity == "9"
    with recorded_changes(hardware) as seen:
        assert accepted(desk.post(at("shoppingitem_delete", milk.pk), {"post": "yes"}))
    assert seen.one.verb == "item.removed"


def test_an_item_ticked_in_the_admin_is_ticked_by_whoever_sits_there(
    desk, groceries, milk, olga, recorded_changes
):
    """ADM-2, ROW-1"""
    form = {"shopping_list": str(groceries.pk), "name": "Milk", "quantity": "1 l", "purchased": "1"}
    with recorded_changes(groceries) as seen:
        assert accepted(desk.post(at("shoppingitem_change", milk.pk), form))
    assert seen.one.items[0].purchased_by.id == olga.pk


def test_deleting_selected_items_is_one_change(desk, groceries, milk, recorded_changes):
    """ADM-2"""
    bread = groceries.items.create(name="Bread")
    form = {"action": "delete_selected", "_selected_action": [milk.pk, bread.pk], "post": "yes"}
    with recorded_changes(groceries) as seen:
        assert accepted(desk.post(at("shoppingitem_changelist"), form))
    assert (seen.one.verb, len(seen.one.gone)) == ("items.removed", 2)


def test_deleting_lists_in_the_admin_is_for_good_and_one_change_each(
    desk, groceries, hardware, milk, recorded_changes
):
    """ADM-2"""
    with recorded_changes(groceries, hardware) as seen:
        assert accepted(desk.post(at("shoppinglist_delete", groceries.pk), {"post": "yes"}))
        chosen = {"action": "delete_selected", "_selected_action": [hardware.pk], "post": "yes"}
        assert accepted(desk.post(at("shoppinglist_changelist"), chosen))
    assert [seen.change_of(one).verb for one in (groceries, hardware)] == ["list.deleted"] * 2


def test_lists_go_to_the_trash_and_back_by_action(desk, groceries, hardware, recorded_changes):
    """ADM-2"""
    for action, verb in (("put_in_trash", "list.deleted"), ("restore", "list.restored")):
        form = {"action": action, "_selected_action": [groceries.pk, hardware.pk]}
        with recorded_changes(groceries, hardware) as seen:
            assert accepted(desk.post(at("shoppinglist_changelist"), form))
        assert [seen.change_of(one).verb for one in (groceries, hardware)] == [verb] * 2


@pytest.mark.parametrize("name", ["milk ", "a\u202eb", "a\u2028b", "x" * 201], ids=ascii)
def test_the_admin_refuses_what_the_text_rules_refuse(
    desk, groceries, milk, recorded_changes, name
):
    """ADM-3"""
    form = {"shopping_list": str(groceries.pk), "name": name}
    with recorded_changes(groceries) as seen:
        response = desk.post(at("shoppingitem_add"), form)
    assert response.status_code in {200, 400}
    assert not seen.all


def test_one_page_cannot_open_one_name_twice(desk, groceries, milk, recorded_changes):
    """ADM-3"""
    new = {"items-TOTAL_FORMS": "3", "items-1-name": "Bread", "items-2-name": " BREAD"}
    with recorded_changes(groceries) as seen:
        form = list_form(groceries, **new)
        response = desk.post(at("shoppinglist_change", groceries.pk), form)
    assert response.status_code == 200
    assert not seen.all


def test_the_log_can_only_be_read(desk, groceries):
    """ADM-4"""
    pk = Activity.objects.latest("pk").pk
    assert desk.get(at("activity_add")).status_code == 403
    assert desk.post(at("activity_change", pk), {"verb": "undo"}).status_code == 403
    assert desk.post(at("activity_delete", pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("key", ["", "nonsense", str(uuid.UUID(int=7))])
def test_a_request_carries_its_operation_into_the_log(desk, groceries, recorded_changes, key):
    """REC-17"""
    form = list_form(groceries, name="Food")
    with recorded_changes(groceries) as seen:
        address = at("shoppinglist_change", groceries.pk)
        assert accepted(desk.post(address, form, headers={"Idempotency-Key": key}))
    assert seen.one.op == (key if len(key) == 36 else None)


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_server_attributes_edits_as_well(groceries, olga, recorded_changes):
    """REC-13"""

    async def rename():
        client = AsyncClient()
        await client.aforce_login(olga, backend="django.contrib.auth.backends.ModelBackend")
        response = await client.post(at("shoppinglist_change", groceries.pk), form)
        await sync_to_async(connections.close_all)()
        return response

    form = list_form(groceries, name="Food")
    with recorded_changes(groceries) as seen:
        assert accepted(asyncio.run(rename()))
    assert seen.one.actor.id == olga.pk
    assert not ShoppingItem.objects.exists()
