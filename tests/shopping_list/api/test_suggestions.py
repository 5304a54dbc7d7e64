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
from tests.shopping_list.api.conftest import items_of

AT = "/api/suggestions/"


def names(client: Any, **params: Any) -> list[str]:
    return [row["name"] for row in client.get(AT, params).json()["results"]]


@pytest.fixture
def put(as_ana: Any, groceries: ShoppingList) -> Any:
    """Put something on a list, and tick it."""

    def run(name: str, one: ShoppingList = groceries, **fields: Any) -> Any:
        item = as_ana.post(items_of(one), {"name": name, **fields}).json()
        as_ana.patch(f"{items_of(one)}{item['id']}/", {"purchased": True})
        return item

    return run


def test_what_is_used_often_comes_first(as_ana: Any, put: Any) -> None:
    """API-19"""
    for name in ("Tea", "Milk", "milk", "MILK", "Bread", "Bread"):
        put(name)
    rows = as_ana.get(AT).json()["results"]
    assert [(row["name"], row["times"]) for row in rows] == [("Milk", 3), ("Bread", 2), ("Tea", 1)]


def test_what_was_used_long_ago_comes_later(as_ana: Any, put: Any) -> None:
    for name in ("Old", "Old", "New"):
        put(name)
    past = timezone.now() - timedelta(days=90)
    Activity.objects.filter(changes__icontains="Old").update(at=past)
    assert names(as_ana) == ["New", "Old"]


def test_a_part_of_the_name_is_enough_and_the_beginning_is_better(as_ana: Any, put: Any) -> None:
    for name in ("Oat milk", "Oat milk", "Milk", "Äpfel", "Bread"):
        put(name)
    assert names(as_ana, q="MIL") == ["Milk", "Oat milk"]
    assert names(as_ana, q="äp") == ["Äpfel"]
    assert names(as_ana, q="xyz") == []


def test_each_name_tells_what_became_of_it_on_the_list(
    as_ana: Any, put: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-19"""
    bought = put("Milk", category="Dairy")
    put("Nails", hardware)
    gone = put("Tea")
    as_ana.delete(f"{items_of(groceries)}{gone['id']}/")
    still = as_ana.post(items_of(groceries), {"name": "Bread"}).json()
    rows = as_ana.get(AT, {"list": str(groceries.pk)}).json()["results"]
    states = {row["name"]: (row["state"], row["item"]) for row in rows}
    assert states == {
        "Bread": ("open", still["id"]),
        "Milk": ("bought", bought["id"]),
        "Nails": (None, None),
        "Tea": (None, None),
    }
    assert next(row["category"] for row in rows if row["name"] == "Milk") == "Dairy"
    assert {row["state"] for row in as_ana.get(AT).json()["results"]} == {None}


def test_an_open_item_counts_before_a_bought_one(
    as_ana: Any, put: Any, groceries: ShoppingList
) -> None:
    still = as_ana.post(items_of(groceries), {"name": "Milk"}).json()
    as_ana.post(items_of(groceries), {"name": "Milk", "purchased": True})
    row = as_ana.get(AT, {"list": str(groceries.pk)}).json()["results"][0]
    assert (row["state"], row["item"], row["times"]) == ("open", still["id"], 2)


def test_the_names_of_others_are_never_suggested(
    as_mallory: Any, as_bob: Any, put: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """API-19"""
    put("Milk")
    put("Nails", hardware)
    assert names(as_mallory) == []
    assert names(as_bob) == ["Milk"]
    foreign = as_bob.get(AT, {"list": str(hardware.pk)})
    assert foreign.status_code == 404


def test_a_name_of_a_list_in_the_trash_is_not_suggested(
    as_ana: Any, put: Any, groceries: ShoppingList
) -> None:
    put("Milk")
    as_ana.delete(f"/api/shopping-lists/{groceries.pk}/")
    assert names(as_ana) == []


def test_what_the_log_has_forgotten_is_known_by_its_item(as_ana: Any, put: Any) -> None:
    put("Milk")
    Activity.objects.all().delete()
    assert names(as_ana) == ["Milk"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("q", "\x00"), ("q", "x" * 201), ("list", "milk"), ("list", ""), ("list", "\x00" * 36)],
)
def test_a_bad_parameter_is_named(name: str, value: str, as_ana: Any) -> None:
    answer = as_ana.get(AT, {name: value})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])


def test_twenty_names_at_most_by_as_many_queries_for_one_list_as_for_twelve(
    as_ana: Any, ana: User, groceries: ShoppingList
) -> None:
    as_ana.post(items_of(groceries), {"name": "Milk"})
    costs = []
    for count in (0, 12):
        for number in range(count):
            one = ShoppingList.objects.create(name=f"{number}", created_by=ana)
            Membership.objects.create(shopping_list=one, user=ana, role="owner")
            lines = [{"name": f"Thing {number} {line}"} for line in range(5)]
            as_ana.post(f"{items_of(one)}bulk/", {"items": lines})
        with CaptureQueriesContext(connection) as queries:
            rows = as_ana.get(AT, {"list": str(groceries.pk)}).json()["results"]
        costs.append(len(queries))
    assert len(rows) == 20
    assert costs == [2 + 5] * 2  # standing, lists, log, items, what became of them
