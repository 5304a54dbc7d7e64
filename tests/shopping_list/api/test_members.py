"""Members: managed by owners, while one of them stays."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from shopping_list.models import Activity, Membership, ShoppingList
from tests.shopping_list.api.conftest import list_at, version_of


def people(one: ShoppingList) -> dict[str, str]:
    rows = Membership.objects.filter(shopping_list=one)
    return dict(rows.values_list("user__username", "role"))


def test_members_are_listed_with_their_roles(
    as_bob: Any, groceries: ShoppingList, ana: User, bob: User
) -> None:
    members = f"{list_at(groceries)}members/"
    rows = as_bob.get(members).json()
    owner = {"id": ana.pk, "name": "Ana", "role": "owner"}
    editor = {"id": bob.pk, "name": "Bob", "role": "editor"}
    assert rows == sorted([owner, editor], key=lambda row: row["id"])
    assert as_bob.get(f"{members}{ana.pk}/").json() == owner
    assert as_bob.get(list_at(groceries)).json()["members"] == rows


def test_a_role_changes_as_one_change(as_ana: Any, groceries: ShoppingList, bob: User) -> None:
    at = f"{list_at(groceries)}members/{bob.pk}/"
    before = version_of(groceries)
    answer = as_ana.patch(at, {"role": "viewer"})
    assert (answer.status_code, answer.json()["role"]) == (200, "viewer")
    assert Activity.objects.latest("id").verb == "member.role"
    assert version_of(groceries) == before + 1
    as_ana.patch(at, {"role": "viewer"})
    assert version_of(groceries) == before + 1


def test_the_last_owner_stays(as_ana: Any, groceries: ShoppingList, ana: User, bob: User) -> None:
    """API-10"""
    at = list_at(groceries)
    before = version_of(groceries)
    for answer in (
        as_ana.patch(f"{at}members/{ana.pk}/", {"role": "editor"}),
        as_ana.delete(f"{at}members/{ana.pk}/"),
        as_ana.put(f"{at}remove-members/", {"members": [ana.pk]}),
        as_ana.put(f"{at}remove-members/", {"members": [bob.pk, ana.pk]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")
        assert answer.json()["lists"] == [{"id": str(groceries.pk), "name": "Groceries"}]
    assert people(groceries) == {"ana": "owner", "bob": "editor"}
    assert version_of(groceries) == before
    as_ana.patch(f"{at}members/{bob.pk}/", {"role": "owner"})
    assert as_ana.delete(f"{at}members/{ana.pk}/").status_code == 204
    assert people(groceries) == {"bob": "owner"}


def test_anyone_may_leave_and_sees_nothing_from_then_on(
    as_bob: Any, groceries: ShoppingList, bob: User
) -> None:
    """API-10"""
    assert as_bob.delete(f"{list_at(groceries)}members/{bob.pk}/").status_code == 204
    assert Activity.objects.latest("id").verb == "member.left"
    assert as_bob.get(list_at(groceries)).status_code == 404
    assert as_bob.delete(f"{list_at(groceries)}members/{bob.pk}/").status_code == 404


def test_only_people_who_share_a_list_are_added_and_an_id_tells_nothing(
    as_ana: Any, groceries: ShoppingList, hardware: ShoppingList, bob: User, mallory: User
) -> None:
    """API-11, SEC-11"""
    at = f"{list_at(hardware)}add-members/"
    before = version_of(hardware)
    stranger = as_ana.put(at, {"members": [bob.pk, mallory.pk]})
    nobody = as_ana.put(at, {"members": [bob.pk, 999_999]})
    told = stranger.json()["errors"]["members"][0]
    assert stranger.status_code == nobody.status_code == 400
    assert told.replace(str(mallory.pk), "999999") == nobody.json()["errors"]["members"][0]
    assert version_of(hardware) == before
    added = as_ana.put(at, {"members": [bob.pk]})
    assert added.status_code == 200
    assert people(hardware) == {"ana": "owner", "bob": "editor"}
    assert added["ETag"] == f'"{version_of(hardware)}"'
    assert bob.pk in {row["id"] for row in added.json()["members"]}


def test_a_list_in_the_trash_is_not_shared(
    as_ana: Any, groceries: ShoppingList, hardware: ShoppingList, bob: User
) -> None:
    as_ana.delete(list_at(groceries))
    at = f"{list_at(hardware)}add-members/"
    assert as_ana.put(at, {"members": [bob.pk]}).status_code == 400


def test_who_is_on_the_list_already_keeps_their_role(
    as_ana: Any, groceries: ShoppingList, ana: User, bob: User
) -> None:
    before = version_of(groceries)
    answer = as_ana.put(f"{list_at(groceries)}add-members/", {"members": [ana.pk, bob.pk]})
    assert answer.status_code == 200
    assert people(groceries) == {"ana": "owner", "bob": "editor"}
    assert version_of(groceries) == before


def test_members_are_removed_together_as_one_change(
    as_ana: Any, groceries: ShoppingList, bob: User, join: Any
) -> None:
    viewer = join("viewer")
    before = version_of(groceries)
    answer = as_ana.put(
        f"{list_at(groceries)}remove-members/", {"members": [bob.pk, viewer.pk, 999_999]}
    )
    assert (answer.status_code, len(answer.json()["members"])) == (200, 1)
    assert people(groceries) == {"ana": "owner"}
    assert version_of(groceries) == before + 1


def test_an_owner_who_removes_themselves_gets_no_list(
    as_ana: Any, groceries: ShoppingList, ana: User, bob: User
) -> None:
    as_ana.patch(f"{list_at(groceries)}members/{bob.pk}/", {"role": "owner"})
    answer = as_ana.put(f"{list_at(groceries)}remove-members/", {"members": [ana.pk]})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("verb", ["get", "patch", "delete"])
def test_who_is_no_member_is_nowhere(
    verb: str, as_ana: Any, groceries: ShoppingList, mallory: User
) -> None:
    for pk in (mallory.pk, 999_999):
        answer = getattr(as_ana, verb)(f"{list_at(groceries)}members/{pk}/", {"role": "viewer"})
        assert answer.status_code == 404
