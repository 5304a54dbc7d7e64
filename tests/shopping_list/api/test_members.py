"""Members: managed by owners, while one of them stays."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from shopping_list.models import Activity, Membership, ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_list

pytestmark = pytest.mark.database


def people(one: ShoppingList) -> dict[str, str]:
    rows = Membership.objects.filter(shopping_list=one)
    return dict(rows.values_list("user__username", "role"))


def test_members_are_listed_with_their_roles(
    bob_client: Any, groceries: ShoppingList, ana: User, bob: User
) -> None:
    members = f"{url_of_list(groceries)}members/"
    rows = bob_client.get(members).json()
    owner = {"id": ana.pk, "name": "Ana", "role": "owner"}
    editor = {"id": bob.pk, "name": "Bob", "role": "editor"}
    assert rows == sorted([owner, editor], key=lambda row: row["id"])
    assert bob_client.get(f"{members}{ana.pk}/").json() == owner
    assert bob_client.get(url_of_list(groceries)).json()["members"] == rows


def test_a_role_changes_as_one_change(ana_client: Any, groceries: ShoppingList, bob: User) -> None:
    at = f"{url_of_list(groceries)}members/{bob.pk}/"
    before = current_version(groceries)
    answer = ana_client.patch(at, {"role": "viewer"})
    assert (answer.status_code, answer.json()["role"]) == (200, "viewer")
    assert Activity.objects.latest("id").verb == "member.role"
    assert current_version(groceries) == before + 1
    ana_client.patch(at, {"role": "viewer"})
    assert current_version(groceries) == before + 1


def test_the_last_owner_stays(
    ana_client: Any, groceries: ShoppingList, ana: User, bob: User
) -> None:
    """API-10"""
    at = url_of_list(groceries)
    before = current_version(groceries)
    for answer in (
        ana_client.patch(f"{at}members/{ana.pk}/", {"role": "editor"}),
        ana_client.delete(f"{at}members/{ana.pk}/"),
        ana_client.put(f"{at}remove-members/", {"members": [ana.pk]}),
        ana_client.put(f"{at}remove-members/", {"members": [bob.pk, ana.pk]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")
        assert answer.json()["lists"] == [{"id": str(groceries.pk), "name": "Groceries"}]
    assert people(groceries) == {"ana": "owner", "bob": "editor"}
    assert current_version(groceries) == before
    ana_client.patch(f"{at}members/{bob.pk}/", {"role": "owner"})
    assert ana_client.delete(f"{at}members/{ana.pk}/").status_code == 204
    assert people(groceries) == {"bob": "owner"}


def test_anyone_may_leave_and_sees_nothing_from_then_on(
    bob_client: Any, groceries: ShoppingList, bob: User
) -> None:
    """API-10"""
    assert bob_client.delete(f"{url_of_list(groceries)}members/{bob.pk}/").status_code == 204
    assert Activity.objects.latest("id").verb == "member.left"
    assert bob_client.get(url_of_list(groceries)).status_code == 404
    assert bob_client.delete(f"{url_of_list(groceries)}members/{bob.pk}/").status_code == 404


def test_only_people_who_share_a_list_are_added_and_an_id_tells_nothing(
    ana_client: Any, groceries: ShoppingList, hardware: ShoppingList, bob: User, mallory: User
) -> None:
    """API-11, SEC-11"""
    at = f"{url_of_list(hardware)}add-members/"
    before = current_version(hardware)
    stranger = ana_client.put(at, {"members": [bob.pk, mallory.pk]})
    nobody = ana_client.put(at, {"members": [bob.pk, 999_999]})
    told = stranger.json()["errors"]["members"][0]
    assert stranger.status_code == nobody.status_code == 400
    assert told.replace(str(mallory.pk), "999999") == nobody.json()["errors"]["members"][0]
    assert current_version(hardware) == before
    added = ana_client.put(at, {"members": [bob.pk]})
    assert added.status_code == 200
    assert people(hardware) == {"ana": "owner", "bob": "editor"}
    assert added["ETag"] == f'"{current_version(hardware)}"'
    assert bob.pk in {row["id"] for row in added.json()["members"]}


def test_a_list_in_the_trash_is_not_shared(
    ana_client: Any, groceries: ShoppingList, hardware: ShoppingList, bob: User
) -> None:
    ana_client.delete(url_of_list(groceries))
    at = f"{url_of_list(hardware)}add-members/"
    assert ana_client.put(at, {"members": [bob.pk]}).status_code == 400


def test_who_is_on_the_list_already_keeps_their_role(
    ana_client: Any, groceries: ShoppingList, ana: User, bob: User
) -> None:
    before = current_version(groceries)
    answer = ana_client.put(f"{url_of_list(groceries)}add-members/", {"members": [ana.pk, bob.pk]})
    assert answer.status_code == 200
    assert people(groceries) == {"ana": "owner", "bob": "editor"}
    assert current_version(groceries) == before


def test_members_are_removed_together_as_one_change(
    ana_client: Any, groceries: ShoppingList, bob: User, add_member: Any
) -> None:
    viewer = add_member("viewer")
    before = current_version(groceries)
    answer = ana_client.put(
        f"{url_of_list(groceries)}remove-members/", {"members": [bob.pk, viewer.pk, 999_999]}
    )
    assert (answer.status_code, len(answer.json()["members"])) == (200, 1)
    assert people(groceries) == {"ana": "owner"}
    assert current_version(groceries) == before + 1


def test_an_owner_who_removes_themselves_gets_no_list(
    ana_client: Any, groceries: ShoppingList, ana: User, bob: User
) -> None:
    ana_client.patch(f"{url_of_list(groceries)}members/{bob.pk}/", {"role": "owner"})
    answer = ana_client.put(f"{url_of_list(groceries)}remove-members/", {"members": [ana.pk]})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("verb", ["get", "patch", "delete"])
def test_who_is_no_member_is_nowhere(
    verb: str, ana_client: Any, groceries: ShoppingList, mallory: User
) -> None:
    for pk in (mallory.pk, 999_999):
        answer = getattr(ana_client, verb)(
            f"{url_of_list(groceries)}members/{pk}/", {"role": "viewer"}
        )
        assert answer.status_code == 404
