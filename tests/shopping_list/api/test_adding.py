"""Adding items: a name that is already on the list is merged, not an error."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from shopping_list.models import Activity, ShoppingItem, ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_items

pytestmark = pytest.mark.database


def test_new_item_is_added_at_the_end_with_an_etag(
    bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any, bob: User
) -> None:
    item_id = str(uuid4())
    fields = {
        "id": item_id,
        "name": " Bread ",
        "quantity": "2",
        "note": "rye",
        "category": "Bakery",
    }
    response = bob_client.post(items_url, fields)
    body = response.json()
    assert response.status_code == 201
    assert body.items() >= {**fields, "name": "Bread", "outcome": "added"}.items()
    assert body["created_by"] == {"id": bob.pk, "name": "Bob"}
    assert body["version"] == current_version(groceries)
    assert response["ETag"] == f'"{body["version"]}"'
    assert body["position"] > milk.position
    assert (body["purchased"], body["purchased_at"], body["purchased_by"]) == (False, None, None)
    effect = {"outcome": "added", "changed": [], "not_taken": {}}
    assert {**bob_client.get(f"{items_url}{item_id}/").json(), **effect} == body


@pytest.mark.parametrize("name", ["Milk", "  MILK ", "mil\u212a", "\uff2d\uff49\uff4c\uff4b"])
def test_adding_the_name_of_an_open_item_changes_nothing(
    bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any, name: str
) -> None:
    """API-5"""
    before = current_version(groceries)
    response = bob_client.post(items_url, {"id": str(uuid4()), "name": name, "quantity": "1 l"})
    body = response.json()
    assert response.status_code == 200
    assert (body["outcome"], body["id"], body["changed"]) == ("merged", str(milk.pk), [])
    assert (body["quantity"], body["note"], body["name"]) == ("1 l", "", "Milk")
    assert current_version(groceries) == before
    assert response["ETag"] == f'"{milk.version}"'


HAM = {"name": "Ham", "quantity": "100 g", "note": "cooked"}


@pytest.mark.parametrize("path", ["", "bulk/"])
def test_details_that_differ_are_joined(bob_client: Any, items_url: str, path: str) -> None:
    """API-41, case W2"""

    def add(fields: dict[str, Any]) -> Any:
        body = {"items": [fields]} if path else fields
        response = bob_client.post(items_url + path, body).json()
        return response["results"][0] if path else response

    bob_client.post(items_url, HAM)
    results = [add({"name": "ham", "quantity": "200 g", "note": "raw"}) for _ in range(2)]
    assert [result["changed"] for result in results] == [["quantity", "note"], []]
    for result in results:
        item = result.get("item", result)
        assert (result["outcome"], item["name"]) == ("merged", "Ham")
        assert (item["quantity"], item["note"]) == ("100 g + 200 g", "cooked; raw")


def test_put_of_an_unknown_id_merges_like_adding(bob_client: Any, items_url: str) -> None:
    """API-41, case W2"""
    bob_client.post(items_url, HAM)
    body = bob_client.put(f"{items_url}{uuid4()}/", {"name": "Ham", "note": "raw"}).json()
    assert (body["note"], body["quantity"], body["changed"]) == ("cooked; raw", "100 g", ["note"])


def test_category_that_is_not_taken_is_named(bob_client: Any, items_url: str) -> None:
    """API-41"""
    bob_client.post(items_url, {"name": "Ham"})
    first, second = (
        bob_client.post(items_url, {"name": "Ham", "category": category}).json()
        for category in ("Meat", "Party")
    )
    assert (first["category"], first["changed"], first["not_taken"]) == ("Meat", ["category"], {})
    assert (second["category"], second["changed"]) == ("Meat", [])
    assert second["not_taken"] == {"category": "Party"}


def test_texts_that_do_not_fit_together_return_409(
    bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
) -> None:
    """API-42"""
    bob_client.patch(url_of_item(milk), {"note": "x" * 1000})
    before = current_version(groceries)
    response = bob_client.post(items_url, {"name": "Milk", "quantity": "2 l", "note": "oat"})
    body = response.json()
    assert (response.status_code, body["code"], body["field"]) == (409, "merge_conflict", "note")
    assert body["existing"] == str(milk.pk)
    assert "1,000" in body["detail"]
    assert current_version(groceries) == before


def test_bulk_line_that_does_not_fit_is_a_conflict(
    bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
) -> None:
    """API-42"""
    lines = [{"name": "Milk", "quantity": "x" * 50, "note": "oat"}, {"name": "Jam"}]
    results = bob_client.post(f"{items_url}bulk/", {"items": lines}).json()["results"]
    assert [result["outcome"] for result in results] == ["conflict", "added"]
    assert results[0]["not_taken"] == {"quantity": "x" * 50, "note": "oat"}
    assert (results[0]["item"]["quantity"], results[0]["item"]["note"]) == ("1 l", "")
    assert "50 characters" in results[0]["reason"]


def test_purchased_item_is_reopened_with_the_new_details(
    bob_client: Any, items_url: str, milk: Any
) -> None:
    """API-5, API-43"""
    bob_client.patch(url_of_item(milk), {"purchased": True, "note": "fresh"})
    response = bob_client.post(items_url, {"name": "milk", "quantity": "2 l"})
    body = response.json()
    assert response.status_code == 200
    assert (body["outcome"], body["id"]) == ("put_back", str(milk.pk))
    assert (body["purchased"], body["purchased_at"]) == (False, None)
    assert (body["quantity"], body["note"]) == ("2 l", "fresh")
    assert Activity.objects.latest("id").verb == "item.edited"


def test_last_purchased_item_is_reopened_when_several_have_the_name(
    bob_client: Any, items_url: str, groceries: ShoppingList
) -> None:
    first = bob_client.post(items_url, {"name": "Tea", "purchased": True}).json()
    second = bob_client.post(items_url, {"name": "Tea", "purchased": True}).json()
    assert (first["outcome"], second["outcome"]) == ("added", "added")
    assert first["id"] != second["id"]
    assert bob_client.post(items_url, {"name": "tea"}).json()["id"] == second["id"]
    assert groceries.items.filter(purchased=False).count() == 1


def test_duplicate_returns_409_when_on_duplicate_is_error(
    bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
) -> None:
    before = current_version(groceries)
    response = bob_client.post(f"{items_url}?on_duplicate=error", {"name": "milk"})
    assert response.status_code == 409
    assert (response.json()["code"], response.json()["existing"]) == ("duplicate", str(milk.pk))
    assert current_version(groceries) == before
    assert bob_client.post(f"{items_url}?on_duplicate=merge", {"name": "milk"}).status_code == 200
    assert bob_client.post(f"{items_url}?on_duplicate=error", {"name": "Tea"}).status_code == 201


def test_renaming_to_the_name_of_an_open_item_returns_409(
    bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
) -> None:
    bread = bob_client.post(items_url, {"name": "Bread"}).json()
    before = current_version(groceries)
    for verb in (bob_client.patch, bob_client.put):
        response = verb(f"{items_url}{bread['id']}/", {"name": "MILK"})
        assert response.status_code == 409
        assert response.json()["existing"] == str(milk.pk)
    assert current_version(groceries) == before
    assert bob_client.patch(url_of_item(milk), {"name": "MILK"}).json()["name"] == "MILK"


def test_unticking_returns_409_when_an_open_item_has_the_name(
    bob_client: Any, items_url: str, milk: Any
) -> None:
    purchased = bob_client.post(items_url, {"name": "Milk", "purchased": True}).json()
    response = bob_client.patch(f"{items_url}{purchased['id']}/", {"purchased": False})
    assert (response.status_code, response.json()["existing"]) == (409, str(milk.pk))


def test_item_id_in_use_on_any_list_returns_409(
    bob_client: Any, items_url: str, hardware: ShoppingList, milk: Any
) -> None:
    nails = hardware.items.create(name="Nails")
    for existing in (milk, nails):
        response = bob_client.post(items_url, {"id": str(existing.pk), "name": "Bread"})
        assert (response.status_code, response.json()["code"]) == (409, "id_taken")


def test_item_is_placed_behind_the_item_named_by_after(bob_client: Any, items_url: str) -> None:
    first, second = (bob_client.post(items_url, {"name": name}).json() for name in ("One", "Two"))
    bob_client.post(items_url, {"name": "Between", "after": first["id"]})
    bob_client.post(items_url, {"name": "Top", "after": None})
    bob_client.patch(f"{items_url}{first['id']}/", {"after": second["id"]})
    names = [item["name"] for item in bob_client.get(items_url).json()["results"]]
    assert names == ["Top", "Between", "Two", "One"]
    assert Activity.objects.latest("id").verb == "item.moved"


def test_put_creates_an_item_and_then_replaces_all_fields(bob_client: Any, items_url: str) -> None:
    url = f"{items_url}{uuid4()}/"
    created = bob_client.put(url, {"name": "Bread", "note": "rye", "purchased": True})
    assert (created.status_code, created.json()["outcome"]) == (201, "added")
    replaced = bob_client.put(url, {"name": "Bread", "quantity": "2"})
    assert replaced.status_code == 200
    assert "outcome" not in replaced.json()
    body = replaced.json()
    assert (body["note"], body["quantity"], body["purchased"]) == ("", "2", False)
    assert body["position"] == created.json()["position"]


def test_put_with_the_name_of_an_open_item_returns_that_item(
    bob_client: Any, items_url: str, milk: Any
) -> None:
    response = bob_client.put(f"{items_url}{uuid4()}/", {"name": "milk"})
    assert (response.status_code, response.json()["id"]) == (200, str(milk.pk))
    assert response.json()["outcome"] == "merged"


def test_ticking_sets_purchased_by_and_at_and_unticking_clears_them(
    bob_client: Any, milk: Any, bob: User
) -> None:
    ticked = bob_client.patch(url_of_item(milk), {"purchased": True}).json()
    assert ticked["purchased_by"] == {"id": bob.pk, "name": "Bob"}
    assert ticked["purchased_at"] == ticked["updated_at"]
    unticked = bob_client.patch(url_of_item(milk), {"purchased": False}).json()
    assert (unticked["purchased_by"], unticked["purchased_at"]) == (None, None)


def test_edit_without_a_difference_changes_no_version(
    bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
) -> None:
    before = current_version(groceries)
    for body in ({}, {"name": "Milk"}, {"purchased": False}, {"quantity": "1 l"}):
        response = bob_client.patch(url_of_item(milk), body)
        assert (response.status_code, response.json()["version"]) == (200, milk.version)
    assert current_version(groceries) == before


class TestBulk:
    def test_bulk_add_returns_every_outcome_and_is_one_change(
        self, bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-6"""
        tea = bob_client.post(items_url, {"name": "Tea", "purchased": True}).json()
        before = current_version(groceries)
        lines = [
            {"name": "milk"},
            {"name": "tea"},
            {"name": "Jam"},
            {"name": "JAM", "quantity": "2"},
        ]
        response = bob_client.post(f"{items_url}bulk/", {"items": lines})
        results = response.json()["results"]
        assert [line["outcome"] for line in results] == ["merged", "put_back", "added", "merged"]
        assert [line["item"]["name"] for line in results] == ["Milk", "Tea", "Jam", "Jam"]
        assert results[1]["item"]["id"] == tea["id"]
        assert results[3]["item"] == {**results[2]["item"], "quantity": "2"}
        assert response.json()["version"] == current_version(groceries) == before + 1

    def test_bulk_add_without_new_items_changes_no_version(
        self, bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
    ) -> None:
        before = current_version(groceries)
        response = bob_client.post(f"{items_url}bulk/", {"items": [{"name": "milk"}]})
        assert response.json()["version"] == current_version(groceries) == before

    def test_bulk_add_changes_nothing_when_one_line_is_invalid(
        self, bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-4"""
        valid_line, before = {"name": "Jam"}, current_version(groceries)
        invalid_lines = [
            {"name": "Tea", "after": str(uuid4())},
            {"name": "x" * 201},
            {"nmae": "Tea"},
        ]
        for line, field in zip(invalid_lines, ("after", "name", "nmae"), strict=True):
            response = bob_client.post(f"{items_url}bulk/", {"items": [valid_line, line]})
            assert response.status_code == 400
            assert list(response.json()["errors"]) == [f"items.1.{field}"]
        response = bob_client.post(
            f"{items_url}bulk/", {"items": [valid_line, {"id": str(milk.pk), "name": "Tea"}]}
        )
        assert (response.status_code, response.json()["line"]) == (409, 1)
        assert current_version(groceries) == before

    def test_bulk_add_accepts_at_most_500_lines(
        self, bob_client: Any, items_url: str, groceries: ShoppingList
    ) -> None:
        lines = [{"name": f"Thing {number}"} for number in range(501)]
        assert bob_client.post(f"{items_url}bulk/", {"items": lines}).status_code == 400
        assert bob_client.post(f"{items_url}bulk/", {"items": lines[:500]}).status_code == 200
        assert groceries.items.count() == 500

    def test_bulk_tick_untick_and_remove_return_only_the_changed_items(
        self, bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-6"""
        bread = bob_client.post(items_url, {"name": "Bread"}).json()["id"]
        both = {"items": [str(milk.pk), bread]}
        bob_client.patch(url_of_item(milk), {"purchased": True})
        ticked = bob_client.post(f"{items_url}tick/", both).json()
        assert ticked == {"version": current_version(groceries), "items": [bread]}
        assert Activity.objects.latest("id").verb == "items.ticked"
        repeated = bob_client.post(f"{items_url}tick/", both).json()
        assert repeated == {"version": ticked["version"], "items": []}
        assert set(bob_client.post(f"{items_url}untick/", both).json()["items"]) == set(
            both["items"]
        )
        assert set(
            bob_client.post(f"{items_url}tick/", {"purchased": False}).json()["items"]
        ) == set(both["items"])
        removed = bob_client.post(f"{items_url}remove/", {"purchased": True}).json()
        assert set(removed["items"]) == set(both["items"])
        assert not groceries.items.exists()

    def test_bulk_untick_reopens_only_the_last_purchased_item_of_a_name(
        self, bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
    ) -> None:
        old, new = (
            bob_client.post(items_url, {"name": "Tea", "purchased": True}).json()["id"]
            for _ in range(2)
        )
        bob_client.post(items_url, {"name": "Milk", "purchased": True})
        response = bob_client.post(f"{items_url}untick/", {"purchased": True})
        assert (response.status_code, response.json()["items"]) == (200, [new])
        assert ShoppingItem.objects.get(pk=old).purchased
        both = bob_client.post(f"{items_url}untick/", {"items": [old, new]})
        assert both.json()["items"] == []

    @pytest.mark.parametrize("verb", ["tick", "untick", "remove"])
    def test_bulk_action_changes_nothing_when_an_id_is_on_another_list(
        self,
        *,
        ana_client: Any,
        groceries: ShoppingList,
        hardware: ShoppingList,
        verb: str,
        milk: Any,
    ) -> None:
        nails = hardware.items.create(name="Nails")
        before = current_version(groceries)
        responses = [
            ana_client.post(
                f"{url_of_items(groceries)}{verb}/", {"items": [str(milk.pk), str(foreign)]}
            )
            for foreign in (nails.pk, uuid4())
        ]
        for response in responses:
            assert response.status_code == 400
            assert list(response.json()["errors"]) == ["items"]
        assert current_version(groceries) == before
