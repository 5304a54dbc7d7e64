"""Two tenants who know each other's ids, and learn nothing by them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from accounts.models import ApiToken, Session, User
from shopping_list.models import ShoppingList
from tests.shopping_list.api.conftest import current_version
from tests.support.routes import UNKNOWN, VERBS, address, body_for, comparable_parts, routes, send
from tests.support.scenario import create_list

pytestmark = pytest.mark.database

Scene = dict[str, Any]
ONE = "api/shopping-lists/<uuid:list_id>/"
ITEM = f"{ONE}shopping-items/<uuid:item_id>/"
IDS = ("list_id", "item_id", "invite_id", "token_id", "session_id")


@pytest.fixture
def here(ana: User, bob: User, ana_client: Any) -> Scene:
    return tenancy(ana, bob, "Groceries")


@pytest.fixture
def there(mallory: User, make_user: Any, mallory_client: Any) -> Scene:
    return tenancy(mallory, make_user("trudy"), "Loot")


def tenancy(owner: User, member: User, title: str) -> Scene:
    """Stage a list of somebody who is signed in and has a token."""
    token, _ = ApiToken.objects.create(user=owner, name=f"token of {title}")
    session = Session.objects.get(user=owner)
    own = {"token": str(token.public_id), "session": str(session.public_id)}
    return {**create_list(owner, member, title), **own, "owner": owner, "title": title}


def ids_of(scene: Scene) -> dict[str, Any]:
    """Return the ids of a scene by the names of the URL configuration."""
    return {
        "list_id": scene["list"],
        "item_id": scene["item"],
        "user_id": scene["member"],
        "version": scene["edited"],
        "invite_id": scene["invite"],
        "token_id": scene.get("token", UNKNOWN),
        "session_id": scene.get("session", UNKNOWN),
    }


def addresses(*, with_ids: bool) -> list[str]:
    """Return the addresses of the API with, or without, an id in them."""
    found = [path for path, _ in routes() if path.startswith("api/")]
    return [path for path in found if ("<" in path) == with_ids]


def walk(client: Any, verb: str, foreign: Scene) -> list[str]:
    """Try a verb on every address with foreign ids; return where that had any effect."""
    nowhere = {**ids_of(foreign), **dict.fromkeys(IDS, UNKNOWN)}
    told = []
    for path in addresses(with_ids=True):
        body = body_for(verb, path, foreign)
        strange = send(client, verb, address(path, ids_of(foreign)), body)
        handled = verb != "options" and strange.status_code != 405
        if handled and strange.status_code != 404:
            told.append(f"{verb} {path}: {strange.status_code}")
        if (verb, path) == ("put", ONE):
            continue  # an unknown id would make a list
        if comparable_parts(strange) != comparable_parts(
            send(client, verb, address(path, nowhere), body)
        ):
            told.append(f"{verb} {path} differs from an unknown id")
    return told


@pytest.mark.parametrize("verb", VERBS)
def test_tenants_who_walk_each_others_addresses_see_what_is_nowhere(
    verb: str, here: Scene, there: Scene, ana_client: Any, mallory_client: Any
) -> None:
    """API-2, SEC-3"""
    lists = [ShoppingList(pk=scene["list"]) for scene in (here, there)]
    before = [current_version(one) for one in lists]
    assert walk(ana_client, verb, there) == []
    assert walk(mallory_client, verb, here) == []
    assert [current_version(one) for one in lists] == before


def test_every_address_with_an_id_is_walked(here: Scene) -> None:
    """API-2: a new kind of id has to be told to the walkers."""
    named = {name for path in addresses(with_ids=True) for name in re.findall(r":(\w+)>", path)}
    assert named == ids_of(here).keys()
    assert UNKNOWN not in ids_of(here).values()


@pytest.mark.parametrize("path", addresses(with_ids=False))
def test_what_is_mine_shows_nothing_of_another_tenant(
    path: str, here: Scene, there: Scene, ana_client: Any
) -> None:
    """API-2"""
    answer = ana_client.get(f"/{path}")
    assert answer.status_code in {200, 405, 503}  # no counters without a running server
    told = answer.content.decode()
    secrets = [there[name] for name in ("list", "item", "invite", "token", "session", "title")]
    assert [secret for secret in secrets if secret in told] == []


def ask_for_a_token(client: Any, ids: dict[str, Any]) -> Any:
    return send(
        client, "post", "/api/tokens/", {"name": "x", "scope": "read", "list": ids["list_id"]}
    )


def suggest(client: Any, ids: dict[str, Any]) -> Any:
    return send(client, "get", f"/api/suggestions/?q=milk&list={ids['list_id']}")


def tick(client: Any, ids: dict[str, Any]) -> Any:
    at = f"/api/shopping-lists/{ids['mine']}/shopping-items/tick/"
    return send(client, "post", at, {"items": [ids["item_id"]]})


def move_after(client: Any, ids: dict[str, Any]) -> Any:
    at = f"/api/shopping-lists/{ids['mine']}/shopping-items/"
    return send(client, "post", at, {"name": "Butter", "after": ids["item_id"]})


@pytest.mark.parametrize("ask", [ask_for_a_token, suggest, tick, move_after])
def test_an_id_in_a_body_or_a_query_tells_nothing(
    ask: Any, here: Scene, there: Scene, ana_client: Any
) -> None:
    """API-2, SEC-3"""
    mine = {"mine": here["list"]}
    unknown = {**mine, **dict.fromkeys(IDS, UNKNOWN)}
    told, nothing = ask(ana_client, {**ids_of(there), **mine}), ask(ana_client, unknown)
    # An id that is refused is named.
    asked, named = there["item"].encode(), UNKNOWN.encode()
    status, body, headers = comparable_parts(told)
    assert (status, body.replace(asked, named), headers) == comparable_parts(nothing)
    assert there["title"] not in told.content.decode()


@pytest.mark.parametrize("verb", ["get", "put", "patch", "delete"])
def test_an_item_of_another_list_is_nowhere_through_mine(
    verb: str, here: Scene, ana: User, bob: User, ana_client: Any
) -> None:
    """API-2, SEC-3"""
    second = create_list(ana, bob, "Hardware")
    mixed = {**ids_of(here), "item_id": second["item"]}
    body = body_for(verb, ITEM, here)
    unknown = send(ana_client, "get", address(ITEM, {**mixed, "item_id": UNKNOWN}))
    strange = send(ana_client, verb, address(ITEM, mixed), body)
    assert comparable_parts(strange)[:2] == comparable_parts(unknown)[:2]
    assert ana_client.get(address(ITEM, ids_of(second))).json()["name"] == "Milk"


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30, "9" * 5000])
def test_a_huge_number_in_an_address_is_nowhere(number: Any, here: Scene, ana_client: Any) -> None:
    at = f"/api/shopping-lists/{here['list']}/"
    assert ana_client.get(f"{at}members/{number}/").status_code == 404
    assert ana_client.delete(f"{at}members/{number}/").status_code == 404
    assert ana_client.patch(f"{at}members/{number}/", {"role": "viewer"}).status_code == 404
    assert ana_client.post(f"{at}activities/{number}/undo/").status_code == 404


def test_who_left_a_list_is_a_stranger_to_it(
    here: Scene, bob: User, bob_client: Any, mallory_client: Any
) -> None:
    """API-2, SEC-3"""
    at = f"/api/shopping-lists/{here['list']}/"
    assert bob_client.get(at).status_code == 200
    assert bob_client.delete(f"{at}members/{bob.pk}/").status_code == 204
    assert comparable_parts(bob_client.get(at)) == comparable_parts(mallory_client.get(at))


def test_the_history_of_a_list_is_not_inherited_with_its_id(
    here: Scene, mallory_client: Any
) -> None:
    """API-20"""
    ShoppingList.objects.get(pk=here["list"]).delete()
    at = f"/api/shopping-lists/{here['list']}/"
    taken = mallory_client.put(at, {"name": "Mine now"})
    assert (taken.status_code, taken.json()["code"]) == (409, "id_taken")
    assert mallory_client.get(f"{at}activities/").status_code == 404
