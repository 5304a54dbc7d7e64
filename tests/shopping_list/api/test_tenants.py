"""Isolation of two tenants who know each other's ids."""

from __future__ import annotations

import re
from typing import Any

import pytest

from accounts.models import ApiToken, Session, User
from shopping_list.models import ShoppingList
from tests.shopping_list.api.conftest import current_version
from tests.support.routes import UNKNOWN, VERBS, address, body_for, comparable_parts, routes, send
from tests.support.scenario import create_list

Scene = dict[str, Any]
LIST = "api/shopping-lists/<id:list_id>/"
ITEM = f"{LIST}shopping-items/<id:item_id>/"
IDS = ("list_id", "item_id", "invite_id", "token_id", "session_id")


@pytest.fixture
def own_scene(ana: User, bob: User, ana_client: Any) -> Scene:
    return tenancy(ana, bob, "Groceries")


@pytest.fixture
def foreign_scene(mallory: User, make_user: Any, mallory_client: Any) -> Scene:
    return tenancy(mallory, make_user("trudy"), "Loot")


def tenancy(owner: User, member: User, title: str) -> Scene:
    """Create a list whose owner is signed in and has a token."""
    token, _ = ApiToken.objects.create(user=owner, name=f"token of {title}")
    session = Session.objects.get(user=owner)
    own = {"token": str(token.public_id), "session": str(session.public_id)}
    return {**create_list(owner, member, title), **own, "owner": owner, "title": title}


STAFF_PATHS = {"api/live/sockets/<slug:connection>/"}
"""They are refused before an id is looked up."""


def ids_of(scene: Scene) -> dict[str, Any]:
    """Return the ids of a scene by their names in the URL patterns."""
    return {
        "list_id": scene["list"],
        "item_id": scene["item"],
        "user_id": scene["member"],
        "version": scene["edited"],
        "invite_id": scene["invite"],
        "token_id": scene.get("token", UNKNOWN),
        "session_id": scene.get("session", UNKNOWN),
        "connection": "c_9xK2mQ7rTzW1",
    }


def api_paths(*, with_ids: bool) -> list[str]:
    """Return the API paths that contain an id, or those that contain none."""
    paths = [path for path, _ in routes() if path.startswith("api/")]
    return [path for path in paths if ("<" in path) == with_ids]


def find_leaks(client: Any, verb: str, foreign: Scene) -> list[str]:
    """Send a method to every path with foreign ids; return the paths whose response differs."""
    unknown_ids = {**ids_of(foreign), **dict.fromkeys(IDS, UNKNOWN)}
    leaks = []
    for path in api_paths(with_ids=True):
        body = body_for(verb, path, foreign)
        response = send(client, verb, address(path, ids_of(foreign)), body)
        handled = verb != "options" and response.status_code != 405
        if handled and response.status_code != (403 if path in STAFF_PATHS else 404):
            leaks.append(f"{verb} {path}: {response.status_code}")
        if (verb, path) == ("put", LIST):
            continue  # PUT with an unknown id creates a list
        if comparable_parts(response) != comparable_parts(
            send(client, verb, address(path, unknown_ids), body)
        ):
            leaks.append(f"{verb} {path} differs from an unknown id")
    return leaks


@pytest.mark.parametrize("verb", VERBS)
def test_foreign_ids_get_the_same_responses_as_unknown_ids(
    verb: str, own_scene: Scene, foreign_scene: Scene, ana_client: Any, mallory_client: Any
) -> None:
    """API-2, SEC-3"""
    lists = [ShoppingList(pk=scene["list"]) for scene in (own_scene, foreign_scene)]
    before = [current_version(shopping_list) for shopping_list in lists]
    assert find_leaks(ana_client, verb, foreign_scene) == []
    assert find_leaks(mallory_client, verb, own_scene) == []
    assert [current_version(shopping_list) for shopping_list in lists] == before


def test_every_kind_of_id_in_a_path_is_tested(own_scene: Scene) -> None:
    """API-2: a new kind of id must be added to `ids_of`."""
    named = {name for path in api_paths(with_ids=True) for name in re.findall(r":(\w+)>", path)}
    assert named == ids_of(own_scene).keys()
    assert UNKNOWN not in ids_of(own_scene).values()


STAFF_ONLY = ("api/live/alerts/test/",)


@pytest.mark.parametrize("path", api_paths(with_ids=False))
def test_collections_show_nothing_of_another_tenant(
    path: str, own_scene: Scene, foreign_scene: Scene, ana_client: Any
) -> None:
    """API-2"""
    response = ana_client.get(f"/{path}")
    # The request counters need a running server, and the test of alerts is for staff.
    assert response.status_code in ({403} if path in STAFF_ONLY else {200, 405, 503})
    content = response.content.decode()
    secrets = [
        foreign_scene[name] for name in ("list", "item", "invite", "token", "session", "title")
    ]
    assert [secret for secret in secrets if secret in content] == []


def create_token(client: Any, ids: dict[str, Any]) -> Any:
    return send(
        client, "post", "/api/tokens/", {"name": "x", "scope": "read", "list": ids["list_id"]}
    )


def suggest(client: Any, ids: dict[str, Any]) -> Any:
    return send(client, "get", f"/api/suggestions/?q=milk&list={ids['list_id']}")


def tick(client: Any, ids: dict[str, Any]) -> Any:
    url = f"/api/shopping-lists/{ids['mine']}/shopping-items/tick/"
    return send(client, "post", url, {"items": [ids["item_id"]]})


def move_after(client: Any, ids: dict[str, Any]) -> Any:
    url = f"/api/shopping-lists/{ids['mine']}/shopping-items/"
    return send(client, "post", url, {"name": "Butter", "after": ids["item_id"]})


@pytest.mark.parametrize("send_request", [create_token, suggest, tick, move_after])
def test_foreign_id_in_a_body_or_query_looks_like_an_unknown_id(
    send_request: Any, own_scene: Scene, foreign_scene: Scene, ana_client: Any
) -> None:
    """API-2, SEC-3"""
    own = {"mine": own_scene["list"]}
    unknown = {**own, **dict.fromkeys(IDS, UNKNOWN)}
    response, unknown_response = (
        send_request(ana_client, {**ids_of(foreign_scene), **own}),
        send_request(ana_client, unknown),
    )
    # The error message repeats the rejected id.
    foreign_id, unknown_id = foreign_scene["item"].encode(), UNKNOWN.encode()
    status, body, headers = comparable_parts(response)
    assert (status, body.replace(foreign_id, unknown_id), headers) == comparable_parts(
        unknown_response
    )
    assert foreign_scene["title"] not in response.content.decode()


@pytest.mark.parametrize("verb", ["get", "put", "patch", "delete"])
def test_item_of_another_list_returns_404_through_the_users_own_list(
    verb: str, own_scene: Scene, ana: User, bob: User, ana_client: Any
) -> None:
    """API-2, SEC-3"""
    other_scene = create_list(ana, bob, "Hardware")
    mixed_ids = {**ids_of(own_scene), "item_id": other_scene["item"]}
    body = body_for(verb, ITEM, own_scene)
    unknown_response = send(ana_client, "get", address(ITEM, {**mixed_ids, "item_id": UNKNOWN}))
    response = send(ana_client, verb, address(ITEM, mixed_ids), body)
    assert comparable_parts(response)[:2] == comparable_parts(unknown_response)[:2]
    assert ana_client.get(address(ITEM, ids_of(other_scene))).json()["name"] == "Milk"


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30, "9" * 5000])
def test_huge_number_in_a_url_returns_404(number: Any, own_scene: Scene, ana_client: Any) -> None:
    url = f"/api/shopping-lists/{own_scene['list']}/"
    assert ana_client.get(f"{url}members/{number}/").status_code == 404
    assert ana_client.delete(f"{url}members/{number}/").status_code == 404
    assert ana_client.patch(f"{url}members/{number}/", {"role": "viewer"}).status_code == 404
    assert ana_client.post(f"{url}activities/{number}/undo/").status_code == 404


def test_former_member_gets_the_responses_of_a_non_member(
    own_scene: Scene, bob: User, bob_client: Any, mallory_client: Any
) -> None:
    """API-2, SEC-3"""
    url = f"/api/shopping-lists/{own_scene['list']}/"
    assert bob_client.get(url).status_code == 200
    assert bob_client.delete(f"{url}members/{bob.pk}/").status_code == 204
    assert comparable_parts(bob_client.get(url)) == comparable_parts(mallory_client.get(url))


def test_history_of_a_deleted_list_cannot_be_read_by_reusing_its_id(
    own_scene: Scene, mallory_client: Any
) -> None:
    """API-20"""
    ShoppingList.objects.get(pk=own_scene["list"]).delete()
    url = f"/api/shopping-lists/{own_scene['list']}/"
    response = mallory_client.put(url, {"name": "Mine now"})
    assert (response.status_code, response.json()["code"]) == (409, "id_taken")
    assert mallory_client.get(f"{url}activities/").status_code == 404
