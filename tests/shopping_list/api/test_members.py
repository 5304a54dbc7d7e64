"""Members: managed by owners, as long as one owner remains."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from shopping_list.models import Activity, Membership, ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_list


def roles_by_username(shopping_list: ShoppingList) -> dict[str, str]:
    rows = Membership.objects.filter(shopping_list=shopping_list)
    return dict(rows.values_list("user__username", "role"))


def test_members_are_listed_with_their_roles(
    bob_client: Any, groceries: ShoppingList, ana: User, bob: User
) -> None:
    url = f"{url_of_list(groceries)}members/"
    rows = bob_client.get(url).json()
    owner = {"id": ana.pk, "name": "Ana", "role": "owner"}
    editor = {"id": bob.pk, "name": "Bob", "role": "editor"}
    assert rows == sorted([owner, editor], key=lambda row: row["id"])
    assert bob_client.get(f"{url}{ana.pk}/").json() == owner
    assert bob_client.get(url_of_list(groceries)).json()["members"] == rows


def test_role_change_is_one_recorded_change(
    ana_client: Any, groceries: ShoppingList, bob: User
) -> None:
    url = f"{url_of_list(groceries)}members/{bob.pk}/"
    before = current_version(groceries)
    response = ana_client.patch(url, {"role": "viewer"})
    assert (response.status_code, response.json()["role"]) == (200, "viewer")
    assert Activity.objects.latest("id").verb == "member.role"
    assert current_version(groceries) == before + 1
    ana_client.patch(url, {"role": "viewer"})
    assert current_version(groceries) == before + 1


def test_last_owner_cannot_leave_or_lose_the_role(
    ana_client: Any, groceries: ShoppingList, ana: User, bob: User
) -> None:
    """API-10"""
    url = url_of_list(groceries)
    before = current_version(groceries)
    for response in (
        ana_client.patch(f"{url}members/{ana.pk}/", {"role": "editor"}),
        ana_client.delete(f"{url}members/{ana.pk}/"),
        ana_client.put(f"{url}remove-members/", {"members": [ana.pk]}),
        ana_client.put(f"{url}remove-members/", {"members": [bob.pk, ana.pk]}),
    ):
        assert (response.status_code, response.json()["code"]) == (409, "last_owner")
        assert response.json()["lists"] == [{"id": str(groceries.pk), "name": "Groceries"}]
    assert roles_by_username(groceries) == {"ana": "owner", "bob": "editor"}
    assert current_version(groceries) == before
    ana_client.patch(f"{url}members/{bob.pk}/", {"role": "owner"})
    assert ana_client.delete(f"{url}members/{ana.pk}/").status_code == 204
    assert roles_by_username(groceries) == {"bob": "owner"}


def test_member_who_leaves_cannot_see_the_list_any_more(
    bob_client: Any, groceries: ShoppingList, bob: User
) -> None:
    """API-10"""
    assert bob_client.delete(f"{url_of_list(groceries)}members/{bob.pk}/").status_code == 204
    assert Activity.objects.latest("id").verb == "member.left"
    assert bob_client.get(url_of_list(groceries)).status_code == 404
    assert bob_client.delete(f"{url_of_list(groceries)}members/{bob.pk}/").status_code == 404


def test_only_users_on_a_shared_list_can_be_added(
    ana_client: Any, groceries: ShoppingList, hardware: ShoppingList, bob: User, mallory: User
) -> None:
    """API-11, SEC-11"""
    url = f"{url_of_list(hardware)}add-members/"
    before = current_version(hardware)
    foreign_response = ana_client.put(url, {"members": [bob.pk, mallory.pk]})
    unknown_response = ana_client.put(url, {"members": [bob.pk, 999_999]})
    message = foreign_response.json()["errors"]["members"][0]
    assert foreign_response.status_code == unknown_response.status_code == 400
    assert (
        message.replace(str(mallory.pk), "999999")
        == unknown_response.json()["errors"]["members"][0]
    )
    assert current_version(hardware) == before
    response = ana_client.put(url, {"members": [bob.pk]})
    assert response.status_code == 200
    assert roles_by_username(hardware) == {"ana": "owner", "bob": "editor"}
    hardware.refresh_from_db()
    assert response["ETag"] == f'"{hardware.version}-{hardware.digest}"'
    assert bob.pk in {row["id"] for row in response.json()["members"]}


def test_deleted_list_does_not_count_as_a_shared_list(
    ana_client: Any, groceries: ShoppingList, hardware: ShoppingList, bob: User
) -> None:
    ana_client.delete(url_of_list(groceries))
    url = f"{url_of_list(hardware)}add-members/"
    assert ana_client.put(url, {"members": [bob.pk]}).status_code == 400


def test_adding_a_member_again_keeps_their_role(
    ana_client: Any, groceries: ShoppingList, ana: User, bob: User
) -> None:
    before = current_version(groceries)
    response = ana_client.put(
        f"{url_of_list(groceries)}add-members/", {"members": [ana.pk, bob.pk]}
    )
    assert response.status_code == 200
    assert roles_by_username(groceries) == {"ana": "owner", "bob": "editor"}
    assert current_version(groceries) == before


def test_removing_several_members_is_one_change(
    ana_client: Any, groceries: ShoppingList, bob: User, add_member: Any
) -> None:
    viewer = add_member("viewer")
    before = current_version(groceries)
    response = ana_client.put(
        f"{url_of_list(groceries)}remove-members/", {"members": [bob.pk, viewer.pk, 999_999]}
    )
    assert (response.status_code, len(response.json()["members"])) == (200, 1)
    assert roles_by_username(groceries) == {"ana": "owner"}
    assert current_version(groceries) == before + 1


def test_owner_who_removes_themselves_gets_an_empty_response(
    ana_client: Any, groceries: ShoppingList, ana: User, bob: User
) -> None:
    ana_client.patch(f"{url_of_list(groceries)}members/{bob.pk}/", {"role": "owner"})
    response = ana_client.put(f"{url_of_list(groceries)}remove-members/", {"members": [ana.pk]})
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("verb", ["get", "patch", "delete"])
def test_members_endpoint_returns_404_for_non_members(
    verb: str, ana_client: Any, groceries: ShoppingList, mallory: User
) -> None:
    for pk in (mallory.pk, 999_999):
        response = getattr(ana_client, verb)(
            f"{url_of_list(groceries)}members/{pk}/", {"role": "viewer"}
        )
        assert response.status_code == 404
