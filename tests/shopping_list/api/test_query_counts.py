"""The number of queries of a request does not grow with the number of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from shopping_list.models import Membership, ShoppingItem, ShoppingList
from shopping_list.recording.context import recording
from shopping_list.services import invites
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_items, url_of_list
from tests.support.routes import address, routes
from tests.support.scenario import create_list

pytestmark = pytest.mark.database

LIST = "api/shopping-lists/<id:list_id>/"
SIGN_IN_QUERIES = 2
"""Queries for the session and the user."""


def query_count(send: Callable[[], Any], *, status: int | None = None) -> int:
    """Return the queries of a request, without those for the caller's identity."""
    with CaptureQueriesContext(connection) as queries:
        response = send()
    assert response.status_code == (status or response.status_code), response.content
    assert status or response.status_code < 300, response.content
    statements = [query["sql"] for query in queries]
    return len([sql for sql in statements if "SAVEPOINT" not in sql]) - SIGN_IN_QUERIES


def add_members(
    shopping_list: ShoppingList, make_user: Callable[..., User], count: int, start: int = 0
) -> None:
    Membership.objects.bulk_create(
        Membership(shopping_list=shopping_list, user=make_user(f"guest{start + number}"))
        for number in range(count)
    )


def fill(shopping_list: ShoppingList, count: int) -> None:
    ShoppingItem.objects.bulk_create(
        ShoppingItem(
            shopping_list=shopping_list, name=f"Thing {number}", created_by=shopping_list.created_by
        )
        for number in range(count)
    )


QUERY_COUNTS = {
    "api/auth/address/": 0,
    "api/auth/me/": 0,  # the caller's user is already loaded
    "api/auth/me/export/": 12,  # sessions, tokens, invites, names, lists …, and each list
    "api/auth/sessions/": 1,
    "api/export/": 5,  # lists, and each list
    "api/search-shopping-items/": 3,  # count, items, lists
    "api/shopping-lists/": 5,  # count, lists, members, users, items
    LIST: 5,  # access, list, members, users, items
    f"{LIST}activities/": 3,  # access, changes, their undos
    f"{LIST}activities/counts/": 3,  # access, counts, the first change
    f"{LIST}export/": 5,  # access, list, members, items, list again
    f"{LIST}invites/": 2,  # access, invites
    f"{LIST}invites/<id:invite_id>/": 2,
    f"{LIST}members/": 2,  # access, members
    f"{LIST}members/<number:user_id>/": 2,
    f"{LIST}snapshot/": 5,  # access, list, members, items, list again
    f"{LIST}shopping-items/": 3,  # access, count, items
    f"{LIST}shopping-items/<id:item_id>/": 2,
    "api/suggestions/": 4,  # lists, forgotten names, log, items
    "api/suggestions/forget/": 1,
    "api/tokens/": 1,
    "api/tokens/<id:token_id>/": 1,
}
"""Queries of a GET, without those for the caller's identity."""
QUERIES_PER_LIST = {"api/export/": 4, "api/auth/me/export/": 4}
"""Queries of a GET for each list: each list is read as a consistent snapshot."""
WITHOUT_ROWS = {
    *("api/schema/", "api/docs/", "api/live/requests/", "api/live/asyncapi.json"),
    "api/live/connection/",
}


def readable() -> set[str]:
    """Return every path of the API that supports GET."""
    return {
        path
        for path, view in routes()
        if path.startswith("api/") and hasattr(getattr(view, "view_class", view), "get")
    }


def test_every_readable_path_has_a_query_count() -> None:
    """API-17"""
    assert readable() == QUERY_COUNTS.keys() | WITHOUT_ROWS


@pytest.mark.parametrize("path", QUERY_COUNTS)
def test_query_count_of_a_get_does_not_depend_on_the_number_of_rows(
    path: str, ana_client: APIClient, ana: User, bob: User, make_user: Any
) -> None:
    """API-17"""
    scene = create_list(ana, bob, "Groceries")
    token, _ = ApiToken.objects.create(user=ana, name="script")
    ids = {"list_id": scene["list"], "item_id": scene["item"], "invite_id": scene["invite"]}
    url = address(path, {**ids, "user_id": bob.pk, "token_id": token.public_id})
    shopping_list = ShoppingList.objects.get(pk=scene["list"])
    initial_count = query_count(lambda: ana_client.get(url))
    grow(shopping_list, make_user)
    count_with_more_rows = query_count(lambda: ana_client.get(url))
    for number in range(5):
        other_list = ShoppingList.objects.create(name=f"{number}", created_by=ana)
        Membership.objects.create(shopping_list=other_list, user=ana, role="owner")
        add_members(other_list, make_user, 2, start=100 + 2 * number)
        fill(other_list, 3)
    count_with_more_lists = query_count(lambda: ana_client.get(url)) - 5 * QUERIES_PER_LIST.get(
        path, 0
    )
    assert (initial_count, count_with_more_rows, count_with_more_lists) == (QUERY_COUNTS[path],) * 3


def grow(shopping_list: ShoppingList, make_user: Callable[..., User]) -> None:
    """Give a list more items, members, invites and changes, and its owner more tokens."""
    owner = shopping_list.created_by
    add_members(shopping_list, make_user, 5)
    fill(shopping_list, 20)
    shopping_list.items.filter(name__endswith="5").update(purchased=True)
    for number in range(5):
        invites.create(shopping_list.pk, owner, secret=invites.new_secret(), role="editor")
        ApiToken.objects.create(user=owner, name=f"{number}")
        APIClient().force_login(owner)
    with recording(shopping_list.pk, verb="undo", undoes=current_version(shopping_list)):
        shopping_list.items.filter(purchased=True).update(purchased=False)


def expected(queries: int, *, joined: int) -> int:
    """Return the round trips of these queries; PostgreSQL runs some together with others."""
    return queries - joined if connection.vendor == "postgresql" else queries


def test_changing_an_item_costs_seven_queries_in_three_round_trips(
    bob_client: APIClient, groceries: ShoppingList, milk: Any
) -> None:
    """Lock + access + item, write + item again, version + log; a new open name is looked up."""
    fill(groceries, 50)
    for fields, queries in (
        ({"purchased": True}, 7),
        ({"note": "fresh"}, 7),
        ({"purchased": False}, 8),
        ({"name": "Oat milk"}, 8),
    ):
        count = query_count(lambda fields=fields: bob_client.patch(url_of_item(milk), fields))
        assert count == expected(queries, joined=4)


def test_adding_an_item_costs_ten_queries_and_removing_one_seven(
    bob_client: APIClient, groceries: ShoppingList, milk: Any
) -> None:
    """An added item looks for its name, the last position and the count, and for its id if any."""
    fill(groceries, 50)
    items = url_of_items(groceries)
    added = query_count(lambda: bob_client.post(items, {"name": "Bread"}))
    assert added == expected(10, joined=2)
    chosen = {"name": "Butter", "id": str(uuid4())}
    added = query_count(lambda: bob_client.post(items, chosen))
    assert added == expected(11, joined=2)
    removed = query_count(lambda: bob_client.delete(url_of_item(milk)))
    assert removed == expected(7, joined=3)


def test_change_of_a_list_reads_no_items(groceries: ShoppingList) -> None:
    """REC-15"""
    fill(groceries, 2)
    groceries.refresh_from_db()
    with CaptureQueriesContext(connection) as queries:
        groceries.name = "Drinks"
        groceries.save()
    assert not [query for query in queries if "shoppingitem" in query["sql"]]


def test_a_token_costs_one_query(groceries: ShoppingList, milk: Any, bob: User) -> None:
    """A session costs two: the session and its user."""
    _, secret = ApiToken.objects.create(user=bob, name="script")
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    client.get(url_of_item(milk))  # records the use of the token
    assert query_count(lambda: client.get(url_of_item(milk))) == 2 + 1 - SIGN_IN_QUERIES


@pytest.mark.parametrize("verb", ["tick", "untick", "remove"])
def test_bulk_query_count_does_not_depend_on_the_number_of_items(
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
        url = f"{url_of_items(groceries)}{verb}/"
        costs.append(query_count(lambda url=url, ids=ids: bob_client.post(url, {"items": ids})))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("change", ["remove", "tick", "edit"])
def test_undo_query_count_does_not_depend_on_the_number_of_items(
    change: str, bob_client: APIClient, groceries: ShoppingList
) -> None:
    """API-17: also if every item gets back other values than the others."""
    costs = []
    for count in (2, 50):
        groceries.items.all().delete()
        fill(groceries, count)
        groceries.items.update(note=Concat(F("name"), Value("!")))
        if change == "edit":
            groceries.items.update(note="the same")
        else:
            bob_client.post(f"{url_of_items(groceries)}{change}/", {"purchased": False})
        url = f"{url_of_list(groceries)}activities/{current_version(groceries)}/undo/"
        costs.append(query_count(lambda url=url: bob_client.post(url), status=200))
        assert groceries.items.filter(purchased=False, note__startswith="Thing").count() == count
    assert costs[0] == costs[1]


def test_item_of_another_list_is_rejected_without_locking_its_list(
    ana_client: APIClient, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """REC-14: two requests for items of each other's lists would deadlock on locks out of order."""
    nails = hardware.items.create(name="Nails")
    url = f"{url_of_items(groceries)}{nails.pk}/"
    # Lock, access, item.
    count = query_count(lambda: ana_client.patch(url, {"note": "x"}), status=404)
    assert count == expected(3, joined=2)
