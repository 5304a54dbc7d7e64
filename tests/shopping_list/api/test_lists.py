"""My lists: made, renamed, put in the trash, restored, searched, in pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from shopping_list.models import Activity, Membership, ShoppingList
from tests.shopping_list.api.conftest import item_at, items_of, list_at, version_of

LISTS = "/api/shopping-lists/"


def names(answer: Any) -> list[str]:
    return [row["name"] for row in answer.json()["results"]]


def test_who_makes_a_list_owns_it(as_ana: Any, ana: User) -> None:
    mine = str(uuid4())
    answer = as_ana.post(LISTS, {"id": mine, "name": " Party "})
    body = answer.json()
    assert answer.status_code == 201
    assert (body["id"], body["name"], body["role"]) == (mine, "Party", "owner")
    assert body["members"] == [{"id": ana.pk, "name": "Ana", "role": "owner"}]
    assert body["created_by"] == {"id": ana.pk, "name": "Ana"}
    assert (body["items_open"], body["items_total"], body["version"]) == (0, 0, 1)
    assert answer["ETag"] == '"1"'
    assert as_ana.get(f"{LISTS}{mine}/").json() == body


def test_an_id_of_a_list_can_be_used_once(
    as_ana: Any, as_mallory: Any, groceries: ShoppingList
) -> None:
    for client in (as_ana, as_mallory):
        answer = client.post(LISTS, {"id": str(groceries.pk), "name": "Mine"})
        assert (answer.status_code, answer.json()["code"]) == (409, "id_taken")
    assert as_mallory.get(LISTS).json()["count"] == 0


def test_put_makes_a_list_under_its_id_then_renames_it(as_ana: Any) -> None:
    at = f"{LISTS}{uuid4()}/"
    assert as_ana.put(at, {"name": "Party"}).status_code == 201
    again = as_ana.put(at, {"name": "Wedding"})
    assert (again.status_code, again.json()["name"], again.json()["version"]) == (200, "Wedding", 2)


def test_the_newest_interaction_comes_first(
    as_ana: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    assert names(as_ana.get(LISTS)) == ["Hardware", "Groceries"]
    as_ana.post(items_of(groceries), {"name": "Milk"})
    assert names(as_ana.get(LISTS)) == ["Groceries", "Hardware"]
    as_ana.patch(list_at(hardware), {"name": "Tools"})
    assert names(as_ana.get(LISTS)) == ["Tools", "Groceries"]
    as_ana.patch(list_at(groceries), {"name": "Groceries"})  # changes nothing
    as_ana.get(list_at(groceries))
    assert names(as_ana.get(LISTS)) == ["Tools", "Groceries"]


def test_lists_are_sorted_as_asked_and_searched(as_ana: Any, db: None) -> None:
    for name in ("b", "a", "Abc", "c"):
        as_ana.post(LISTS, {"name": name})
    assert names(as_ana.get(LISTS, {"search": "B"})) == ["Abc", "b"]
    assert sorted(names(as_ana.get(f"{LISTS}?ordering=-name"))) == ["Abc", "a", "b", "c"]
    ascending = names(as_ana.get(f"{LISTS}?ordering=name,-last_interaction"))
    assert ascending == names(as_ana.get(f"{LISTS}?ordering=-name"))[::-1]
    assert names(as_ana.get(f"{LISTS}?ordering=created_at")) == ["b", "a", "Abc", "c"]


def test_pages_of_equal_rows_show_each_row_once(as_ana: Any, ana: User) -> None:
    """API-15"""
    same = timezone.now()
    for _ in range(7):
        one = ShoppingList.objects.create(name="Same", created_by=ana)
        Membership.objects.create(shopping_list=one, user=ana, role="owner")
    ShoppingList._base_manager.all().update(created_at=same)
    for ordering in ("name", "-name", "created_at", "-last_interaction"):
        at, seen = f"{LISTS}?page_size=2&ordering={ordering}", []
        while at:
            page = as_ana.get(at).json()
            assert page["count"] == 7
            seen += [row["id"] for row in page["results"]]
            at = page["next"]
        assert len(seen) == len(set(seen)) == 7


def test_a_page_past_the_end_is_empty(as_ana: Any, groceries: ShoppingList) -> None:
    """API-15"""
    page = as_ana.get(f"{LISTS}?page=99").json()
    assert (page["count"], page["results"], page["next"]) == (1, [], None)
    assert as_ana.get(f"{LISTS}?page=1000000&page_size=200").status_code == 200


def test_pages_have_the_sizes_that_are_promised(as_ana: Any, ana: User) -> None:
    lists = [ShoppingList(name=f"{number}", created_by=ana) for number in range(201)]
    ShoppingList.objects.bulk_create(lists)
    Membership.objects.bulk_create(
        [Membership(shopping_list=one, user=ana, role="owner") for one in lists]
    )
    assert len(as_ana.get(LISTS).json()["results"]) == 50
    assert len(as_ana.get(f"{LISTS}?page_size=200").json()["results"]) == 200


def test_what_is_counted_is_what_is_there(as_bob: Any, groceries: ShoppingList, milk: Any) -> None:
    as_bob.post(items_of(groceries), {"name": "Tea", "purchased": True})
    body = as_bob.get(list_at(groceries)).json()
    assert (body["items_open"], body["items_total"]) == (1, 2)
    assert as_bob.get(LISTS).json()["results"] == [body]


class TestTrash:
    def test_a_deleted_list_is_nowhere_and_comes_back_whole(
        self, as_ana: Any, as_bob: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-14"""
        at = list_at(groceries)
        before = as_bob.get(item_at(milk)).json()
        assert as_ana.delete(at).status_code == 204
        assert Activity.objects.latest("id").verb == "list.deleted"
        for client in (as_ana, as_bob):
            assert client.get(at).status_code == 404
            assert client.get(item_at(milk)).status_code == 404
            assert client.patch(at, {"name": "Mine"}).status_code == 404
            assert client.put(at, {"name": "Mine"}).status_code == 404
            assert client.delete(at).status_code == 404
            assert client.get(LISTS).json()["count"] == 0
            assert client.get("/api/search-shopping-items/").json()["count"] == 0
        assert as_bob.post(f"{at}restore/").status_code == 403
        restored = as_ana.post(f"{at}restore/")
        assert (restored.status_code, restored.json()["items_total"]) == (200, 1)
        assert restored.json()["version"] == version_of(groceries)
        assert as_bob.get(item_at(milk)).json() == before

    def test_restoring_what_is_there_changes_nothing(
        self, as_ana: Any, groceries: ShoppingList
    ) -> None:
        before = version_of(groceries)
        assert as_ana.post(f"{list_at(groceries)}restore/").status_code == 200
        assert version_of(groceries) == before

    def test_the_trash_shows_an_owner_what_can_be_restored(
        self,
        *,
        as_ana: Any,
        as_bob: Any,
        as_mallory: Any,
        groceries: ShoppingList,
        hardware: ShoppingList,
        bearer: Any,
        ana: User,
    ) -> None:
        """API-14"""
        alive = as_ana.get(list_at(groceries)).json()
        as_ana.delete(list_at(groceries))
        [shown] = as_ana.get(LISTS, {"deleted": "true"}).json()["results"]
        groceries.refresh_from_db()
        assert shown["deleted_at"] == groceries.deleted_at.isoformat().replace("+00:00", "Z")
        stamps = ("deleted_at", "version", "last_interaction")
        assert {**shown, **{name: alive[name] for name in stamps}} == alive
        assert alive["deleted_at"] is None
        for client in (as_bob, as_mallory, bearer(ana, list_id=hardware.pk)):
            assert client.get(LISTS, {"deleted": "true"}).json()["count"] == 0
        assert as_ana.get(LISTS, {"deleted": "false"}).json()["count"] == 1
        assert as_ana.get(LISTS, {"deleted": "maybe"}).status_code == 400
        groceries.deleted_at = timezone.now() - timedelta(days=30.01)
        groceries.save()
        assert as_ana.get(LISTS, {"deleted": "true"}).json()["count"] == 0

    @pytest.mark.parametrize(("days", "status"), [(29.99, 200), (30.01, 404)])
    def test_the_trash_is_kept_for_thirty_days(
        self, as_ana: Any, groceries: ShoppingList, days: float, status: int
    ) -> None:
        """API-14"""
        groceries.deleted_at = timezone.now() - timedelta(days=days)
        groceries.save()
        assert as_ana.post(f"{list_at(groceries)}restore/").status_code == status


class TestPreconditions:
    def test_a_list_changes_only_as_it_was_seen(
        self, as_ana: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-9"""
        at = list_at(groceries)
        seen = as_ana.get(at)
        as_ana.patch(item_at(milk), {"purchased": True})
        before = version_of(groceries)
        for verb, body in (("patch", {"name": "New"}), ("put", {"name": "New"}), ("delete", None)):
            answer = getattr(as_ana, verb)(at, body, HTTP_IF_MATCH=seen["ETag"])
            assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
            assert answer.json()["current"] == as_ana.get(at).json()
        assert version_of(groceries) == before
        now = as_ana.get(at)["ETag"]
        assert as_ana.patch(at, {"name": "New"}, HTTP_IF_MATCH=now).status_code == 200
        assert as_ana.delete(at, HTTP_IF_MATCH="*").status_code == 204

    def test_an_item_changes_only_as_it_was_seen(
        self, as_bob: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-9"""
        at = item_at(milk)
        seen = as_bob.get(at)["ETag"]
        as_bob.patch(at, {"note": "fresh"})
        before = version_of(groceries)
        for verb, body in (("patch", {"name": "New"}), ("put", {"name": "New"}), ("delete", None)):
            for tag in (seen, "5", "", '""', '"x"', f"{seen}, {seen}"):
                answer = getattr(as_bob, verb)(at, body, HTTP_IF_MATCH=tag)
                assert answer.status_code == 412, (verb, tag)
                assert answer.json()["current"] == as_bob.get(at).json()
        assert version_of(groceries) == before
        now = as_bob.get(at)["ETag"]
        for tag in (now, f"{seen}, {now}", f"W/{now}", "*"):
            assert as_bob.patch(at, {"note": "fresh"}, HTTP_IF_MATCH=tag).status_code == 200
        assert as_bob.delete(at, HTTP_IF_MATCH=now).status_code == 204

    @pytest.mark.parametrize("tag", ["*", '"1"'])
    def test_what_was_removed_since_is_not_made_again(
        self, as_ana: Any, groceries: ShoppingList, tag: str
    ) -> None:
        """API-9"""
        for at in (f"{items_of(groceries)}{uuid4()}/", f"{LISTS}{uuid4()}/"):
            answer = as_ana.put(at, {"name": "Again"}, HTTP_IF_MATCH=tag)
            assert (answer.status_code, answer.json()["current"]) == (412, None)
            assert as_ana.get(at).status_code == 404
