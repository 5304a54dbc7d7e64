"""Names used before, the likeliest first."""

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

AT = "/api/suggestions/"


def names(client: Any, **params: Any) -> list[str]:
    return [row["name"] for row in client.get(AT, params).json()["results"]]


@pytest.fixture
def put(ana_client: Any, groceries: ShoppingList) -> Any:
    """Put something on a list, and tick it."""

    def run(name: str, one: ShoppingList = groceries, **fields: Any) -> Any:
        item = ana_client.post(url_of_items(one), {"name": name, **fields}).json()
        ana_client.patch(f"{url_of_items(one)}{item['id']}/", {"purchased": True})
        return item

    return run


def test_what_is_used_often_comes_first(ana_client: Any, put: Any) -> None:
    """API-19"""
    for name in ("Tea", "Milk", "milk", "MILK", "Bread", "Bread"):
        put(name)
    rows = ana_client.get(AT).json()["results"]
    assert [(row["name"], row["times"]) for row in rows] == [("Milk", 3), ("Bread", 2), ("Tea", 1)]


def test_what_was_used_long_ago_comes_later(ana_client: Any, put: Any) -> None:
    for name in ("Old", "Old", "New"):
        put(name)
    past = timezone.now() - timedelta(days=90)
    Activity.objects.filter(changes__icontains="Old").update(at=past)
    assert names(ana_client) == ["New", "Old"]


def test_a_part_of_the_name_is_enough_and_the_beginning_is_better(
    ana_client: Any, put: Any
) -> None:
    for name in ("Oat milk", "Oat milk", "Milk", "Äpfel", "Bread"):
        put(name)
    assert names(ana_client, q="MIL") == ["Milk", "Oat milk"]
    assert names(ana_client, q="äp") == ["Äpfel"]
    assert names(ana_client, q="xyz") == []


def test_each_name_tells_what_became_of_it_on_the_list(
    ana_client: Any, put: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-19"""
    bought = put("Milk", category="Dairy")
    put("Nails", hardware)
    gone = put("Tea")
    ana_client.delete(f"{url_of_items(groceries)}{gone['id']}/")
    still = ana_client.post(url_of_items(groceries), {"name": "Bread"}).json()
    rows = ana_client.get(AT, {"list": str(groceries.pk)}).json()["results"]
    states = {row["name"]: (row["state"], row["item"]) for row in rows}
    assert states == {
        "Bread": ("open", still["id"]),
        "Milk": ("bought", bought["id"]),
        "Nails": (None, None),
        "Tea": (None, None),
    }
    assert next(row["category"] for row in rows if row["name"] == "Milk") == "Dairy"
    assert {row["state"] for row in ana_client.get(AT).json()["results"]} == {None}


def test_an_open_item_counts_before_a_bought_one(
    ana_client: Any, put: Any, groceries: ShoppingList
) -> None:
    still = ana_client.post(url_of_items(groceries), {"name": "Milk"}).json()
    ana_client.post(url_of_items(groceries), {"name": "Milk", "purchased": True})
    row = ana_client.get(AT, {"list": str(groceries.pk)}).json()["results"][0]
    assert (row["state"], row["item"], row["times"]) == ("open", still["id"], 2)


def test_the_names_of_others_are_never_suggested(
    mallory_client: Any, bob_client: Any, put: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-19"""
    put("Milk")
    put("Nails", hardware)
    assert names(mallory_client) == []
    assert names(bob_client) == ["Milk"]
    foreign = bob_client.get(AT, {"list": str(hardware.pk)})
    assert foreign.status_code == 404


def test_a_name_of_a_list_in_the_trash_is_not_suggested(
    ana_client: Any, put: Any, groceries: ShoppingList
) -> None:
    put("Milk")
    ana_client.delete(f"/api/shopping-lists/{groceries.pk}/")
    assert names(ana_client) == []


def test_what_the_log_has_forgotten_is_known_by_its_item(ana_client: Any, put: Any) -> None:
    put("Milk")
    Activity.objects.all().delete()
    assert names(ana_client) == ["Milk"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("q", "\x00"), ("q", "x" * 201), ("list", "milk"), ("list", ""), ("list", "\x00" * 36)],
)
def test_a_bad_parameter_is_named(name: str, value: str, ana_client: Any) -> None:
    answer = ana_client.get(AT, {name: value})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])


def test_twenty_names_at_most_by_as_many_queries_for_one_list_as_for_twelve(
    ana_client: Any, ana: User, groceries: ShoppingList
) -> None:
    ana_client.post(url_of_items(groceries), {"name": "Milk"})
    costs = []
    for count in (0, 12):
        for number in range(count):
            one = ShoppingList.objects.create(name=f"{number}", created_by=ana)
            Membership.objects.create(shopping_list=one, user=ana, role="owner")
            lines = [{"name": f"Thing {number} {line}"} for line in range(5)]
            ana_client.post(f"{url_of_items(one)}bulk/", {"items": lines})
        with CaptureQueriesContext(connection) as queries:
            rows = ana_client.get(AT, {"list": str(groceries.pk)}).json()["results"]
        costs.append(len(queries))
    assert len(rows) == 20
    assert costs == [2 + 5] * 2  # standing, lists, log, items, what became of them
