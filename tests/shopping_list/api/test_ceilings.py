"""Everything that a member may create has a ceiling, whatever way it is created."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from shopping_list import ceilings
from shopping_list.models import Activity, Invite, Membership, ShoppingItem, ShoppingList
from shopping_list.services import invites
from tests.shopping_list.api.conftest import (
    ACCEPT,
    current_version,
    url_of_item,
    url_of_items,
    url_of_list,
)

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LISTS = "/api/shopping-lists/"


def refusal(response: Any) -> tuple[int, str]:
    """Return the status and the code of a problem."""
    return response.status_code, response.json()["code"]


@pytest.fixture
def full_list(groceries: ShoppingList, monkeypatch: pytest.MonkeyPatch) -> ShoppingList:
    """Ana's list with as many items as it may have: two bought and one open."""
    monkeypatch.setattr(ceilings, "MAX_ITEMS", 3)
    for name in ("Milk", "Bread", "Salt"):
        groceries.items.create(name=name, purchased=name != "Salt")
    return groceries


@pytest.fixture
def full_house(monkeypatch: pytest.MonkeyPatch, hardware: ShoppingList) -> ShoppingList:
    """Ana's only list, in a place where nobody owns more."""
    monkeypatch.setattr(ceilings, "MAX_OWNED_LISTS", 1)
    return hardware


def test_no_way_to_add_an_item_exceeds_the_ceiling(
    full_list: ShoppingList, ana_client: APIClient
) -> None:
    """API-36: one, in bulk, by PUT, by each format of an import; a refused change is none."""
    items = url_of_items(full_list)
    files = {
        "text": "Eggs\n",
        "csv": "name\nEggs\n",
        "markdown": "- [ ] Eggs\n",
        "json": json.dumps(
            {"format": "trolley", "version": 1, "list": {"name": "x", "items": [{"name": "Eggs"}]}}
        ),
    }
    before = current_version(full_list)
    responses = [
        ana_client.post(items, {"name": "Eggs"}),
        ana_client.post(f"{items}bulk/", {"items": [{"name": "Salt"}, {"name": "Eggs"}]}),
        ana_client.put(f"{items}{uuid4()}/", {"name": "Eggs"}),
        *(
            ana_client.post(f"{url_of_list(full_list)}import/", {"format": name, "content": text})
            for name, text in files.items()
        ),
    ]
    assert [refusal(response) for response in responses] == [(409, "too_many_items")] * 7
    assert (full_list.items.count(), current_version(full_list)) == (3, before)


@pytest.mark.parametrize(
    ("content", "excess"),
    [("Eggs\nJam\nsalt\n", 2), ("Salt, coarse\nMilk\n", 0), ("# nothing\n", 0)],
)
def test_preview_says_whether_the_list_would_be_too_full(
    full_list: ShoppingList, ana_client: APIClient, content: str, excess: int
) -> None:
    """TRF-13, API-36: an item that is merged or put back does not count."""
    body = {"format": "markdown" if "#" in content else "text", "content": content}
    url = f"{url_of_list(full_list)}import/"
    preview = ana_client.post(url, {**body, "dry_run": True})
    assert (preview.status_code, preview.json()["excess_items"]) == (200, excess)
    response = ana_client.post(url, body)
    if excess:
        assert refusal(response) == (409, "too_many_items")
    else:
        assert (response.status_code, response.json()["excess_items"]) == (200, 0)


def test_preview_of_a_list_that_is_too_full_already_lets_it_be_edited(
    full_list: ShoppingList, ana_client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRF-13"""
    monkeypatch.setattr(ceilings, "MAX_ITEMS", 1)
    body = {"format": "text", "content": "Salt, coarse\n", "dry_run": True}
    preview = ana_client.post(f"{url_of_list(full_list)}import/", body).json()
    assert (preview["merged"], preview["excess_items"]) == (1, 0)
    body["content"] = "Eggs\n"
    preview = ana_client.post(f"{url_of_list(full_list)}import/", body).json()
    assert preview["excess_items"] == 3


def test_full_list_can_be_edited_and_made_smaller(
    full_list: ShoppingList, ana_client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API-36: also if it has more items than it may have, because the ceiling was lowered."""
    monkeypatch.setattr(ceilings, "MAX_ITEMS", 2)
    items = url_of_items(full_list)
    assert ana_client.post(items, {"name": "milk"}).json()["outcome"] == "put_back"
    assert ana_client.post(f"{items}tick/", {"purchased": False}).status_code == 200
    salt = full_list.items.get(name="Salt")
    assert ana_client.patch(url_of_item(salt), {"note": "sea"}).status_code == 200
    assert ana_client.delete(url_of_item(salt)).status_code == 204


def test_undo_and_move_count_as_adding(
    full_list: ShoppingList, hardware: ShoppingList, ana_client: APIClient
) -> None:
    """API-36"""
    ana_client.delete(url_of_item(full_list.items.get(name="Salt")))
    removal = current_version(full_list)
    full_list.items.create(name="Eggs")
    undo = f"{url_of_list(full_list)}activities/{removal}/undo/"
    assert refusal(ana_client.post(undo)) == (409, "too_many_items")
    nails = hardware.items.create(name="Nails")
    nails.shopping_list = full_list
    with pytest.raises(ceilings.TooManyItemsError):
        nails.save()
    with pytest.raises(ceilings.TooManyItemsError):
        hardware.items.update(shopping_list=full_list)
    assert (full_list.items.count(), hardware.items.count()) == (3, 1)


def test_no_way_to_join_exceeds_the_ceiling_of_members(
    groceries: ShoppingList,
    ana_client: APIClient,
    create_invite: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    make_user: Callable[..., User],
    signed_in_client: Callable[[User], APIClient],
) -> None:
    """API-36: an invite, a guest, and members by id; no guest is created."""
    monkeypatch.setattr(ceilings, "MAX_MEMBERS", 2)
    carol = make_user("carol")
    other = ShoppingList.objects.create(name="Known")
    other.members.add(User.objects.get(username="ana"), carol)
    tokens = [create_invite()["token"], create_invite(guest=True)["token"]]
    users = User.objects.count()
    responses = [
        ana_client.put(f"{url_of_list(groceries)}add-members/", {"members": [carol.pk]}),
        signed_in_client(carol).post(ACCEPT, {"token": tokens[0]}),
        APIClient().post(ACCEPT, {"token": tokens[1], "name": "Grandma"}),
    ]
    assert [refusal(response) for response in responses] == [(409, "too_many_members")] * 3
    assert (User.objects.count(), groceries.members.count()) == (users, 2)
    assert not Invite.objects.exclude(uses=0).exists()


def test_no_way_to_own_a_list_exceeds_the_ceiling(
    full_house: ShoppingList, groceries: ShoppingList, bob: User, ana_client: APIClient
) -> None:
    """API-36: a new list, by PUT too, an import, a restored list and a new owner."""
    groceries.memberships.filter(user=bob).update(role="owner")
    groceries.memberships.filter(user__username="ana").update(role="editor")
    trashed = ShoppingList.objects.create(name="Old", deleted_at=timezone.now())
    trashed.memberships.create(user=User.objects.get(username="ana"), role="owner")
    export = {"format": "trolley", "version": 1, "lists": [{"name": "x", "items": []}]}
    bob_client = APIClient()
    bob_client.force_login(bob)
    ana_member = f"{url_of_list(groceries)}members/{full_house.created_by_id}/"
    responses = [
        ana_client.post(LISTS, {"name": "Party"}),
        ana_client.put(f"{LISTS}{uuid4()}/", {"name": "Party"}),
        ana_client.post("/api/import/", {"content": json.dumps(export)}),
        ana_client.post(f"{url_of_list(trashed)}restore/"),
        bob_client.patch(ana_member, {"role": "owner"}),
    ]
    assert [refusal(response) for response in responses] == [(409, "too_many_lists")] * 5
    assert bob_client.patch(ana_member, {"role": "viewer"}).status_code == 200
    assert ana_client.delete(url_of_list(full_house)).status_code == 204
    assert ana_client.post(f"{url_of_list(trashed)}restore/").status_code == 200


def test_lists_in_the_trash_have_a_ceiling_too(
    ana_client: APIClient, hardware: ShoppingList, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API-36: creating and deleting in turns does not fill the database."""
    monkeypatch.setattr(ceilings, "MAX_OWNED_LISTS_WITH_TRASH", 2)
    url = url_of_list(ShoppingList.objects.get(pk=ana_client.post(LISTS, {"name": "1"}).data["id"]))
    assert ana_client.delete(url).status_code == 204
    response = ana_client.post(LISTS, {"name": "2"})
    assert refusal(response) == (409, "too_many_lists")
    assert "trash" in response.json()["detail"]
    monkeypatch.setattr(ceilings, "MAX_OWNED_LISTS_WITH_TRASH", 9)
    monkeypatch.setattr(ceilings, "MAX_LISTS", 2)
    assert refusal(ana_client.post(LISTS, {"name": "3"})) == (409, "too_many_lists")


def test_an_import_of_many_lists_is_all_or_nothing(
    ana_client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API-36"""
    monkeypatch.setattr(ceilings, "MAX_OWNED_LISTS", 2)
    lists = [{"name": f"List {n}", "items": [{"name": "Milk"}]} for n in range(3)]
    content = json.dumps({"format": "trolley", "version": 1, "lists": lists})
    assert refusal(ana_client.post("/api/import/", {"content": content})) == (409, "too_many_lists")
    assert not ShoppingList.objects.exists()
    assert not Activity.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_ceilings_hold_for_writers_at_the_same_time(
    ana: User,
    groceries: ShoppingList,
    monkeypatch: pytest.MonkeyPatch,
    signed_in_client: Callable[[User], APIClient],
    run_concurrently: Any,
) -> None:
    """API-36"""
    monkeypatch.setattr(ceilings, "MAX_ITEMS", 2)
    monkeypatch.setattr(ceilings, "MAX_OWNED_LISTS", 2)
    clients = [signed_in_client(ana) for _ in range(4)]
    items = url_of_items(groceries)
    added = run_concurrently(
        *(lambda c=c, n=n: c.post(items, {"name": f"Item {n}"}) for n, c in enumerate(clients))
    )
    created = run_concurrently(*(lambda c=c: c.post(LISTS, {"name": "Party"}) for c in clients))
    assert sorted(response.status_code for response in added) == [201, 201, 409, 409]
    assert sorted(response.status_code for response in created) == [201, 409, 409, 409]
    assert ShoppingItem.objects.count() == 2
    assert Membership.objects.filter(user=ana, role="owner").count() == 2


def test_closed_invites_and_guests_of_a_link_are_limited(
    ana_client: APIClient,
    invites_url: str,
    create_invite: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """INV-2, INV-3"""
    monkeypatch.setattr(invites, "MAX_CLOSED_INVITES", 2)
    monkeypatch.setattr(invites, "MAX_GUESTS", 2)
    for _ in range(4):
        ana_client.delete(f"{invites_url}{create_invite()['id']}/")
    assert Invite.objects.count() == 3  # the last one was open when it was created
    link = create_invite(guest=True)["token"]
    statuses = [
        APIClient().post(ACCEPT, {"token": link, "name": f"Guest {n}"}).status_code
        for n in range(3)
    ]
    assert statuses == [200, 200, 404]
