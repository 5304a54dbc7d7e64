"""Reading items: pages, order, filters, and search across all lists of the user."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from shopping_list.models import Membership, ShoppingItem, ShoppingList
from tests.shopping_list.api.conftest import url_of_items

pytestmark = pytest.mark.database

SEARCH = "/api/search-shopping-items/"


@pytest.fixture
def pantry(groceries: ShoppingList) -> ShoppingList:
    rows = [
        ("Äpfel", "1 kg", "for the cake", "Fruit", False),
        ("Milk", "", "", "Dairy", False),
        ("Bread", "", "rye", "Bakery", True),
    ]
    for name, quantity, note, category, purchased in rows:
        groceries.items.create(
            name=name, quantity=quantity, note=note, category=category, purchased=purchased
        )
    return groceries


def names(client: Any, url: str, **params: Any) -> list[str]:
    return [row["name"] for row in client.get(url, params).json()["results"]]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["Äpfel", "Milk", "Bread"]),
        ({"purchased": "true"}, ["Bread"]),
        ({"purchased": "false"}, ["Äpfel", "Milk"]),
        ({"search": "ÄPF"}, ["Äpfel"]),
        ({"search": "  milk "}, ["Milk"]),
        ({"search": "Rye"}, ["Bread"]),
        ({"search": "fruit"}, ["Äpfel"]),
        ({"search": "r", "purchased": "false"}, ["Äpfel", "Milk"]),
        ({"ordering": "-position"}, ["Bread", "Milk", "Äpfel"]),
        ({"ordering": "purchased,-position"}, ["Milk", "Äpfel", "Bread"]),
        ({"ordering": "-purchased, position"}, ["Bread", "Äpfel", "Milk"]),
        ({"ordering": "updated_at"}, ["Äpfel", "Milk", "Bread"]),
        ({"ordering": ""}, ["Äpfel", "Milk", "Bread"]),
    ],
    ids=str,
)
def test_items_are_filtered_and_sorted_by_the_query_parameters(
    params: Any, expected: list[str], bob_client: Any, pantry: ShoppingList
) -> None:
    assert names(bob_client, url_of_items(pantry), **params) == expected


@pytest.mark.parametrize("ordering", ["position", "-name", "purchased", "-updated_at"])
def test_pages_of_equal_rows_contain_each_row_once(
    ordering: str, bob_client: Any, groceries: ShoppingList
) -> None:
    """API-15"""
    ShoppingItem.objects.bulk_create(
        [
            ShoppingItem(
                id=UUID(int=number),
                shopping_list=groceries,
                name="Same",
                purchased=True,
                position="V",
            )
            for number in range(7, 0, -1)
        ]
    )
    url, ids = f"{url_of_items(groceries)}?page_size=3&ordering={ordering}", []
    pages = 0
    while url:
        page = bob_client.get(url).json()
        ids += [row["id"] for row in page["results"]]
        url, pages = page["next"], pages + 1
    assert pages == 3
    assert ids == [str(UUID(int=number)) for number in range(1, 8)]


def test_item_pages_have_100_rows_by_default_and_1000_at_most(
    bob_client: Any, groceries: ShoppingList
) -> None:
    ShoppingItem.objects.bulk_create(
        [ShoppingItem(shopping_list=groceries, name=f"{number}") for number in range(1001)]
    )
    first = bob_client.get(url_of_items(groceries)).json()
    assert (len(first["results"]), first["count"], first["previous"]) == (100, 1001, None)
    assert len(names(bob_client, url_of_items(groceries), page_size=1000)) == 1000


class TestSearch:
    def test_search_finds_items_on_all_lists_of_the_user_and_no_others(
        self,
        ana_client: Any,
        bob_client: Any,
        hardware: ShoppingList,
        pantry: ShoppingList,
        mallory: User,
    ) -> None:
        hardware.items.create(name="Milk paint")
        loot = ShoppingList.objects.create(name="Loot")
        Membership.objects.create(shopping_list=loot, user=mallory, role="owner")
        loot.items.create(name="Milk of others")
        assert names(ana_client, SEARCH, search="MILK") == ["Milk", "Milk paint"]
        assert names(bob_client, SEARCH, search="milk") == ["Milk"]
        row = ana_client.get(SEARCH, {"search": "paint"}).json()["results"][0]
        assert row["list"] == {"id": str(hardware.pk), "name": "Hardware"}

    def test_search_is_filtered_and_paginated(self, bob_client: Any, pantry: Any) -> None:
        assert names(bob_client, SEARCH, purchased="true") == ["Bread"]
        page = bob_client.get(SEARCH, {"page_size": 2}).json()
        assert (page["count"], len(page["results"])) == (3, 2)
        assert page["next"].endswith("/api/search-shopping-items/?page=2&page_size=2")
