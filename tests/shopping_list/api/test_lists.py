"""My lists: made, renamed, put in the trash, restored, searched, in pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from shopping_list.models import Activity, Membership, ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_items, url_of_list

pytestmark = pytest.mark.database

LISTS = "/api/shopping-lists/"


def names(answer: Any) -> list[str]:
    return [row["name"] for row in answer.json()["results"]]


def test_who_makes_a_list_owns_it(ana_client: Any, ana: User) -> None:
    mine = str(uuid4())
    answer = ana_client.post(LISTS, {"id": mine, "name": " Party "})
    body = answer.json()
    assert answer.status_code == 201
    assert (body["id"], body["name"], body["role"]) == (mine, "Party", "owner")
    assert body["members"] == [{"id": ana.pk, "name": "Ana", "role": "owner"}]
    assert body["created_by"] == {"id": ana.pk, "name": "Ana"}
    assert (body["items_open"], body["items_total"], body["version"]) == (0, 0, 1)
    assert answer["ETag"] == '"1"'
    assert ana_client.get(f"{LISTS}{mine}/").json() == body


def test_an_id_of_a_list_can_be_used_once(
    ana_client: Any, mallory_client: Any, groceries: ShoppingList
) -> None:
    for client in (ana_client, mallory_client):
        answer = client.post(LISTS, {"id": str(groceries.pk), "name": "Mine"})
        assert (answer.status_code, answer.json()["code"]) == (409, "id_taken")
    assert mallory_client.get(LISTS).json()["count"] == 0


def test_put_makes_a_list_under_its_id_then_renames_it(ana_client: Any) -> None:
    at = f"{LISTS}{uuid4()}/"
    assert ana_client.put(at, {"name": "Party"}).status_code == 201
    again = ana_client.put(at, {"name": "Wedding"})
    assert (again.status_code, again.json()["name"], again.json()["version"]) == (200, "Wedding", 2)


def test_the_newest_interaction_comes_first(
    ana_client: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    assert names(ana_client.get(LISTS)) == ["Hardware", "Groceries"]
    ana_client.post(url_of_items(groceries), {"name": "Milk"})
    assert names(ana_client.get(LISTS)) == ["Groceries", "Hardware"]
    ana_client.patch(url_of_list(hardware), {"name": "Tools"})
    assert names(ana_client.get(LISTS)) == ["Tools", "Groceries"]
    ana_client.patch(url_of_list(groceries), {"name": "Groceries"})  # changes nothing
    ana_client.get(url_of_list(groceries))
    assert names(ana_client.get(LISTS)) == ["Tools", "Groceries"]


def test_lists_are_sorted_as_asked_and_searched(ana_client: Any, db: None) -> None:
    for name in ("b", "a", "Abc", "c"):
        ana_client.post(LISTS, {"name": name})
    assert names(ana_client.get(LISTS, {"search": "B"})) == ["Abc", "b"]
    assert sorted(names(ana_client.get(f"{LISTS}?ordering=-name"))) == ["Abc", "a", "b", "c"]
    ascending = names(ana_client.get(f"{LISTS}?ordering=name,-last_interaction"))
    assert ascending == names(ana_client.get(f"{LISTS}?ordering=-name"))[::-1]
    assert names(ana_client.get(f"{LISTS}?ordering=created_at")) == ["b", "a", "Abc", "c"]


def test_pages_of_equal_rows_show_each_row_once(ana_client: Any, ana: User) -> None:
    """API-15"""
    same = timezone.now()
    for _ in range(7):
        one = ShoppingList.objects.create(name="Same", created_by=ana)
        Membership.objects.create(shopping_list=one, user=ana, role="owner")
    ShoppingList._base_manager.all().update(created_at=same)
    for ordering in ("name", "-name", "created_at", "-last_interaction"):
        at, seen = f"{LISTS}?page_size=2&ordering={ordering}", []
        while at:
            page = ana_client.get(at).json()
            assert page["count"] == 7
            seen += [row["id"] for row in page["results"]]
            at = page["next"]
        assert len(seen) == len(set(seen)) == 7


def test_a_page_past_the_end_is_empty(ana_client: Any, groceries: ShoppingList) -> None:
    """API-15"""
    page = ana_client.get(f"{LISTS}?page=99").json()
    assert (page["count"], page["results"], page["next"]) == (1, [], None)
    assert ana_client.get(f"{LISTS}?page=1000000&page_size=200").status_code == 200


def test_pages_have_the_sizes_that_are_promised(ana_client: Any, ana: User) -> None:
    lists = [ShoppingList(name=f"{number}", created_by=ana) for number in range(201)]
    ShoppingList.objects.bulk_create(lists)
    Membership.objects.bulk_create(
        [Membership(shopping_list=one, user=ana, role="owner") for one in lists]
    )
    assert len(ana_client.get(LISTS).json()["results"]) == 50
    assert len(ana_client.get(f"{LISTS}?page_size=200").json()["results"]) == 200


def test_what_is_counted_is_what_is_there(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    bob_client.post(url_of_items(groceries), {"name": "Tea", "purchased": True})
    body = bob_client.get(url_of_list(groceries)).json()
    assert (body["items_open"], body["items_total"]) == (1, 2)
    assert bob_client.get(LISTS).json()["results"] == [body]


class TestTrash:
    def test_a_deleted_list_is_nowhere_and_comes_back_whole(
        self, ana_client: Any, bob_client: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-14"""
        at = url_of_list(groceries)
        before = bob_client.get(url_of_item(milk)).json()
        assert ana_client.delete(at).status_code == 204
        assert Activity.objects.latest("id").verb == "list.deleted"
        for client in (ana_client, bob_client):
            assert client.get(at).status_code == 404
            assert client.get(url_of_item(milk)).status_code == 404
            assert client.patch(at, {"name": "Mine"}).status_code == 404
            assert client.put(at, {"name": "Mine"}).status_code == 404
            assert client.delete(at).status_code == 404
            assert client.get(LISTS).json()["count"] == 0
            assert client.get("/api/search-shopping-items/").json()["count"] == 0
        assert bob_client.post(f"{at}restore/").status_code == 403
        restored = ana_client.post(f"{at}restore/")
        assert (restored.status_code, restored.json()["items_total"]) == (200, 1)
        assert restored.json()["version"] == current_version(groceries)
        assert bob_client.get(url_of_item(milk)).json() == before

    def test_restoring_what_is_there_changes_nothing(
        self, ana_client: Any, groceries: ShoppingList
    ) -> None:
        before = current_version(groceries)
        assert ana_client.post(f"{url_of_list(groceries)}restore/").status_code == 200
        assert current_version(groceries) == before

    def test_the_trash_shows_an_owner_what_can_be_restored(
        self,
        *,
        ana_client: Any,
        bob_client: Any,
        mallory_client: Any,
        groceries: ShoppingList,
        hardware: ShoppingList,
        token_client: Any,
        ana: User,
    ) -> None:
        """API-14"""
        alive = ana_client.get(url_of_list(groceries)).json()
        ana_client.delete(url_of_list(groceries))
        [shown] = ana_client.get(LISTS, {"deleted": "true"}).json()["results"]
        groceries.refresh_from_db()
        assert shown["deleted_at"] == groceries.deleted_at.isoformat().replace("+00:00", "Z")
        stamps = ("deleted_at", "version", "last_interaction")
        assert {**shown, **{name: alive[name] for name in stamps}} == alive
        assert alive["deleted_at"] is None
        for client in (bob_client, mallory_client, token_client(ana, list_id=hardware.pk)):
            assert client.get(LISTS, {"deleted": "true"}).json()["count"] == 0
        assert ana_client.get(LISTS, {"deleted": "false"}).json()["count"] == 1
        assert ana_client.get(LISTS, {"deleted": "maybe"}).status_code == 400
        groceries.deleted_at = timezone.now() - timedelta(days=30.01)
        groceries.save()
        assert ana_client.get(LISTS, {"deleted": "true"}).json()["count"] == 0

    @pytest.mark.parametrize(("days", "status"), [(29.99, 200), (30.01, 404)])
    def test_the_trash_is_kept_for_thirty_days(
        self, ana_client: Any, groceries: ShoppingList, days: float, status: int
    ) -> None:
        """API-14"""
        groceries.deleted_at = timezone.now() - timedelta(days=days)
        groceries.save()
        assert ana_client.post(f"{url_of_list(groceries)}restore/").status_code == status


class TestPreconditions:
    def test_a_list_changes_only_as_it_was_seen(
        self, ana_client: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-9"""
        at = url_of_list(groceries)
        seen = ana_client.get(at)
        ana_client.patch(url_of_item(milk), {"purchased": True})
        before = current_version(groceries)
        for verb, body in (("patch", {"name": "New"}), ("put", {"name": "New"}), ("delete", None)):
            answer = getattr(ana_client, verb)(at, body, HTTP_IF_MATCH=seen["ETag"])
            assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
            assert answer.json()["current"] == ana_client.get(at).json()
        assert current_version(groceries) == before
        now = ana_client.get(at)["ETag"]
        assert ana_client.patch(at, {"name": "New"}, HTTP_IF_MATCH=now).status_code == 200
        assert ana_client.delete(at, HTTP_IF_MATCH="*").status_code == 204

    def test_an_item_changes_only_as_it_was_seen(
        self, bob_client: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-9"""
        at = url_of_item(milk)
        seen = bob_client.get(at)["ETag"]
        bob_client.patch(at, {"note": "fresh"})
        before = current_version(groceries)
        for verb, body in (("patch", {"name": "New"}), ("put", {"name": "New"}), ("delete", None)):
            for tag in (seen, "5", "", '""', '"x"', f"{seen}, {seen}"):
                answer = getattr(bob_client, verb)(at, body, HTTP_IF_MATCH=tag)
                assert answer.status_code == 412, (verb, tag)
                assert answer.json()["current"] == bob_client.get(at).json()
        assert current_version(groceries) == before
        now = bob_client.get(at)["ETag"]
        for tag in (now, f"{seen}, {now}", f"W/{now}", "*"):
            assert bob_client.patch(at, {"note": "fresh"}, HTTP_IF_MATCH=tag).status_code == 200
        assert bob_client.delete(at, HTTP_IF_MATCH=now).status_code == 204

    @pytest.mark.parametrize("tag", ["*", '"1"'])
    def test_what_was_removed_since_is_not_made_again(
        self, ana_client: Any, groceries: ShoppingList, tag: str
    ) -> None:
        """API-9"""
        for at in (f"{url_of_items(groceries)}{uuid4()}/", f"{LISTS}{uuid4()}/"):
            answer = ana_client.put(at, {"name": "Again"}, HTTP_IF_MATCH=tag)
            assert (answer.status_code, answer.json()["current"]) == (412, None)
            assert ana_client.get(at).status_code == 404
