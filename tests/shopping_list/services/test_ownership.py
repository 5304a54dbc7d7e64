"""A list with members always keeps an owner, however a member leaves."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core import serializers
from django.db import connections, transaction
from django.utils import timezone

from accounts import guests
from accounts.models import User
from shopping_list import personal_data
from shopping_list.api.errors import MEMBERS
from shopping_list.models import Activity, Membership, ShoppingList
from shopping_list.recording import actor
from shopping_list.services import list_checks, ownership
from shopping_list.services.ownership import LastOwnerError

pytestmark = pytest.mark.database


def delete_account(user: User) -> None:
    with actor.acting_as(user), transaction.atomic():
        personal_data.before_delete(user)
        user.delete()


def names(lists: Any) -> list[str]:
    return [row.name for row in lists]


def test_lists_solely_owned_by_returns_shared_lists_without_another_owner(
    ana: User, bob: User, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-21"""
    # Hardware has no other members, who would need an owner.
    assert names(ownership.lists_solely_owned_by(ana)) == ["Groceries"]
    assert names(ownership.lists_solely_owned_by(bob)) == []
    Membership.objects.create(shopping_list=hardware, user=bob)
    assert names(ownership.lists_solely_owned_by(ana)) == ["Groceries", "Hardware"]
    Membership.objects.filter(user=bob, shopping_list=groceries).update(role="owner")
    assert names(ownership.lists_solely_owned_by(ana)) == ["Hardware"]
    hardware.deleted_at = timezone.now()
    hardware.save()
    assert names(ownership.lists_solely_owned_by(ana)) == []


def test_expired_member_does_not_count_as_another_member(
    ana: User, bob: User, groceries: ShoppingList
) -> None:
    """API-21"""
    past = timezone.now() - timedelta(seconds=1)
    Membership.objects.filter(user=bob).update(expires_at=past)
    assert names(ownership.lists_solely_owned_by(ana)) == []


def test_account_of_the_last_owner_of_a_shared_list_is_not_deleted(
    ana: User, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-21"""
    with pytest.raises(LastOwnerError) as exc_info:
        delete_account(ana)
    members = MEMBERS[LastOwnerError](exc_info.value)
    assert members == {"lists": [{"id": str(groceries.pk), "name": "Groceries"}]}
    assert User.objects.filter(pk=ana.pk).exists()
    assert ShoppingList.objects.count() == 2


def test_deleting_an_account_deletes_lists_without_other_members(
    ana: User, bob: User, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-21"""
    trash = ShoppingList.objects.create(name="Trash", deleted_at=timezone.now())
    Membership.objects.create(shopping_list=trash, user=ana, role="owner")
    Membership.objects.filter(user=bob).update(role="owner")
    pk = ana.pk
    delete_account(ana)
    assert names(ShoppingList.objects.all()) == ["Groceries"]
    changes = Activity.objects.filter(list_id=groceries.pk).latest("version").changes
    member = {"id": pk, "name": "Ana", "role": "owner"}
    assert {"member": pk, "before": member, "after": None} in changes


def test_member_who_owns_no_list_can_delete_their_account(
    bob: User, groceries: ShoppingList
) -> None:
    """API-21"""
    delete_account(bob)
    assert [member.role for member in groceries.memberships.all()] == ["owner"]


def test_deleting_the_last_owner_promotes_members_by_role_and_seniority(
    ana: User, bob: User, groceries: ShoppingList, make_user: Any
) -> None:
    """API-25: in a shell or in the admin, without confirmation; the deletion is one change."""
    joined_yesterday = {
        "shopping_list": groceries,
        "created_at": timezone.now() - timedelta(days=1),
    }
    inactive, early, late = make_user("off", is_active=False), make_user("early"), make_user("late")
    grandma = guests.create("Grandma")
    Membership.objects.filter(user=bob).update(role="ticker")
    for user in (inactive, grandma, early):
        Membership.objects.create(user=user, role="editor", **joined_yesterday)
    Membership.objects.create(user=late, role="editor", shopping_list=groceries)
    roles = groceries.memberships.order_by("pk").values_list("user", "role")
    changes = Activity.objects.filter(list_id=groceries.pk)
    for successor in (early, late, bob, grandma, inactive):
        before = changes.count()
        owner = User.objects.get(memberships__shopping_list=groceries, memberships__role="owner")
        owner.delete()
        assert [user_id for user_id, role in roles.all() if role == "owner"] == [successor.pk]
        assert changes.count() == before + 1
    last = [entry["after"] for entry in changes.latest("version").changes]
    assert {"id": inactive.pk, "name": "Off", "role": "owner"} in last


@pytest.mark.django_db(transaction=True)
def test_member_becomes_owner_when_both_owners_are_deleted_at_once(
    ana: User, bob: User, groceries: ShoppingList, make_user: Any
) -> None:
    """API-25"""
    carol = make_user("carol")
    Membership.objects.create(shopping_list=groceries, user=carol, role="viewer")

    def delete(user: User) -> None:
        try:
            user.delete()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(delete, (ana, bob)))
    assert [(member.user, member.role) for member in groceries.memberships.all()] == [
        (carol, "owner")
    ]


@pytest.mark.parametrize("deleted_at", [None, timezone.now()])
def test_no_member_is_promoted_when_another_owner_remains(
    ana: User, bob: User, groceries: ShoppingList, make_user: Any, deleted_at: Any
) -> None:
    """API-25"""
    early = make_user("early")
    Membership.objects.create(shopping_list=groceries, user=early, role="editor")
    Membership.objects.filter(user=bob).update(role="owner")
    groceries.deleted_at = deleted_at
    groceries.save()
    ana.delete()
    assert [member.role for member in groceries.memberships.order_by("pk")] == ["owner", "editor"]


def test_ownership_can_be_handed_over(
    ana: User, bob: User, groceries: ShoppingList, signed_in_client: Any
) -> None:
    """API-10: ana makes bob an owner, bob makes ana a viewer, and ana deletes her account."""
    members_url = f"/api/shopping-lists/{groceries.pk}/members/"
    ana_client, bob_client = signed_in_client(ana), signed_in_client(bob)
    assert ana_client.delete(f"{members_url}{ana.pk}/").status_code == 409
    assert ana_client.patch(f"{members_url}{bob.pk}/", {"role": "owner"}).status_code == 200
    assert bob_client.patch(f"{members_url}{ana.pk}/", {"role": "viewer"}).status_code == 200
    assert ana_client.patch(f"{members_url}{bob.pk}/", {"role": "viewer"}).status_code == 403
    assert bob_client.patch(f"{members_url}{bob.pk}/", {"role": "editor"}).status_code == 409
    delete_account(ana)
    assert (
        bob_client.patch(f"/api/shopping-lists/{groceries.pk}/", {"name": "Mine"}).status_code
        == 200
    )
    assert bob_client.get(members_url).json() == [{"id": bob.pk, "name": "Bob", "role": "owner"}]


def by_model(shopping_list: ShoppingList, users: list[User]) -> None:
    for user in users:
        Membership.objects.create(shopping_list=shopping_list, user=user)


def by_bulk_create(shopping_list: ShoppingList, users: list[User]) -> None:
    Membership.objects.bulk_create(
        [Membership(shopping_list=shopping_list, user=user, role="viewer") for user in users]
    )


def by_many_to_many(shopping_list: ShoppingList, users: list[User]) -> None:
    shopping_list.members.add(*users)


def by_the_other_side(shopping_list: ShoppingList, users: list[User]) -> None:
    for user in users:
        user.shopping_lists.add(shopping_list)


def by_set(shopping_list: ShoppingList, users: list[User]) -> None:
    shopping_list.members.set(users)


def by_update(shopping_list: ShoppingList, users: list[User]) -> None:
    by_model(shopping_list, users)
    shopping_list.memberships.update(role="editor")


def by_fixture(shopping_list: ShoppingList, users: list[User]) -> None:
    rows = [
        {
            "model": "shopping_list.membership",
            "fields": {"shopping_list": str(shopping_list.pk), "user": user.pk, "role": "editor"},
        }
        for user in users
    ]
    for deserialized in serializers.deserialize("json", json.dumps(rows)):
        deserialized.save()
    list_checks.repair(shopping_list.pk)  # raw rows are no change, so the digest is wrong


@pytest.mark.parametrize(
    "join",
    [by_model, by_bulk_create, by_many_to_many, by_the_other_side, by_set, by_update, by_fixture],
)
@pytest.mark.django_db(transaction=True)
def test_first_member_of_a_list_without_an_owner_becomes_one(
    join: Any, ana: User, bob: User, signed_in_client: Any
) -> None:
    """REC-28, case AI1"""
    shopping_list = ShoppingList.objects.create(name="x")
    join(shopping_list, [ana, bob])
    [owner] = shopping_list.memberships.filter(role="owner")
    # Django adds the members of a many-to-many field in any order.
    assert owner.user == ana or join in {by_many_to_many, by_set}
    assert shopping_list.members.count() == 2
    client, url = signed_in_client(owner.user), f"/api/shopping-lists/{shopping_list.pk}/"
    assert client.patch(url, {"name": "y"}).status_code == 200
    assert client.delete(url).status_code == 204


@pytest.mark.django_db
def test_promotion_is_part_of_the_change_that_needs_it(ana: User) -> None:
    """REC-28: one version, in which the member joins as an owner."""
    shopping_list = ShoppingList.objects.create(name="x")
    shopping_list.members.add(ana)
    [_, joined] = Activity.objects.filter(list_id=shopping_list.pk).order_by("version")
    assert joined.verb == "member.joined"
    assert [entry["after"]["role"] for entry in joined.changes] == ["owner"]
