"""Adding what is already there is not an error."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from shopping_list.models import Activity, ShoppingItem, ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_items

pytestmark = pytest.mark.database


def test_a_new_item_is_added_at_the_end_with_its_tag(
    bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any, bob: User
) -> None:
    mine = str(uuid4())
    sent = {"id": mine, "name": " Bread ", "quantity": "2", "note": "rye", "category": "Bakery"}
    answer = bob_client.post(items_url, sent)
    body = answer.json()
    assert answer.status_code == 201
    assert body.items() >= {**sent, "name": "Bread", "outcome": "added"}.items()
    assert body["created_by"] == {"id": bob.pk, "name": "Bob"}
    assert body["version"] == current_version(groceries)
    assert answer["ETag"] == f'"{body["version"]}"'
    assert body["position"] > milk.position
    assert (body["purchased"], body["purchased_at"], body["purchased_by"]) == (False, None, None)
    assert {**bob_client.get(f"{items_url}{mine}/").json(), "outcome": "added"} == body


@pytest.mark.parametrize("name", ["Milk", "  MILK ", "mil\u212a", "\uff2d\uff49\uff4c\uff4b"])
def test_an_open_item_of_that_name_is_merged_without_a_change(
    bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any, name: str
) -> None:
    """API-5"""
    before = current_version(groceries)
    answer = bob_client.post(
        items_url, {"id": str(uuid4()), "name": name, "quantity": "9", "note": "x"}
    )
    body = answer.json()
    assert answer.status_code == 200
    assert (body["outcome"], body["id"]) == ("merged", str(milk.pk))
    assert (body["quantity"], body["note"], body["name"]) == ("1 l", "", "Milk")
    assert current_version(groceries) == before
    assert answer["ETag"] == f'"{milk.version}"'


def test_merging_fills_an_empty_quantity_and_nothing_else(bob_client: Any, items_url: str) -> None:
    first = bob_client.post(items_url, {"name": "Eggs"}).json()
    body = bob_client.post(items_url, {"name": "eggs", "quantity": "12", "note": "x"}).json()
    assert (body["outcome"], body["id"]) == ("merged", first["id"])
    assert (body["quantity"], body["note"], body["name"]) == ("12", "", "Eggs")
    assert body["version"] > first["version"]


def test_an_item_bought_before_is_put_back_with_the_new_details(
    bob_client: Any, items_url: str, milk: Any
) -> None:
    """API-5"""
    bob_client.patch(url_of_item(milk), {"purchased": True, "note": "fresh"})
    answer = bob_client.post(items_url, {"name": "milk", "quantity": "2 l"})
    body = answer.json()
    assert answer.status_code == 200
    assert (body["outcome"], body["id"]) == ("put_back", str(milk.pk))
    assert (body["purchased"], body["purchased_at"]) == (False, None)
    assert (body["quantity"], body["note"]) == ("2 l", "fresh")
    assert Activity.objects.latest("id").verb == "item.edited"


def test_of_several_bought_items_the_last_one_is_put_back(
    bob_client: Any, items_url: str, groceries: ShoppingList
) -> None:
    first = bob_client.post(items_url, {"name": "Tea", "purchased": True}).json()
    second = bob_client.post(items_url, {"name": "Tea", "purchased": True}).json()
    assert (first["outcome"], second["outcome"]) == ("added", "added")
    assert first["id"] != second["id"]
    assert bob_client.post(items_url, {"name": "tea"}).json()["id"] == second["id"]
    assert groceries.items.filter(purchased=False).count() == 1


def test_duplicates_can_be_asked_to_be_errors(
    bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
) -> None:
    before = current_version(groceries)
    answer = bob_client.post(f"{items_url}?on_duplicate=error", {"name": "milk"})
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["existing"]) == ("duplicate", str(milk.pk))
    assert current_version(groceries) == before
    assert bob_client.post(f"{items_url}?on_duplicate=merge", {"name": "milk"}).status_code == 200
    assert bob_client.post(f"{items_url}?on_duplicate=error", {"name": "Tea"}).status_code == 201


def test_renaming_onto_an_open_item_is_a_duplicate(
    bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
) -> None:
    bread = bob_client.post(items_url, {"name": "Bread"}).json()
    before = current_version(groceries)
    for verb in (bob_client.patch, bob_client.put):
        answer = verb(f"{items_url}{bread['id']}/", {"name": "MILK"})
        assert answer.status_code == 409
        assert answer.json()["existing"] == str(milk.pk)
    assert current_version(groceries) == before
    assert bob_client.patch(url_of_item(milk), {"name": "MILK"}).json()["name"] == "MILK"


def test_unticking_onto_an_open_item_is_a_duplicate(
    bob_client: Any, items_url: str, milk: Any
) -> None:
    bought = bob_client.post(items_url, {"name": "Milk", "purchased": True}).json()
    answer = bob_client.patch(f"{items_url}{bought['id']}/", {"purchased": False})
    assert (answer.status_code, answer.json()["existing"]) == (409, str(milk.pk))


def test_an_id_in_use_is_refused_wherever_it_is_used(
    bob_client: Any, items_url: str, hardware: ShoppingList, milk: Any
) -> None:
    nails = hardware.items.create(name="Nails")
    for taken in (milk, nails):
        answer = bob_client.post(items_url, {"id": str(taken.pk), "name": "Bread"})
        assert (answer.status_code, answer.json()["code"]) == (409, "id_taken")


def test_an_item_goes_behind_the_one_that_it_names(bob_client: Any, items_url: str) -> None:
    first, second = (bob_client.post(items_url, {"name": name}).json() for name in ("One", "Two"))
    bob_client.post(items_url, {"name": "Between", "after": first["id"]})
    bob_client.post(items_url, {"name": "Top", "after": None})
    bob_client.patch(f"{items_url}{first['id']}/", {"after": second["id"]})
    shown = [item["name"] for item in bob_client.get(items_url).json()["results"]]
    assert shown == ["Top", "Between", "Two", "One"]
    assert Activity.objects.latest("id").verb == "item.moved"


def test_put_creates_an_item_under_its_id_then_replaces_it_whole(
    bob_client: Any, items_url: str
) -> None:
    at = f"{items_url}{uuid4()}/"
    made = bob_client.put(at, {"name": "Bread", "note": "rye", "purchased": True})
    assert (made.status_code, made.json()["outcome"]) == (201, "added")
    replaced = bob_client.put(at, {"name": "Bread", "quantity": "2"})
    assert replaced.status_code == 200
    assert "outcome" not in replaced.json()
    body = replaced.json()
    assert (body["note"], body["quantity"], body["purchased"]) == ("", "2", False)
    assert body["position"] == made.json()["position"]


def test_put_of_a_name_that_is_there_answers_the_item_that_has_it(
    bob_client: Any, items_url: str, milk: Any
) -> None:
    answer = bob_client.put(f"{items_url}{uuid4()}/", {"name": "milk"})
    assert (answer.status_code, answer.json()["id"]) == (200, str(milk.pk))
    assert answer.json()["outcome"] == "merged"


def test_who_ticked_and_when_is_told_and_forgotten_when_unticked(
    bob_client: Any, milk: Any, bob: User
) -> None:
    ticked = bob_client.patch(url_of_item(milk), {"purchased": True}).json()
    assert ticked["purchased_by"] == {"id": bob.pk, "name": "Bob"}
    assert ticked["purchased_at"] == ticked["updated_at"]
    open_again = bob_client.patch(url_of_item(milk), {"purchased": False}).json()
    assert (open_again["purchased_by"], open_again["purchased_at"]) == (None, None)


def test_what_changes_nothing_is_no_change(
    bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
) -> None:
    before = current_version(groceries)
    for body in ({}, {"name": "Milk"}, {"purchased": False}, {"quantity": "1 l"}):
        answer = bob_client.patch(url_of_item(milk), body)
        assert (answer.status_code, answer.json()["version"]) == (200, milk.version)
    assert current_version(groceries) == before


class TestBulk:
    def test_each_line_is_answered_and_the_whole_is_one_change(
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
        answer = bob_client.post(f"{items_url}bulk/", {"items": lines})
        results = answer.json()["results"]
        assert [line["outcome"] for line in results] == ["merged", "put_back", "added", "merged"]
        assert [line["item"]["name"] for line in results] == ["Milk", "Tea", "Jam", "Jam"]
        assert results[1]["item"]["id"] == tea["id"]
        assert results[3]["item"] == {**results[2]["item"], "quantity": "2"}
        assert answer.json()["version"] == current_version(groceries) == before + 1

    def test_nothing_new_is_no_change(
        self, bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
    ) -> None:
        before = current_version(groceries)
        answer = bob_client.post(f"{items_url}bulk/", {"items": [{"name": "milk"}]})
        assert answer.json()["version"] == current_version(groceries) == before

    def test_one_bad_line_is_named_and_leaves_nothing_done(
        self, bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-4"""
        good, before = {"name": "Jam"}, current_version(groceries)
        bad = [{"name": "Tea", "after": str(uuid4())}, {"name": "x" * 201}, {"nmae": "Tea"}]
        for line, field in zip(bad, ("after", "name", "nmae"), strict=True):
            answer = bob_client.post(f"{items_url}bulk/", {"items": [good, line]})
            assert answer.status_code == 400
            assert list(answer.json()["errors"]) == [f"items.1.{field}"]
        taken = bob_client.post(
            f"{items_url}bulk/", {"items": [good, {"id": str(milk.pk), "name": "Tea"}]}
        )
        assert (taken.status_code, taken.json()["line"]) == (409, 1)
        assert current_version(groceries) == before

    def test_five_hundred_lines_fit_and_no_more(
        self, bob_client: Any, items_url: str, groceries: ShoppingList
    ) -> None:
        lines = [{"name": f"Thing {number}"} for number in range(501)]
        assert bob_client.post(f"{items_url}bulk/", {"items": lines}).status_code == 400
        assert bob_client.post(f"{items_url}bulk/", {"items": lines[:500]}).status_code == 200
        assert groceries.items.count() == 500

    def test_tick_untick_and_remove_tell_what_really_changed(
        self, bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-6"""
        bread = bob_client.post(items_url, {"name": "Bread"}).json()["id"]
        both = {"items": [str(milk.pk), bread]}
        bob_client.patch(url_of_item(milk), {"purchased": True})
        ticked = bob_client.post(f"{items_url}tick/", both).json()
        assert ticked == {"version": current_version(groceries), "items": [bread]}
        assert Activity.objects.latest("id").verb == "items.ticked"
        again = bob_client.post(f"{items_url}tick/", both).json()
        assert again == {"version": ticked["version"], "items": []}
        assert set(bob_client.post(f"{items_url}untick/", both).json()["items"]) == set(
            both["items"]
        )
        assert set(
            bob_client.post(f"{items_url}tick/", {"purchased": False}).json()["items"]
        ) == set(both["items"])
        gone = bob_client.post(f"{items_url}remove/", {"purchased": True}).json()
        assert set(gone["items"]) == set(both["items"])
        assert not groceries.items.exists()

    def test_of_one_name_only_the_last_bought_is_unticked(
        self, bob_client: Any, items_url: str, groceries: ShoppingList, milk: Any
    ) -> None:
        old, new = (
            bob_client.post(items_url, {"name": "Tea", "purchased": True}).json()["id"]
            for _ in range(2)
        )
        bob_client.post(items_url, {"name": "Milk", "purchased": True})
        answer = bob_client.post(f"{items_url}untick/", {"purchased": True})
        assert (answer.status_code, answer.json()["items"]) == (200, [new])
        assert ShoppingItem.objects.get(pk=old).purchased
        both = bob_client.post(f"{items_url}untick/", {"items": [old, new]})
        assert both.json()["items"] == []

    @pytest.mark.parametrize("verb", ["tick", "untick", "remove"])
    def test_an_id_of_another_list_is_refused_and_nothing_is_done(
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
        answers = [
            ana_client.post(
                f"{url_of_items(groceries)}{verb}/", {"items": [str(milk.pk), str(foreign)]}
            )
            for foreign in (nails.pk, uuid4())
        ]
        for answer in answers:
            assert answer.status_code == 400
            assert list(answer.json()["errors"]) == ["items"]
        assert current_version(groceries) == before
