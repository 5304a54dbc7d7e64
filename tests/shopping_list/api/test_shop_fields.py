"""The shops that an item is for, and the mark that it was not found."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from shopping_list.models import Activity, ShoppingItem, ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_items, url_of_list

pytestmark = pytest.mark.database


def undo(client: Any, shopping_list: ShoppingList, version: int | None = None) -> Any:
    number = version or current_version(shopping_list)
    return client.post(f"{url_of_list(shopping_list)}activities/{number}/undo/")


def edit(client: Any, shopping_list: ShoppingList, items: list[Any], **fields: Any) -> Any:
    body = {"items": [str(item.pk) for item in items], "fields": fields}
    return client.post(f"{url_of_items(shopping_list)}edit/", body)


def test_item_names_the_shops_that_it_is_for(bob_client: Any, groceries: ShoppingList) -> None:
    """ITM-120"""
    added = bob_client.post(url_of_items(groceries), {"name": "Salt", "shops": ["Lidl", " Aldi "]})
    assert added.json()["shops"] == ["Lidl", "Aldi"]
    url = f"{url_of_items(groceries)}{added.json()['id']}/"
    assert bob_client.patch(url, {"shops": []}).json()["shops"] == []
    summary = Activity.objects.latest("pk").summary
    assert summary["fields"] == {"shops": {"before": "Lidl, Aldi", "after": ""}}
    version = current_version(groceries)
    assert bob_client.patch(url, {"shops": []}).json()["version"] == version
    assert undo(bob_client, groceries).status_code == 200
    assert bob_client.get(url).json()["shops"] == ["Lidl", "Aldi"]


@pytest.mark.parametrize(
    ("shops", "field"),
    [
        ("Lidl", "shops"),
        ([1], "shops.0"),
        (["Aldi", ""], "shops.1"),
        (["x" * 101], "shops.0"),
        (["Aldi", "aldi"], "shops"),
        (["x", "x"], "shops"),
        ([f"Shop {number}" for number in range(21)], "shops"),
    ],
)
def test_bad_shops_are_refused_by_name(
    shops: Any, field: str, bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """ITM-120, API-4"""
    before = current_version(groceries)
    response = bob_client.patch(url_of_item(milk), {"shops": shops})
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert current_version(groceries) == before


def test_adding_an_item_for_another_shop_keeps_its_shops(
    bob_client: Any, groceries: ShoppingList
) -> None:
    """ITM-121: an item for any shop stays so, and too many shops are not taken."""
    url = url_of_items(groceries)

    def add(name: str, *shops: str) -> dict[str, Any]:
        row: dict[str, Any] = bob_client.post(url, {"name": name, "shops": shops}).json()
        return row

    add("Salt")
    assert add("Salt", "Lidl")["shops"] == []
    add("Rice", "Lidl")
    merged = add("Rice", "lidl", "Aldi")
    assert (merged["outcome"], merged["changed"]) == ("merged", ["shops"])
    assert merged["shops"] == ["Lidl", "Aldi"]
    assert add("Rice")["shops"] == ["Lidl", "Aldi"]
    full = add("Rice", *(f"Shop {number}" for number in range(19)))
    assert full["shops"] == ["Lidl", "Aldi"]
    assert full["not_taken"]["shops"].startswith("Shop 0, Shop 1, ")
    bob_client.patch(f"{url}{merged['id']}/", {"purchased": True})
    assert add("Rice", "Spar")["shops"] == ["Spar"]


def test_mark_not_found_has_the_time_of_the_change_and_ends_with_a_tick(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """ITM-122"""
    url = url_of_item(milk)
    marked = bob_client.patch(url, {"not_found": True}).json()
    assert marked["not_found_at"] == marked["updated_at"]
    activity = Activity.objects.latest("pk")
    assert activity.verb == "item.edited"
    assert activity.summary["fields"] == {"not_found": {"before": False, "after": True}}
    again = bob_client.patch(url, {"not_found": True}).json()
    assert again == marked
    ticked = bob_client.patch(url, {"purchased": True}).json()
    assert (ticked["purchased"], ticked["not_found_at"]) == (True, None)
    assert Activity.objects.latest("pk").verb == "item.ticked"
    assert undo(bob_client, groceries).status_code == 200
    assert bob_client.get(url).json()["not_found_at"] == marked["not_found_at"]
    assert bob_client.patch(url, {"not_found": False}).json()["not_found_at"] is None


def test_bought_item_is_never_not_found(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """ITM-122: by any kind of write."""
    milk.purchased = True
    milk.save()
    version = current_version(groceries)
    assert bob_client.patch(url_of_item(milk), {"not_found": True}).json()["not_found_at"] is None
    assert edit(bob_client, groceries, [milk], not_found=True).json()["items"] == []
    groceries.items.update(not_found_at=timezone.now())
    assert ShoppingItem.objects.get(pk=milk.pk).not_found_at is None
    assert current_version(groceries) == version
    groceries.items.update(purchased=False)
    groceries.items.update(not_found_at=timezone.now())
    assert ShoppingItem.objects.get(pk=milk.pk).not_found_at is not None
    body = {"purchased": False}
    assert bob_client.post(f"{url_of_items(groceries)}tick/", body).status_code == 200
    assert ShoppingItem.objects.get(pk=milk.pk).not_found_at is None
    assert Activity.objects.latest("pk").verb == "items.ticked"


def test_role_ticker_may_mark_items_but_not_change_shops(
    add_member: Any, signed_in_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """ITM-123"""
    ticker, viewer = (signed_in_client(add_member(role)) for role in ("ticker", "viewer"))
    url = url_of_item(milk)
    assert viewer.patch(url, {"not_found": True}).status_code == 403
    assert ticker.patch(url, {"not_found": True}).status_code == 200
    assert undo(viewer, groceries).status_code == 403
    assert undo(ticker, groceries).status_code == 200
    assert ticker.patch(url, {"purchased": True, "not_found": False}).status_code == 200
    assert undo(ticker, groceries).status_code == 200
    assert ticker.patch(url, {"not_found": True, "shops": ["Lidl"]}).status_code == 403
    assert edit(ticker, groceries, [milk], category="Dairy").status_code == 403
    assert edit(ticker, groceries, [milk], not_found=True).status_code == 200


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("viewer", {"mark": 403, "edit": 403}),
        ("ticker", {"mark": 200, "edit": 403}),
        ("editor", {"mark": 200, "edit": 200}),
    ],
)
def test_guest_writes_the_fields_of_the_shop_that_their_role_allows(
    role: str, expected: dict[str, int], join_as_guest: Any, groceries: ShoppingList, milk: Any
) -> None:
    """ITM-123, INV-8: and reads all of them."""
    groceries.shops = {"Lidl": {"aisles": ["Dairy"]}}
    groceries.save()
    guest, url, item = join_as_guest(role=role), url_of_list(groceries), url_of_item(milk)
    requests: list[tuple[str, Any, str, Any]] = [
        ("mark", guest.patch, item, {"not_found": True}),
        ("edit", guest.patch, item, {"shops": ["Lidl"]}),
        ("edit", guest.patch, item, {"category": "Dairy"}),
        ("edit", guest.patch, item, {"after": None}),
        ("edit", guest.patch, url, {"aisles": ["Dairy"], "staples": {"Milk": {}}}),
        ("edit", guest.post, f"{url}shops/rename/", {"from": "Lidl", "to": "Market"}),
        ("edit", guest.post, f"{url}aisles/rename/", {"from": "Dairy", "to": "Cold"}),
    ]
    for kind, send, path, body in requests:
        assert send(path, body).status_code == expected[kind], body
    snapshot = guest.get(f"{url}snapshot/").json()
    assert snapshot["list"]["shops"] == (
        {"Market": {"aisles": ["Cold"]}} if role == "editor" else {"Lidl": {"aisles": ["Dairy"]}}
    )
    assert snapshot["items"][0]["shops"] == (["Market"] if role == "editor" else [])
    assert bool(snapshot["items"][0]["not_found_at"]) == (role != "viewer")
    undone = undo(guest, groceries)
    assert undone.status_code == (200 if role != "viewer" else 403)


def test_fields_of_many_items_are_one_change_and_one_undo(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """ITM-124: the items that had the values already are not in the response."""
    bread = groceries.items.create(name="Bread", category="Bakery", shops=["Lidl"])
    before = current_version(groceries)
    response = edit(bob_client, groceries, [milk, bread], category="Bakery", shops=["Lidl"])
    assert response.json() == {"version": before + 1, "items": [str(milk.pk)]}
    assert Activity.objects.latest("pk").verb == "item.edited"
    marked = edit(bob_client, groceries, [milk, bread], not_found=True).json()
    assert (marked["version"], set(marked["items"])) == (before + 2, {str(milk.pk), str(bread.pk)})
    assert edit(bob_client, groceries, [milk, bread], not_found=True).json() == {
        "version": before + 2,
        "items": [],
    }
    assert undo(bob_client, groceries).status_code == 200
    assert undo(bob_client, groceries, before + 1).status_code == 200
    rows = groceries.items.order_by("name").values_list("category", "shops", "not_found_at")
    assert list(rows) == [("Bakery", ["Lidl"], None), ("", [], None)]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "fields.non_field_errors"),
        ({"name": "x"}, "fields.name"),
        ({"shops": ["a", "A"]}, "fields.shops"),
    ],
)
def test_bad_fields_of_many_items_are_refused_by_name(
    fields: Any, error: str, bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """ITM-124, API-4"""
    response = edit(bob_client, groceries, [milk], **fields)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [error]


def test_item_of_another_list_is_not_edited(
    ana_client: Any, groceries: ShoppingList, hardware: ShoppingList, milk: Any
) -> None:
    """ITM-124, API-2"""
    nails = hardware.items.create(name="Nails")
    response = edit(ana_client, groceries, [milk, nails], category="x")
    assert (response.status_code, list(response.json()["errors"])) == (400, ["items"])
    assert not ShoppingItem.objects.filter(category="x").exists()


def test_replaced_item_is_for_any_shop_if_no_shop_is_sent(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """ITM-120: as for every field of a PUT."""
    url = url_of_item(milk)
    body = {"name": "Milk", "shops": ["Lidl"], "not_found": True}
    replaced = bob_client.put(url, body).json()
    assert replaced["shops"] == ["Lidl"]
    assert replaced["not_found_at"] is not None
    replaced = bob_client.put(url, {"name": "Milk"}).json()
    assert (replaced["shops"], replaced["not_found_at"]) == ([], None)
    milk.delete()
    assert bob_client.put(url, body).json()["shops"] == ["Lidl"]


def test_put_back_restores_shops_and_marks(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """ITM-125, API-45"""
    bob_client.patch(url_of_item(milk), {"shops": ["Lidl"], "not_found": True})
    version, row = current_version(groceries), bob_client.get(url_of_item(milk)).json()
    bob_client.patch(url_of_item(milk), {"shops": [], "not_found": False, "note": "x"})
    past = bob_client.get(f"{url_of_list(groceries)}snapshot/?version={version}").json()
    assert past["items"] == [row]
    url = f"{url_of_list(groceries)}activities/{version}/put-back/"
    assert bob_client.post(url).status_code == 200
    fresh = bob_client.get(url_of_item(milk)).json()
    assert (fresh["shops"], fresh["not_found_at"]) == (row["shops"], row["not_found_at"])


def test_change_of_many_rows_keeps_shops_and_marks(
    bob_client: Any, groceries: ShoppingList
) -> None:
    """ITM-125, REC-26: a change of more than 200 items, its undo, and the list before it."""
    ShoppingItem.objects.bulk_create(
        ShoppingItem(shopping_list=groceries, name=f"Item {number}") for number in range(250)
    )
    items = list(groceries.items.all())
    edit(bob_client, groceries, items, shops=["Lidl"], not_found=True)
    edited = current_version(groceries)
    snapshot = bob_client.get(f"{url_of_list(groceries)}snapshot/").json()
    assert bob_client.post(f"{url_of_items(groceries)}remove/", {"purchased": False}).json()
    past = bob_client.get(f"{url_of_list(groceries)}snapshot/?version={edited}").json()
    assert past["items"] == snapshot["items"]
    assert undo(bob_client, groceries).status_code == 200
    assert undo(bob_client, groceries, edited).status_code == 200
    assert not groceries.items.exclude(shops=[]).exists()
    assert not groceries.items.exclude(not_found_at=None).exists()
