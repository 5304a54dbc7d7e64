"""What an answer costs does not grow with what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from shopping_list.models import Membership, ShoppingItem, ShoppingList
from shopping_list.recording.unit_of_work import recording
from shopping_list.services import invites
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_items, url_of_list
from tests.support.routes import address, routes
from tests.support.scenario import create_list

pytestmark = pytest.mark.database

ONE = "api/shopping-lists/<uuid:list_id>/"
SIGN_IN = 2
"""Queries for the session and the person."""


def cost(ask: Callable[[], Any], *, status: int | None = None) -> int:
    """Return the queries of a request, without those for the caller's identity."""
    with CaptureQueriesContext(connection) as queries:
        answer = ask()
    assert answer.status_code == (status or answer.status_code), answer.content
    assert status or answer.status_code < 300, answer.content
    spoken = [query["sql"] for query in queries]
    return len([sql for sql in spoken if "SAVEPOINT" not in sql]) - SIGN_IN


def crowd(one: ShoppingList, make_user: Callable[..., User], count: int, start: int = 0) -> None:
    Membership.objects.bulk_create(
        Membership(shopping_list=one, user=make_user(f"guest{start + number}"))
        for number in range(count)
    )


def fill(one: ShoppingList, count: int) -> None:
    ShoppingItem.objects.bulk_create(
        ShoppingItem(shopping_list=one, name=f"Thing {number}", created_by=one.created_by)
        for number in range(count)
    )


COSTS = {
    "api/auth/me/": 0,  # it is the person who asks
    "api/auth/me/export/": 10,  # browsers, tokens, links, lists …, and each list
    "api/auth/sessions/": 1,
    "api/export/": 5,  # lists, and each list
    "api/search-shopping-items/": 3,  # count, items, lists
    "api/shopping-lists/": 5,  # count, lists, members, people, items
    ONE: 5,  # standing, list, members, people, items
    f"{ONE}activities/": 3,  # standing, changes, their undos
    f"{ONE}export/": 5,  # standing, list, members, items, list again
    f"{ONE}invites/": 2,  # standing, invites
    f"{ONE}invites/<uuid:invite_id>/": 2,
    f"{ONE}members/": 2,  # standing, members
    f"{ONE}members/<number:user_id>/": 2,
    f"{ONE}shopping-items/": 3,  # standing, count, items
    f"{ONE}shopping-items/<uuid:item_id>/": 2,
    "api/suggestions/": 3,
    "api/tokens/": 1,
    "api/tokens/<uuid:token_id>/": 1,
}
"""Queries of a GET beside those for the caller's identity."""
EACH_LIST = {"api/export/": 4, "api/auth/me/export/": 4}
"""Queries of a GET for each list: each is read as it was at one moment."""
NO_ROWS = {"api/schema/", "api/docs/", "api/live/requests/", "api/live/asyncapi.json"}


def readable() -> set[str]:
    """Return every address of the API that answers a GET."""
    return {
        path
        for path, view in routes()
        if path.startswith("api/") and hasattr(getattr(view, "view_class", view), "get")
    }


def test_every_address_that_is_read_has_its_costs() -> None:
    """API-17"""
    assert readable() == COSTS.keys() | NO_ROWS


@pytest.mark.parametrize("path", COSTS)
def test_what_is_read_costs_the_same_for_few_rows_and_for_many(
    path: str, ana_client: APIClient, ana: User, bob: User, make_user: Any
) -> None:
    """API-17"""
    scene = create_list(ana, bob, "Groceries")
    token, _ = ApiToken.objects.create(user=ana, name="script")
    ids = {"list_id": scene["list"], "item_id": scene["item"], "invite_id": scene["invite"]}
    at = address(path, {**ids, "user_id": bob.pk, "token_id": token.public_id})
    one = ShoppingList.objects.get(pk=scene["list"])
    few = cost(lambda: ana_client.get(at))
    grow(one, make_user)
    more = cost(lambda: ana_client.get(at))
    for number in range(5):
        another = ShoppingList.objects.create(name=f"{number}", created_by=ana)
        Membership.objects.create(shopping_list=another, user=ana, role="owner")
        crowd(another, make_user, 2, start=100 + 2 * number)
        fill(another, 3)
    most = cost(lambda: ana_client.get(at)) - 5 * EACH_LIST.get(path, 0)
    assert (few, more, most) == (COSTS[path],) * 3


def grow(one: ShoppingList, make_user: Callable[..., User]) -> None:
    """Give a list and its owner more of everything."""
    owner = one.created_by
    crowd(one, make_user, 5)
    fill(one, 20)
    one.items.filter(name__endswith="5").update(purchased=True)
    for number in range(5):
        invites.create(one.pk, owner, secret=invites.new_secret(), role="editor")
        ApiToken.objects.create(user=owner, name=f"{number}")
        APIClient().force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    with recording(one.pk, verb="undo", undoes=current_version(one)):
        one.items.filter(purchased=True).update(purchased=False)


def test_one_tick_costs_seven_queries(
    bob_client: APIClient, groceries: ShoppingList, milk: Any
) -> None:
    """Lock, standing, item, write, item again, version, log; a new name looks for its twin."""
    fill(groceries, 50)
    assert cost(lambda: bob_client.patch(url_of_item(milk), {"purchased": True})) == 7
    assert cost(lambda: bob_client.patch(url_of_item(milk), {"note": "fresh"})) == 7
    assert cost(lambda: bob_client.patch(url_of_item(milk), {"purchased": False})) == 8


@pytest.mark.parametrize("verb", ["tick", "untick", "remove"])
def test_many_cost_the_same_as_one(
    verb: str, bob_client: APIClient, groceries: ShoppingList
) -> None:
    """API-17"""
    costs = []
    for count in (1, 50):
        groceries.items.all().delete()
        fill(groceries, count)
        if verb == "untick":
            groceries.items.update(purchased=True)
        ids = [str(pk) for pk in groceries.items.values_list("pk", flat=True)]
        at = f"{url_of_items(groceries)}{verb}/"
        costs.append(cost(lambda at=at, ids=ids: bob_client.post(at, {"items": ids})))
    assert costs[0] == costs[1]


def test_undoing_the_removal_of_many_asks_once_for_all(
    bob_client: APIClient, groceries: ShoppingList
) -> None:
    fill(groceries, 30)
    bob_client.post(f"{url_of_items(groceries)}remove/", {"purchased": False})
    at = f"{url_of_list(groceries)}activities/{current_version(groceries)}/undo/"
    assert cost(lambda: bob_client.post(at)) <= 45  # one insert for each, and a fixed number
    assert groceries.items.count() == 30


def test_an_item_of_another_list_is_not_found_without_asking_for_its_list(
    ana_client: APIClient, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """REC-14: locked out of order, two lists that ask for each other's items would deadlock."""
    nails = hardware.items.create(name="Nails")
    at = f"{url_of_items(groceries)}{nails.pk}/"
    assert (
        cost(lambda: ana_client.patch(at, {"note": "x"}), status=404) == 3
    )  # lock, standing, item
