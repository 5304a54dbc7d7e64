"""Reading items: pages, order, filters, and search across all lists of the user."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.urls import resolve

from accounts.models import User
from shopping_list.models import Membership, ShoppingItem, ShoppingList
from tests.shopping_list.api.conftest import url_of_items

pytestmark = pytest.mark.database

SEARCH = "/api/search-shopping-items/"
LISTS, ME = "/api/shopping-lists/", "/api/auth/me/"


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


@pytest.mark.parametrize(
    ("stored", "search"),
    [
        ({"note": "Über"}, "über"),
        ({"category": "GEMÜSE"}, "gemüse"),
        ({"note": "Молоко"}, "МОЛОКО"),
        ({"category": "Γάλα"}, "ΓΆΛΑ"),
        ({"note": "ÅNGSTRÖM 100%"}, "ångström 100%"),
    ],
)
def test_search_folds_the_letters_of_every_alphabet(
    stored: Any, search: str, bob_client: Any, groceries: ShoppingList
) -> None:
    """API-38, case O1: in notes and categories, and in the names of lists."""
    groceries.items.create(name="Thing", **stored)
    assert names(bob_client, url_of_items(groceries), search=search) == ["Thing"]
    assert names(bob_client, SEARCH, search=search) == ["Thing"]
    assert names(bob_client, SEARCH, search=f"x{search}") == []
    groceries.name = next(iter(stored.values()))
    groceries.save()
    assert len(bob_client.get(LISTS, {"search": search}).json()["results"]) == 1


def test_names_are_ordered_like_in_a_dictionary(bob_client: Any, groceries: ShoppingList) -> None:
    """API-38, case O3: the same on every database, also for lists and in the search."""
    ordered = ["al", "Ål", "apfel", "Äpfel", "Birne", "éclair", "z", "z a", "Zucker", "Œuf"]
    for name in sorted(ordered):
        groceries.items.create(name=name)
        ShoppingList.objects.create(name=name).members.add(bob_client.get(ME).json()["id"])
    items = url_of_items(groceries)
    assert names(bob_client, items, ordering="name") == ordered
    assert names(bob_client, items, ordering="-name") == ordered[::-1]
    assert names(bob_client, SEARCH) == ordered
    lists = bob_client.get(LISTS, {"ordering": "name"}).json()["results"]
    assert [row["name"] for row in lists if row["name"] != "Groceries"] == ordered


def test_ids_in_addresses_may_be_in_capitals(bob_client: Any, groceries: ShoppingList) -> None:
    """API-37, case L1: the address of every route with an id, and of the socket."""
    milk = groceries.items.create(name="Milk")
    capitals = str(groceries.pk).upper()
    assert bob_client.get(f"{LISTS}{capitals}/").json()["id"] == str(groceries.pk)
    url = f"{LISTS}{capitals}/shopping-items/{str(milk.pk).upper()}/"
    assert bob_client.patch(url, {"note": "oat"}).json()["id"] == str(milk.pk)
    assert bob_client.get(f"/lists/{capitals}/").status_code == 200
    assert resolve(f"/api/tokens/{capitals}/").kwargs == {"token_id": groceries.pk}
    assert resolve(f"/api/auth/sessions/{capitals}/").kwargs == {"session_id": groceries.pk}
    assert bob_client.get(f"{LISTS}{capitals[:-1]}g/").status_code == 404
    if apps.is_installed("live"):
        from live.routing import websocket_application

        routes = websocket_application.routes
        assert any(route.pattern.match(f"ws/lists/{capitals}/") for route in routes[:-1])
