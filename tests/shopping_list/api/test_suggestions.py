"""Suggested item names: names used before, the most likely first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from shopping_list.models import Activity, Membership, ShoppingList
from tests.shopping_list.api.conftest import url_of_items

pytestmark = pytest.mark.database

URL = "/api/suggestions/"


def names(client: Any, **params: Any) -> list[str]:
    return [row["name"] for row in client.get(URL, params).json()["results"]]


@pytest.fixture
def buy(ana_client: Any, groceries: ShoppingList) -> Any:
    """Add an item to a list and tick it."""

    def add_and_tick(name: str, shopping_list: ShoppingList = groceries, **fields: Any) -> Any:
        item = ana_client.post(url_of_items(shopping_list), {"name": name, **fields}).json()
        ana_client.patch(f"{url_of_items(shopping_list)}{item['id']}/", {"purchased": True})
        return item

    return add_and_tick


def test_frequently_used_names_come_first(ana_client: Any, buy: Any) -> None:
    """API-19"""
    for name in ("Tea", "Milk", "milk", "MILK", "Bread", "Bread"):
        buy(name)
    rows = ana_client.get(URL).json()["results"]
    assert [(row["name"], row["times"]) for row in rows] == [("Milk", 3), ("Bread", 2), ("Tea", 1)]


def test_names_used_long_ago_come_later(ana_client: Any, buy: Any) -> None:
    for name in ("Old", "Old", "New"):
        buy(name)
    past = timezone.now() - timedelta(days=90)
    Activity.objects.filter(changes__icontains="Old").update(at=past)
    assert names(ana_client) == ["New", "Old"]


def test_suggestions_match_any_part_and_rank_prefixes_first(ana_client: Any, buy: Any) -> None:
    for name in ("Oat milk", "Oat milk", "Milk", "Äpfel", "Bread"):
        buy(name)
    assert names(ana_client, q="MIL") == ["Milk", "Oat milk"]
    assert names(ana_client, q="äp") == ["Äpfel"]
    assert names(ana_client, q="xyz") == []


def test_suggestion_contains_the_state_of_the_item_on_the_list(
    ana_client: Any, buy: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-19"""
    bought = buy("Milk", category="Dairy")
    buy("Nails", hardware)
    removed = buy("Tea")
    ana_client.delete(f"{url_of_items(groceries)}{removed['id']}/")
    open_item = ana_client.post(url_of_items(groceries), {"name": "Bread"}).json()
    rows = ana_client.get(URL, {"list": str(groceries.pk)}).json()["results"]
    states = {row["name"]: (row["state"], row["item"]) for row in rows}
    assert states == {
        "Bread": ("open", open_item["id"]),
        "Milk": ("bought", bought["id"]),
        "Nails": (None, None),
        "Tea": (None, None),
    }
    assert next(row["category"] for row in rows if row["name"] == "Milk") == "Dairy"
    assert {row["state"] for row in ana_client.get(URL).json()["results"]} == {None}


def test_open_item_takes_precedence_over_a_purchased_one(
    ana_client: Any, buy: Any, groceries: ShoppingList
) -> None:
    open_item = ana_client.post(url_of_items(groceries), {"name": "Milk"}).json()
    ana_client.post(url_of_items(groceries), {"name": "Milk", "purchased": True})
    row = ana_client.get(URL, {"list": str(groceries.pk)}).json()["results"][0]
    assert (row["state"], row["item"], row["times"]) == ("open", open_item["id"], 2)


def test_names_on_lists_of_other_users_are_never_suggested(
    mallory_client: Any, bob_client: Any, buy: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-19"""
    buy("Milk")
    buy("Nails", hardware)
    assert names(mallory_client) == []
    assert names(bob_client) == ["Milk"]
    response = bob_client.get(URL, {"list": str(hardware.pk)})
    assert response.status_code == 404


def test_names_on_a_deleted_list_are_not_suggested(
    ana_client: Any, buy: Any, groceries: ShoppingList
) -> None:
    buy("Milk")
    ana_client.delete(f"/api/shopping-lists/{groceries.pk}/")
    assert names(ana_client) == []


def test_names_of_items_are_suggested_when_the_log_is_empty(ana_client: Any, buy: Any) -> None:
    buy("Milk")
    Activity.objects.all().delete()
    assert names(ana_client) == ["Milk"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("q", "\x00"), ("q", "x" * 201), ("list", "milk"), ("list", ""), ("list", "\x00" * 36)],
)
def test_invalid_query_parameter_is_reported(name: str, value: str, ana_client: Any) -> None:
    response = ana_client.get(URL, {name: value})
    assert (response.status_code, list(response.json()["errors"])) == (400, [name])


def test_suggestions_are_at_most_20_and_have_a_constant_query_count(
    ana_client: Any, ana: User, groceries: ShoppingList
) -> None:
    ana_client.post(url_of_items(groceries), {"name": "Milk"})
    query_counts = []
    for count in (0, 12):
        for number in range(count):
            shopping_list = ShoppingList.objects.create(name=f"{number}", created_by=ana)
            Membership.objects.create(shopping_list=shopping_list, user=ana, role="owner")
            lines = [{"name": f"Thing {number} {line}"} for line in range(5)]
            ana_client.post(f"{url_of_items(shopping_list)}bulk/", {"items": lines})
        with CaptureQueriesContext(connection) as queries:
            rows = ana_client.get(URL, {"list": str(groceries.pk)}).json()["results"]
        query_counts.append(len(queries))
    assert len(rows) == 20
    assert query_counts == [2 + 5] * 2  # access, lists, log, items, their states
