"""The order of the aisles of a list, its shops and its staples."""

from __future__ import annotations

from typing import Any

import pytest

from shopping_list.models import Activity, ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_list

pytestmark = pytest.mark.database

MILK = {"quantity": "2 l", "note": "", "category": "Dairy"}


@pytest.fixture
def url(groceries: ShoppingList) -> str:
    return url_of_list(groceries)


def settings(client: Any, url: str) -> tuple[Any, ...]:
    body = client.get(url).json()
    return body["aisles"], body["shops"], body["staples"]


def undo(client: Any, shopping_list: ShoppingList, version: int | None = None) -> Any:
    number = version or current_version(shopping_list)
    return client.post(f"{url_of_list(shopping_list)}activities/{number}/undo/")


def test_settings_are_merged_by_name(bob_client: Any, url: str) -> None:
    """ITM-126: an editor may write them, and every reader gets them."""
    assert settings(bob_client, url) == ([], {}, {})
    body = {"aisles": ["Fruit", "Dairy"], "shops": {"Lidl": {"aisles": ["Dairy"]}, "Aldi": {}}}
    response = bob_client.patch(url, {**body, "staples": {"Milk": {"quantity": "2 l"}}})
    assert response.status_code == 200
    shops = {"Aldi": {"aisles": []}, "Lidl": {"aisles": ["Dairy"]}}
    assert response.json()["shops"] == shops
    assert response.json()["staples"] == {"Milk": {**MILK, "category": ""}}
    patch = {"shops": {"Aldi": None}, "staples": {"Milk": {"category": "Dairy"}, "Salt": {}}}
    bob_client.patch(url, patch)
    staples = {"Milk": MILK, "Salt": dict.fromkeys(MILK, "")}
    assert settings(bob_client, url) == (["Fruit", "Dairy"], {"Lidl": shops["Lidl"]}, staples)
    bob_client.patch(url, {"aisles": [], "staples": {"Milk": {"quantity": None}}})
    assert settings(bob_client, url)[0] == []
    assert settings(bob_client, url)[2]["Milk"] == {**MILK, "quantity": ""}
    snapshot = bob_client.get(f"{url}snapshot/").json()["list"]
    assert (snapshot["aisles"], snapshot["shops"]) == ([], {"Lidl": shops["Lidl"]})


def test_change_of_settings_is_one_change_with_what_it_changed(
    bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-126"""
    bob_client.patch(url, {"aisles": ["Fruit", "Dairy"], "shops": {"Lidl": {}, "Aldi": {}}})
    activity = Activity.objects.latest("pk")
    assert (activity.verb, activity.summary["list_changed"]) == ("list.edited", True)
    bob_client.patch(url, {"shops": {"Lidl": {"aisles": ["Dairy", "Fruit"]}}})
    fields = Activity.objects.latest("pk").summary["fields"]
    assert fields == {"shops": {"before": "Lidl", "after": "Lidl: Dairy, Fruit"}}
    bob_client.patch(url, {"aisles": ["Dairy", "Fruit"], "staples": {"Milk": MILK}})
    fields = Activity.objects.latest("pk").summary["fields"]
    assert fields == {
        "aisles": {"before": "Fruit, Dairy", "after": "Dairy, Fruit"},
        "staples": {"before": "", "after": "2 l Milk"},
    }
    version = current_version(groceries)
    bob_client.patch(url, {"aisles": ["Dairy", "Fruit"], "staples": {"Milk": MILK, "Salt": None}})
    assert current_version(groceries) == version


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"aisles": None}, "aisles"),
        ({"aisles": ["Dairy", "dairy"]}, "aisles"),
        ({"aisles": [""]}, "aisles.0"),
        ({"aisles": [f"Aisle {number}" for number in range(201)]}, "aisles"),
        ({"shops": []}, "shops"),
        ({"shops": {"Lidl": []}}, "shops.Lidl.non_field_errors"),
        ({"shops": {"Lidl": {"order": []}}}, "shops.Lidl.order"),
        ({"shops": {"Lidl": {"aisles": ["a", "A"]}}}, "shops.Lidl.aisles"),
        ({"shops": {"": {}}}, "shops"),
        ({"shops": {"Lidl": {}, "lidl": {}}}, "shops"),
        ({"shops": {"known": {}}}, "shops"),
        ({"shops": {"x" * 101: {}}}, "shops"),
        ({"shops": {f"Shop {number}": {} for number in range(50)}}, "shops"),
        ({"staples": {"Milk": {"quantity": "x" * 51}}}, "staples.Milk.quantity"),
        ({"staples": {"Milk": {"name": "x"}}}, "staples.Milk.name"),
        ({"staples": {f"Staple {number}": {} for number in range(201)}}, "staples"),
        ({"staples": {str(n): {"note": "x" * 1000} for n in range(100)}}, "staples"),
    ],
)
def test_bad_settings_are_refused_by_name(
    body: Any, field: str, bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-127, API-4"""
    bob_client.patch(url, {"shops": {"Known": {}}})
    before = current_version(groceries)
    response = bob_client.patch(url, body)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert current_version(groceries) == before


def test_settings_of_a_new_list_come_with_it(bob_client: Any) -> None:
    """ITM-126: so that a list can be the template of another one."""
    body = {"name": "Party", "aisles": ["Fruit"], "shops": {"Lidl": {}}, "staples": {"Milk": MILK}}
    created = bob_client.post("/api/shopping-lists/", body).json()
    assert created["staples"] == {"Milk": MILK}
    url = f"/api/shopping-lists/{created['id']}/"
    assert bob_client.put(url, {"name": "Feast"}).json()["aisles"] == ["Fruit"]


def test_undo_of_settings_keeps_later_changes_of_other_names(
    bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-128"""
    bob_client.patch(url, {"aisles": ["Fruit"], "shops": {"Lidl": {}, "Aldi": {}}})
    version = current_version(groceries)
    bob_client.patch(url, {"shops": {"Lidl": {"aisles": ["Fruit"]}, "Aldi": None}})
    bob_client.patch(url, {"aisles": ["Dairy"], "shops": {"Spar": {}}})
    assert undo(bob_client, groceries, version + 1).status_code == 200
    empty = {"aisles": []}
    shops = {"Aldi": empty, "Lidl": empty, "Spar": empty}
    assert settings(bob_client, url) == (["Dairy"], shops, {})
    refused = undo(bob_client, groceries, version)
    assert refused.status_code == 409
    assert refused.json()["rows"] == [
        {"list": str(groceries.pk), "name": "Groceries", "reason": "was changed since"}
    ]
    assert undo(bob_client, groceries).status_code == 200
    assert settings(bob_client, url)[1] == {"Lidl": {"aisles": ["Fruit"]}, "Spar": empty}


def test_undo_does_not_break_the_rules_of_the_settings(
    bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-128"""
    bob_client.patch(url, {"shops": {"Lidl": {}}})
    bob_client.patch(url, {"shops": {"Lidl": None}})
    removed = current_version(groceries)
    bob_client.patch(url, {"shops": {"lidl": {}}})
    refused = undo(bob_client, groceries, removed)
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_undo")
    assert settings(bob_client, url)[1] == {"lidl": {"aisles": []}}


def rename(client: Any, url: str, old: str, new: str) -> Any:
    return client.post(f"{url}aisles/rename/", {"from": old, "to": new})


def test_renamed_aisle_has_its_new_name_everywhere(
    bob_client: Any, groceries: ShoppingList, milk: Any, url: str
) -> None:
    """ITM-129: one change, one undo."""
    groceries.items.create(name="Cheese", category="dairy")
    groceries.items.create(name="Bread", category="Bakery")
    bob_client.patch(url_of_item(milk), {"category": "Dairy"})
    shops = {"Lidl": {"aisles": ["Bakery", "Dairy"]}}
    bob_client.patch(
        url, {"aisles": ["Dairy", "Bakery"], "shops": shops, "staples": {"Milk": MILK}}
    )
    before, first = settings(bob_client, url), current_version(groceries)
    response = rename(bob_client, url, "Dairy", "Cold")
    assert (response.status_code, response.json()["version"]) == (200, first + 1)
    summary = Activity.objects.latest("pk").summary
    assert (summary["items"], summary["list_changed"], summary["fields"]) == (2, True, {})
    assert settings(bob_client, url) == (
        ["Cold", "Bakery"],
        {"Lidl": {"aisles": ["Bakery", "Cold"]}},
        {"Milk": {**MILK, "category": "Cold"}},
    )
    categories = dict(groceries.items.values_list("name", "category"))
    assert categories == {"Milk": "Cold", "Cheese": "Cold", "Bread": "Bakery"}
    assert undo(bob_client, groceries).status_code == 200
    assert settings(bob_client, url) == before
    categories = dict(groceries.items.values_list("name", "category"))
    assert categories == {"Milk": "Dairy", "Cheese": "dairy", "Bread": "Bakery"}
    assert rename(bob_client, url, "Unknown", "Other").status_code == 200
    assert current_version(groceries) == first + 2


def test_aisle_that_is_renamed_to_another_one_is_merged_into_it(
    bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-129"""
    groceries.items.create(name="Cheese", category="Cheese")
    groceries.items.create(name="Yoghurt", category="Dairy")
    shops = {"Lidl": {"aisles": ["Dairy", "Bakery", "Cheese"]}}
    bob_client.patch(url, {"aisles": ["Cheese", "Bakery", "Dairy"], "shops": shops})
    rename(bob_client, url, "Cheese", "Dairy")
    fields = Activity.objects.latest("pk").summary["fields"]
    assert fields == {"category": {"before": "Cheese", "after": "Dairy"}}
    aisles, shops, _ = settings(bob_client, url)
    assert (aisles, shops) == (["Dairy", "Bakery"], {"Lidl": {"aisles": ["Dairy", "Bakery"]}})
    assert set(groceries.items.values_list("category", flat=True)) == {"Dairy"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": "Dairy"}, "to"),
        ({"from": "", "to": "x"}, "from"),
        ({"from": "x", "to": " "}, "to"),
    ],
)
def test_bad_names_of_aisles_are_refused(
    body: Any, field: str, bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-129, API-4"""
    response = bob_client.post(f"{url}aisles/rename/", body)
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_past_list_has_its_settings(bob_client: Any, groceries: ShoppingList, url: str) -> None:
    """ITM-125, REC-29"""
    versions = {}
    for body in ({"aisles": ["Fruit"]}, {"shops": {"Lidl": {}}}, {"staples": {"Milk": MILK}}):
        bob_client.patch(url, body)
        versions[current_version(groceries)] = settings(bob_client, url)
    groceries.items.create(name="Salt")
    for version, expected in versions.items():
        past = bob_client.get(f"{url}snapshot/?version={version}").json()["list"]
        assert (past["aisles"], past["shops"], past["staples"]) == expected
