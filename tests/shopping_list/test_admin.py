"""Edits in the admin are recorded like any other edit."""

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
def admin_client(olga):
    """A client in which the owner of the installation is signed in to the admin."""
    client = Client()
    client.force_login(olga)
    return client


def admin_url(view, *args):
    return reverse(f"admin:shopping_list_{view}", args=args)


def list_form(shopping_list, **changes):
    """Return the form data that a browser posts for a list's page, with these changes."""
    data = {"name": shopping_list.name, "created_by": shopping_list.created_by_id or ""}
    for prefix, related, fields in (
        ("memberships", shopping_list.memberships.order_by("id"), ("user_id", "role")),
        (
            "items",
            shopping_list.items.order_by("purchased", "position", "id"),
            ("name", "quantity", "note", "category", "purchased"),
        ),
    ):
        related_rows = list(related)
        data[f"{prefix}-TOTAL_FORMS"] = data[f"{prefix}-INITIAL_FORMS"] = str(len(related_rows))
        for number, row in enumerate(related_rows):
            data[f"{prefix}-{number}-id"] = str(row.pk)
            data[f"{prefix}-{number}-shopping_list"] = str(shopping_list.pk)
            for field in fields:
                value = getattr(row, field)
                if value is not False:
                    data[f"{prefix}-{number}-{field.removesuffix('_id')}"] = value
    return data | changes


def is_saved(response):
    """Assert that the form was saved; a failure shows its errors."""
    errors = response.context["errors"] if response.context else None
    assert response.status_code == 302, errors
    return True


@pytest.mark.parametrize("model", MODELS)
def test_every_admin_page_returns_200(admin_client, groceries, milk, model):
    """ADM-1"""
    pk = {"shoppinglist": groceries.pk, "shoppingitem": milk.pk}.get(model)
    pk = pk or Activity.objects.latest("pk").pk
    assert admin_client.get(admin_url(f"{model}_changelist"), {"q": "m"}).status_code == 200
    assert admin_client.get(admin_url(f"{model}_change", pk)).status_code == 200


def test_renaming_a_list_in_the_admin_is_recorded(admin_client, groceries, olga, recorded_changes):
    """ADM-2"""
    with recorded_changes(groceries) as recorded:
        form = list_form(groceries, name="  Food ")
        assert is_saved(admin_client.post(admin_url("shoppinglist_change", groceries.pk), form))
    assert (recorded.only_change.verb, recorded.only_change.actor.id) == ("list.renamed", olga.pk)
    assert recorded.only_change.list.name == "Food"


def test_saving_a_page_without_a_difference_records_nothing(
    admin_client, groceries, milk, recorded_changes
):
    """ADM-2"""
    with recorded_changes(groceries) as recorded:
        assert is_saved(
            admin_client.post(admin_url("shoppinglist_change", groceries.pk), list_form(groceries))
        )
    assert not recorded.all


def test_saving_a_page_with_several_edits_is_one_change(
    admin_client, groceries, milk, mallory, recorded_changes
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
    with recorded_changes(groceries) as recorded:
        form = list_form(groceries, **changes)
        assert is_saved(admin_client.post(admin_url("shoppinglist_change", groceries.pk), form))
    assert {row.name for row in recorded.only_change.items} == {"Milk", "Bread"}
    assert [member.name for member in recorded.only_change.list.members] == ["Ana", "Mallory"]
    assert recorded.only_change.list.name == "Food"


def test_adding_a_list_with_members_and_items_is_one_change(admin_client, ana):
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
    assert is_saved(admin_client.post(admin_url("shoppinglist_add"), form))
    [activity] = Activity.objects.filter(list_id=ShoppingList.objects.get().pk)
    assert activity.verb == "list.created"
    assert {*set().union(*activity.changes)} == {"list", "item", "member", "before", "after"}


def test_item_edits_moves_and_deletions_in_the_admin_are_recorded(
    admin_client, groceries, hardware, milk, recorded_changes
):
    """ADM-2"""
    form = {"shopping_list": str(hardware.pk), "name": "Milk", "quantity": "9"}
    with recorded_changes(groceries, hardware) as recorded:
        assert is_saved(admin_client.post(admin_url("shoppingitem_change", milk.pk), form))
    assert recorded.change_of(groceries).gone == (milk.pk,)
    assert recorded.change_of(hardware).items[0].quantity == "9"
    with recorded_changes(hardware) as recorded:
        assert is_saved(
            admin_client.post(admin_url("shoppingitem_delete", milk.pk), {"post": "yes"})
        )
    assert recorded.only_change.verb == "item.removed"


def test_item_ticked_in_the_admin_is_attributed_to_the_admin_user(
    admin_client, groceries, milk, olga, recorded_changes
):
    """ADM-2, ROW-1"""
    form = {"shopping_list": str(groceries.pk), "name": "Milk", "quantity": "1 l", "purchased": "1"}
    with recorded_changes(groceries) as recorded:
        assert is_saved(admin_client.post(admin_url("shoppingitem_change", milk.pk), form))
    assert recorded.only_change.items[0].purchased_by.id == olga.pk


def test_deleting_selected_items_is_one_change(admin_client, groceries, milk, recorded_changes):
    """ADM-2"""
    bread = groceries.items.create(name="Bread")
    form = {"action": "delete_selected", "_selected_action": [milk.pk, bread.pk], "post": "yes"}
    with recorded_changes(groceries) as recorded:
        assert is_saved(admin_client.post(admin_url("shoppingitem_changelist"), form))
    assert (recorded.only_change.verb, len(recorded.only_change.gone)) == ("items.removed", 2)


def test_deleting_lists_in_the_admin_is_one_change_of_each(
    admin_client, groceries, hardware, milk, recorded_changes
):
    """ADM-2"""
    with recorded_changes(groceries, hardware) as recorded:
        assert is_saved(
            admin_client.post(admin_url("shoppinglist_delete", groceries.pk), {"post": "yes"})
        )
        form = {"action": "delete_selected", "_selected_action": [hardware.pk], "post": "yes"}
        assert is_saved(admin_client.post(admin_url("shoppinglist_changelist"), form))
    assert [recorded.change_of(row).verb for row in (groceries, hardware)] == ["list.deleted"] * 2


def test_admin_actions_put_lists_in_the_trash_and_restore_them(
    admin_client, groceries, hardware, recorded_changes
):
    """ADM-2"""
    for action, verb in (("put_in_trash", "list.deleted"), ("restore", "list.restored")):
        form = {"action": action, "_selected_action": [groceries.pk, hardware.pk]}
        with recorded_changes(groceries, hardware) as recorded:
            assert is_saved(admin_client.post(admin_url("shoppinglist_changelist"), form))
        assert [recorded.change_of(row).verb for row in (groceries, hardware)] == [verb] * 2


@pytest.mark.parametrize("name", ["milk ", "a\u202eb", "a\u2028b", "x" * 201], ids=ascii)
def test_admin_rejects_names_that_break_the_text_rules(
    admin_client, groceries, milk, recorded_changes, name
):
    """ADM-3"""
    form = {"shopping_list": str(groceries.pk), "name": name}
    with recorded_changes(groceries) as recorded:
        response = admin_client.post(admin_url("shoppingitem_add"), form)
    assert response.status_code in {200, 400}
    assert not recorded.all


def test_page_with_a_duplicate_open_name_is_rejected(
    admin_client, groceries, milk, recorded_changes
):
    """ADM-3"""
    duplicate = {"items-TOTAL_FORMS": "3", "items-1-name": "Bread", "items-2-name": " BREAD"}
    with recorded_changes(groceries) as recorded:
        form = list_form(groceries, **duplicate)
        response = admin_client.post(admin_url("shoppinglist_change", groceries.pk), form)
    assert response.status_code == 200
    assert not recorded.all


def test_activity_log_is_read_only_in_the_admin(admin_client, groceries):
    """ADM-4"""
    pk = Activity.objects.latest("pk").pk
    assert admin_client.get(admin_url("activity_add")).status_code == 403
    assert admin_client.post(admin_url("activity_change", pk), {"verb": "undo"}).status_code == 403
    assert admin_client.post(admin_url("activity_delete", pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("key", ["", "nonsense", str(uuid.UUID(int=7))])
def test_idempotency_key_of_a_request_is_recorded(admin_client, groceries, recorded_changes, key):
    """REC-17"""
    form = list_form(groceries, name="Food")
    with recorded_changes(groceries) as recorded:
        url = admin_url("shoppinglist_change", groceries.pk)
        assert is_saved(admin_client.post(url, form, headers={"Idempotency-Key": key}))
    assert recorded.only_change.op == (key if len(key) == 36 else None)


@pytest.mark.django_db(transaction=True)
def test_edits_are_attributed_on_an_asynchronous_server(groceries, olga, recorded_changes):
    """REC-13"""

    async def rename():
        client = AsyncClient()
        await client.aforce_login(olga)
        response = await client.post(admin_url("shoppinglist_change", groceries.pk), form)
        await sync_to_async(connections.close_all)()
        return response

    form = list_form(groceries, name="Food")
    with recorded_changes(groceries) as recorded:
        assert is_saved(asyncio.run(rename()))
    assert recorded.only_change.actor.id == olga.pk
    assert not ShoppingItem.objects.exists()
