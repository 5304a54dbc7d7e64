"""A list that people are on keeps an owner, whoever leaves and in whatever way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from accounts import guests
from accounts.models import User
from shopping_list import departure
from shopping_list.api.errors import LastOwnerError
from shopping_list.models import Activity, Membership, ShoppingList
from shopping_list.recording import actor
from shopping_list.services import ownership

pytestmark = pytest.mark.database


def delete_account(person: User) -> None:
    with actor.acting_as(person), transaction.atomic():
        departure.before_delete(person)
        person.delete()


def names(lists: Any) -> list[str]:
    return [one.name for one in lists]


def test_the_lists_that_only_one_person_owns_are_known(
    ana: User, bob: User, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-21"""
    assert names(ownership.lists_solely_owned_by(ana)) == [
        "Groceries"
    ]  # nobody else is on the other one
    assert names(ownership.lists_solely_owned_by(bob)) == []
    Membership.objects.create(shopping_list=hardware, user=bob)
    assert names(ownership.lists_solely_owned_by(ana)) == ["Groceries", "Hardware"]
    Membership.objects.filter(user=bob, shopping_list=groceries).update(role="owner")
    assert names(ownership.lists_solely_owned_by(ana)) == ["Hardware"]
    hardware.deleted_at = timezone.now()
    hardware.save()
    assert names(ownership.lists_solely_owned_by(ana)) == []


def test_somebody_whose_time_is_over_is_not_left_behind(
    ana: User, bob: User, groceries: ShoppingList
) -> None:
    """API-21"""
    ago = timezone.now() - timedelta(seconds=1)
    Membership.objects.filter(user=bob).update(expires_at=ago)
    assert names(ownership.lists_solely_owned_by(ana)) == []


def test_an_account_that_people_need_is_not_deleted(
    ana: User, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-21"""
    with pytest.raises(LastOwnerError) as refused:
        delete_account(ana)
    assert refused.value.extra == {"lists": [{"id": str(groceries.pk), "name": "Groceries"}]}
    assert User.objects.filter(pk=ana.pk).exists()
    assert ShoppingList.objects.count() == 2


def test_what_nobody_else_is_on_goes_with_the_account(
    ana: User, bob: User, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-21"""
    trash = ShoppingList.objects.create(name="Trash", deleted_at=timezone.now())
    Membership.objects.create(shopping_list=trash, user=ana, role="owner")
    Membership.objects.filter(user=bob).update(role="owner")
    pk = ana.pk
    delete_account(ana)
    assert names(ShoppingList.objects.all()) == ["Groceries"]
    told = Activity.objects.filter(list_id=groceries.pk).latest("version").changes
    left = {"id": pk, "name": "Ana", "role": "owner"}
    assert {"member": pk, "before": left, "after": None} in told


def test_a_member_may_delete_their_account(bob: User, groceries: ShoppingList) -> None:
    """API-21"""
    delete_account(bob)
    assert [member.role for member in groceries.memberships.all()] == ["owner"]


def test_a_list_gets_another_owner_when_its_last_one_is_deleted(
    ana: User, bob: User, groceries: ShoppingList, make_user: Any
) -> None:
    """API-25: in a shell or in the admin, where nobody is asked; the deletion is one change."""
    since = {"shopping_list": groceries, "created_at": timezone.now() - timedelta(days=1)}
    off, early, late = make_user("off", is_active=False), make_user("early"), make_user("late")
    grandma = guests.create("Grandma")
    Membership.objects.filter(user=bob).update(role="ticker")
    for person in (off, grandma, early):
        Membership.objects.create(user=person, role="editor", **since)
    Membership.objects.create(user=late, role="editor", shopping_list=groceries)
    roles = groceries.memberships.order_by("pk").values_list("user", "role")
    changes = Activity.objects.filter(list_id=groceries.pk)
    for heir in (early, late, bob, grandma, off):
        before = changes.count()
        owner = User.objects.get(memberships__shopping_list=groceries, memberships__role="owner")
        owner.delete()
        assert [one for one, role in roles.all() if role == "owner"] == [heir.pk]
        assert changes.count() == before + 1
    last = [entry["after"] for entry in changes.latest("version").changes]
    assert {"id": off.pk, "name": "Off", "role": "owner"} in last


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_are_deleted_at_once_none_is_the_last(
    ana: User, bob: User, groceries: ShoppingList, make_user: Any
) -> None:
    """API-25"""
    carol = make_user("carol")
    Membership.objects.create(shopping_list=groceries, user=carol, role="viewer")

    def delete(person: User) -> None:
        try:
            person.delete()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(delete, (ana, bob)))
    assert [(one.user, one.role) for one in groceries.memberships.all()] == [(carol, "owner")]


@pytest.mark.parametrize("deleted_at", [None, timezone.now()])
def test_others_who_own_a_list_are_enough(
    ana: User, bob: User, groceries: ShoppingList, make_user: Any, deleted_at: Any
) -> None:
    """API-25"""
    early = make_user("early")
    Membership.objects.create(shopping_list=groceries, user=early, role="editor")
    Membership.objects.filter(user=bob).update(role="owner")
    groceries.deleted_at = deleted_at
    groceries.save()
    ana.delete()
    assert [one.role for one in groceries.memberships.order_by("pk")] == ["owner", "editor"]


def test_ownership_is_handed_over(
    ana: User, bob: User, groceries: ShoppingList, signed_in_client: Any
) -> None:
    """API-10: she makes him an owner, he makes her a viewer, and she goes."""
    members = f"/api/shopping-lists/{groceries.pk}/members/"
    ana_client, bob_client = signed_in_client(ana), signed_in_client(bob)
    assert ana_client.delete(f"{members}{ana.pk}/").status_code == 409
    assert ana_client.patch(f"{members}{bob.pk}/", {"role": "owner"}).status_code == 200
    assert bob_client.patch(f"{members}{ana.pk}/", {"role": "viewer"}).status_code == 200
    assert ana_client.patch(f"{members}{bob.pk}/", {"role": "viewer"}).status_code == 403
    assert bob_client.patch(f"{members}{bob.pk}/", {"role": "editor"}).status_code == 409
    delete_account(ana)
    assert (
        bob_client.patch(f"/api/shopping-lists/{groceries.pk}/", {"name": "Mine"}).status_code
        == 200
    )
    assert bob_client.get(members).json() == [{"id": bob.pk, "name": "Bob", "role": "owner"}]
