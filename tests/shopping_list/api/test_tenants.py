"""Two tenants who know each other's ids, and learn nothing by them."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from shopping_list.models import ShoppingList
from tests.shopping_list.api.conftest import version_of
from tests.shopping_list.api.routes import (
    UNKNOWN,
    VERBS,
    address,
    body_for,
    essence,
    routes,
    send,
)
from tests.shopping_list.api.scene import staged

Scene = dict[str, Any]
ONE = "api/shopping-lists/<uuid:list_id>/"
ITEM = f"{ONE}shopping-items/<uuid:item_id>/"


@pytest.fixture
def here(ana: User, bob: User) -> Scene:
    return staged(ana, bob, "Groceries")


@pytest.fixture
def there(mallory: User, make_user: Any) -> Scene:
    return staged(mallory, make_user("trudy"), "Loot")


def ids_of(scene: Scene) -> dict[str, Any]:
    """Return the ids of a scene by the names of the URL configuration."""
    return {
        "list_id": scene["list"],
        "item_id": scene["item"],
        "user_id": scene["member"],
        "version": scene["edited"],
        "invite_id": scene["invite"],
    }


def walk(client: Any, verb: str, foreign: Scene) -> list[str]:
    """Try a verb on every address with foreign ids; return where that had any effect."""
    nowhere = {**ids_of(foreign), "list_id": UNKNOWN, "item_id": UNKNOWN, "invite_id": UNKNOWN}
    told = []
    for path in [path for path, _ in routes() if path.startswith(ONE)]:
        body = body_for(verb, path, foreign)
        strange = send(client, verb, address(path, ids_of(foreign)), body)
        handled = verb != "options" and strange.status_code != 405
        if handled and strange.status_code != 404:
            told.append(f"{verb} {path}: {strange.status_code}")
        if (verb, path) == ("put", ONE):
            continue  # an unknown id would make a list
        if essence(strange) != essence(send(client, verb, address(path, nowhere), body)):
            told.append(f"{verb} {path} differs from an unknown id")
    return told


@pytest.mark.parametrize("verb", VERBS)
def test_tenants_who_walk_each_others_addresses_see_what_is_nowhere(
    verb: str, here: Scene, there: Scene, as_ana: Any, as_mallory: Any
) -> None:
    """API-2"""
    lists = [ShoppingList(pk=scene["list"]) for scene in (here, there)]
    before = [version_of(one) for one in lists]
    assert walk(as_ana, verb, there) == []
    assert walk(as_mallory, verb, here) == []
    assert [version_of(one) for one in lists] == before


@pytest.mark.parametrize("verb", ["get", "put", "patch", "delete"])
def test_an_item_of_another_list_is_nowhere_through_mine(
    verb: str, here: Scene, ana: User, bob: User, as_ana: Any
) -> None:
    """API-2"""
    second = staged(ana, bob, "Hardware")
    mixed = {**ids_of(here), "item_id": second["item"]}
    body = body_for(verb, ITEM, here)
    unknown = send(as_ana, "get", address(ITEM, {**mixed, "item_id": UNKNOWN}))
    strange = send(as_ana, verb, address(ITEM, mixed), body)
    assert essence(strange)[:2] == essence(unknown)[:2]
    assert as_ana.get(address(ITEM, ids_of(second))).json()["name"] == "Milk"


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30, "9" * 5000])
def test_a_huge_number_in_an_address_is_nowhere(number: Any, here: Scene, as_ana: Any) -> None:
    at = f"/api/shopping-lists/{here['list']}/"
    assert as_ana.get(f"{at}members/{number}/").status_code == 404
    assert as_ana.delete(f"{at}members/{number}/").status_code == 404
    assert as_ana.patch(f"{at}members/{number}/", {"role": "viewer"}).status_code == 404
    assert as_ana.post(f"{at}activities/{number}/undo/").status_code == 404


def test_who_left_a_list_is_a_stranger_to_it(
    here: Scene, bob: User, as_bob: Any, as_mallory: Any
) -> None:
    """API-2"""
    at = f"/api/shopping-lists/{here['list']}/"
    assert as_bob.get(at).status_code == 200
    assert as_bob.delete(f"{at}members/{bob.pk}/").status_code == 204
    assert essence(as_bob.get(at)) == essence(as_mallory.get(at))


def test_the_history_of_a_list_is_not_inherited_with_its_id(here: Scene, as_mallory: Any) -> None:
    """API-20"""
    ShoppingList.objects.get(pk=here["list"]).delete()
    at = f"/api/shopping-lists/{here['list']}/"
    taken = as_mallory.put(at, {"name": "Mine now"})
    assert (taken.status_code, taken.json()["code"]) == (409, "id_taken")
    assert as_mallory.get(f"{at}activities/").status_code == 404
