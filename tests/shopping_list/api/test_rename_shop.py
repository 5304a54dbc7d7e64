"""A shop of a list that gets another name."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from shopping_list.list_settings import MAX_BYTES
from shopping_list.models import Activity, ShoppingItem, ShoppingList
from shopping_list.recording.compaction import MAX_WHOLE_ROWS
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_list

pytestmark = pytest.mark.database

LIDL, ALDI = {"aisles": ["Bakery", "Dairy"]}, {"aisles": ["Dairy"]}


@pytest.fixture
def url(groceries: ShoppingList) -> str:
    return url_of_list(groceries)


def rename(client: Any, url: str, old: str, new: str, **options: Any) -> Any:
    return client.post(f"{url}shops/rename/", {"from": old, "to": new}, **options)


def undo(client: Any, shopping_list: ShoppingList, version: int) -> Any:
    return client.post(f"{url_of_list(shopping_list)}activities/{version}/undo/")


def add(shopping_list: ShoppingList, **shops: list[str]) -> None:
    """Add an item for each name, with its shops."""
    for name, names in shops.items():
        shopping_list.items.create(name=name, shops=names)


def state(shopping_list: ShoppingList) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the shops of a list, and those of its items by name."""
    shopping_list.refresh_from_db()
    return shopping_list.shops, dict(shopping_list.items.values_list("name", "shops"))


def test_renamed_shop_has_its_new_name_in_the_list_and_in_its_items(
    bob_client: Any, groceries: ShoppingList, hardware: ShoppingList, url: str
) -> None:
    """ITM-143: one change, one undo, and the list as it was has the old name."""
    add(groceries, Milk=["Lidl"], Cheese=["lidl", "Aldi"], Tea=["LIDL"], Salt=[], Jam=["Aldi"])
    groceries.items.filter(name="Tea").update(purchased=True)
    add(hardware, Nails=["Lidl"])
    bob_client.patch(url, {"aisles": ["Dairy"], "shops": {"Lidl": LIDL, "Aldi": ALDI}})
    before, version = state(groceries), current_version(groceries)
    response = rename(bob_client, url, "Lidl", "Market")
    assert (response.status_code, response.json()["version"]) == (200, version + 1)
    assert response.json()["shops"] == {"Aldi": ALDI, "Market": LIDL}
    assert response.json()["aisles"] == ["Dairy"]
    items = {"Milk": ["Market"], "Cheese": ["Market", "Aldi"], "Tea": ["Market"]}
    others = {"Salt": [], "Jam": ["Aldi"]}
    assert state(groceries) == ({"Aldi": ALDI, "Market": LIDL}, items | others)
    activity = Activity.objects.get(list_id=groceries.pk, version=version + 1)
    summary = activity.summary
    assert (activity.verb, summary["items"], summary["list_changed"]) == ("list.edited", 3, True)
    past = bob_client.get(f"{url}snapshot/?version={version}").json()
    assert past["list"]["shops"] == {"Lidl": LIDL, "Aldi": ALDI}
    assert {item["name"]: item["shops"] for item in past["items"]} == before[1]
    assert undo(bob_client, groceries, version + 1).status_code == 200
    assert state(groceries) == before
    assert current_version(groceries) == version + 2
    assert state(hardware)[1] == {"Nails": ["Lidl"]}


@pytest.mark.parametrize(
    ("shops", "merged"),
    [
        ({"Lidl": LIDL, "Aldi": ALDI}, {"Aldi": ALDI}),
        ({"Lidl": LIDL, "Aldi": {}}, {"Aldi": LIDL}),
        ({"Lidl": LIDL}, {"ALDI": LIDL}),
        ({"Aldi": ALDI}, {"Aldi": ALDI}),
        ({}, {}),
    ],
)
def test_shop_that_is_renamed_to_another_one_is_merged_into_it(
    shops: Any, merged: Any, bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-143: the other one keeps its order of aisles, if it has one."""
    add(groceries, Milk=["Lidl"], Cheese=["Spar", "lidl", "Aldi"], Tea=["Aldi", "Lidl"])
    bob_client.patch(url, {"shops": shops})
    before = state(groceries)
    version = rename(bob_client, url, "LIDL", "ALDI").json()["version"]
    items = {"Milk": ["ALDI"], "Cheese": ["Spar", "ALDI"], "Tea": ["Aldi"]}
    assert state(groceries) == (merged, items)
    assert undo(bob_client, groceries, version).status_code == 200
    assert state(groceries) == before


def test_renamed_shop_may_get_another_spelling(
    bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-143"""
    add(groceries, Milk=["Lidl"], Cheese=["LIDL", "Aldi"])
    bob_client.patch(url, {"shops": {"Lidl": LIDL}})
    rename(bob_client, url, "lidl", "LIDL")
    assert state(groceries) == ({"LIDL": LIDL}, {"Milk": ["LIDL"], "Cheese": ["LIDL", "Aldi"]})


def test_rename_of_an_unknown_shop_changes_nothing(
    bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-143"""
    add(groceries, Milk=["Lidl"])
    version = current_version(groceries)
    assert rename(bob_client, url, "Aldi", "Market").status_code == 200
    assert rename(bob_client, url, "Lidl", "Lidl").status_code == 200
    assert current_version(groceries) == version


def test_repeated_rename_of_a_shop_is_done_once(
    bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-143, API-7: the second one would rename what was named so meanwhile."""
    add(groceries, Milk=["Lidl"])
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    first = rename(bob_client, url, "Lidl", "Market", **key)
    add(groceries, Cheese=["Lidl"])
    again = rename(bob_client, url, "Lidl", "Market", **key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert state(groceries)[1] == {"Milk": ["Market"], "Cheese": ["Lidl"]}
    assert Activity.objects.filter(operation_id=key["HTTP_IDEMPOTENCY_KEY"]).count() == 1


def test_undo_of_a_renamed_shop_keeps_later_changes_of_others(
    bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-128, ITM-143: it names the rows that have other shops since, and changes none then."""
    add(groceries, Milk=["Lidl"], Cheese=["Lidl"])
    bob_client.patch(url, {"shops": {"Lidl": LIDL}})
    version = rename(bob_client, url, "Lidl", "Market").json()["version"]
    bob_client.patch(url, {"shops": {"Aldi": ALDI}})
    bob_client.patch(url_of_item(groceries.items.get(name="Milk")), {"note": "fresh"})
    assert undo(bob_client, groceries, version).status_code == 200
    assert state(groceries) == (
        {"Aldi": ALDI, "Lidl": LIDL},
        {"Milk": ["Lidl"], "Cheese": ["Lidl"]},
    )
    version = rename(bob_client, url, "Lidl", "Market").json()["version"]
    bob_client.patch(url_of_item(groceries.items.get(name="Milk")), {"shops": ["Aldi"]})
    before, refused = state(groceries), undo(bob_client, groceries, version)
    assert refused.status_code == 409
    assert [(row["name"], row["reason"]) for row in refused.json()["rows"]] == [
        ("Milk", "was changed since")
    ]
    assert state(groceries) == before


def test_renamed_shop_of_many_items_is_one_short_change(
    bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-125, ITM-143: also of items that are for other shops too."""
    names = [f"Item {number}" for number in range(MAX_WHOLE_ROWS + 2)]
    shops = {name: ["Lidl"] for name in names} | {"Milk": ["Spar", "Lidl"], "Tea": ["Aldi"]}
    ShoppingItem.objects.bulk_create(
        ShoppingItem(shopping_list=groceries, name=name, shops=of_item)
        for name, of_item in shops.items()
    )
    version = rename(bob_client, url, "Lidl", "Market").json()["version"]
    renamed = {name: ["Market"] for name in names} | {"Milk": ["Spar", "Market"], "Tea": ["Aldi"]}
    assert state(groceries)[1] == renamed
    activity = Activity.objects.get(list_id=groceries.pk, version=version)
    patches = json.loads(bytes(activity.frame))["patches"]
    assert sorted((len(patch["ids"]), patch["fields"]["shops"]) for patch in patches) == [
        (1, ["Spar", "Market"]),
        (len(names), ["Market"]),
    ]
    assert activity.summary["items"] == len(names) + 1
    assert undo(bob_client, groceries, version).status_code == 200
    assert state(groceries)[1] == shops


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({"from": "Lidl"}, "to", "required"),
        ({"to": "Lidl"}, "from", "required"),
        ({"from": "", "to": "x"}, "from", "blank"),
        ({"from": "x", "to": " "}, "to", "blank"),
        ({"from": "x", "to": "y" * 101}, "to", "100 characters"),
        ({"from": "x", "to": "y", "name": "z"}, "name", "nknown field"),
    ],
)
def test_bad_names_of_shops_are_refused(
    body: Any, field: str, rule: str, bob_client: Any, url: str
) -> None:
    """ITM-143, API-4: the error names the field and the rule."""
    response = bob_client.post(f"{url}shops/rename/", body)
    errors = response.json()["errors"]
    assert (response.status_code, list(errors)) == (400, [field])
    assert rule in errors[field][0]


def test_shop_keeps_its_name_when_the_settings_would_be_too_long(
    bob_client: Any, groceries: ShoppingList, url: str
) -> None:
    """ITM-127, ITM-143"""
    add(groceries, Milk=["Lidl"])
    staples = {str(number): {"note": "x" * 955} for number in range(99)}
    body = bob_client.patch(url, {"shops": {"Lidl": LIDL}, "staples": staples}).json()
    settings = [body["aisles"], body["shops"], body["staples"]]
    rest = MAX_BYTES - len(json.dumps(settings, separators=(",", ":")))
    padding = {"padding": {"note": "x" * (rest - 100)}}
    assert bob_client.patch(url, {"staples": padding}).status_code == 200
    before = state(groceries)
    response = rename(bob_client, url, "Lidl", "y" * 100)
    assert response.status_code == 400
    assert response.json()["errors"] == {
        "to": ["shops: All aisles, shops and staples of a list have at most 100,000 bytes."]
    }
    assert state(groceries) == before
