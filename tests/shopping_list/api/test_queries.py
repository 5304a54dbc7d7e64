"""What an answer costs does not grow with what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from shopping_list.models import Membership, ShoppingItem, ShoppingList
from tests.shopping_list.api.conftest import item_at, items_of, list_at, version_of

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


def test_a_page_of_lists_costs_the_same_for_one_and_for_thirty(
    as_ana: APIClient, ana: User, groceries: ShoppingList, make_user: Any
) -> None:
    """API-17"""
    at = "/api/shopping-lists/"
    one = cost(lambda: as_ana.get(at))
    for number in range(30):
        more = ShoppingList.objects.create(name=f"{number}", created_by=ana)
        Membership.objects.create(shopping_list=more, user=ana, role="owner")
        crowd(more, make_user, 2, start=2 * number)
        fill(more, 3)
    assert len(as_ana.get(at).json()["results"]) == 31
    assert cost(lambda: as_ana.get(at)) == one == 5  # count, lists, members, people, items


def test_a_page_of_items_costs_the_same_for_one_and_for_fifty(
    as_bob: APIClient, groceries: ShoppingList
) -> None:
    """API-17"""
    fill(groceries, 1)
    asked = {
        items_of(groceries): 3,  # standing, count, items
        "/api/search-shopping-items/": 3,  # count, items, lists
        f"{list_at(groceries)}activities/": 3,  # standing, changes, their undos
        list_at(groceries): 5,  # standing, list, members, people, items
        f"{list_at(groceries)}members/": 2,  # standing, members
    }
    assert {at: cost(lambda at=at: as_bob.get(at)) for at in asked} == asked
    groceries.items.all().delete()
    fill(groceries, 50)
    assert {at: cost(lambda at=at: as_bob.get(at)) for at in asked} == asked


def test_one_tick_costs_seven_queries(
    as_bob: APIClient, groceries: ShoppingList, milk: Any
) -> None:
    """Lock, standing, item, write, item again, version, log; a new name looks for its twin."""
    fill(groceries, 50)
    assert cost(lambda: as_bob.patch(item_at(milk), {"purchased": True})) == 7
    assert cost(lambda: as_bob.patch(item_at(milk), {"note": "fresh"})) == 7
    assert cost(lambda: as_bob.patch(item_at(milk), {"purchased": False})) == 8


@pytest.mark.parametrize("verb", ["tick", "untick", "remove"])
def test_many_cost_the_same_as_one(verb: str, as_bob: APIClient, groceries: ShoppingList) -> None:
    """API-17"""
    costs = []
    for count in (1, 50):
        groceries.items.all().delete()
        fill(groceries, count)
        if verb == "untick":
            groceries.items.update(purchased=True)
        ids = [str(pk) for pk in groceries.items.values_list("pk", flat=True)]
        at = f"{items_of(groceries)}{verb}/"
        costs.append(cost(lambda at=at, ids=ids: as_bob.post(at, {"items": ids})))
    assert costs[0] == costs[1]


def test_undoing_the_removal_of_many_asks_once_for_all(
    as_bob: APIClient, groceries: ShoppingList
) -> None:
    fill(groceries, 30)
    as_bob.post(f"{items_of(groceries)}remove/", {"purchased": False})
    at = f"{list_at(groceries)}activities/{version_of(groceries)}/undo/"
    assert cost(lambda: as_bob.post(at)) <= 45  # one insert for each, and a fixed number
    assert groceries.items.count() == 30


def test_an_item_of_another_list_is_not_found_without_asking_for_its_list(
    as_ana: APIClient, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """REC-14: locked out of order, two lists that ask for each other's items would deadlock."""
    nails = hardware.items.create(name="Nails")
    at = f"{items_of(groceries)}{nails.pk}/"
    assert cost(lambda: as_ana.patch(at, {"note": "x"}), status=404) == 3  # lock, standing, item
