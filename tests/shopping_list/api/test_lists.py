"""Lists: created, renamed, deleted, restored, searched, and in pages."""

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


def names(response: Any) -> list[str]:
    return [row["name"] for row in response.json()["results"]]


def test_creating_a_list_makes_its_creator_the_owner(ana_client: Any, ana: User) -> None:
    list_id = str(uuid4())
    response = ana_client.post(LISTS, {"id": list_id, "name": " Party "})
    body = response.json()
    assert response.status_code == 201
    assert (body["id"], body["name"], body["role"]) == (list_id, "Party", "owner")
    assert body["members"] == [{"id": ana.pk, "name": "Ana", "role": "owner"}]
    assert body["created_by"] == {"id": ana.pk, "name": "Ana"}
    assert (body["items_open"], body["items_total"], body["version"]) == (0, 0, 1)
    assert response["ETag"] == f'"1-{body["digest"]}"'
    assert ana_client.get(f"{LISTS}{list_id}/").json() == body


def test_list_id_in_use_returns_409(
    ana_client: Any, mallory_client: Any, groceries: ShoppingList
) -> None:
    for client in (ana_client, mallory_client):
        response = client.post(LISTS, {"id": str(groceries.pk), "name": "Mine"})
        assert (response.status_code, response.json()["code"]) == (409, "id_taken")
    assert mallory_client.get(LISTS).json()["count"] == 0


def test_put_creates_a_list_and_then_renames_it(ana_client: Any) -> None:
    url = f"{LISTS}{uuid4()}/"
    assert ana_client.put(url, {"name": "Party"}).status_code == 201
    response = ana_client.put(url, {"name": "Wedding"})
    assert (response.status_code, response.json()["name"], response.json()["version"]) == (
        200,
        "Wedding",
        2,
    )


def test_lists_are_ordered_by_the_newest_interaction(
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


def test_lists_are_sorted_and_searched_by_the_query_parameters(ana_client: Any, db: None) -> None:
    for name in ("b", "a", "Abc", "c"):
        ana_client.post(LISTS, {"name": name})
    assert names(ana_client.get(LISTS, {"search": "B"})) == ["Abc", "b"]
    assert sorted(names(ana_client.get(f"{LISTS}?ordering=-name"))) == ["Abc", "a", "b", "c"]
    ascending = names(ana_client.get(f"{LISTS}?ordering=name,-last_interaction"))
    assert ascending == names(ana_client.get(f"{LISTS}?ordering=-name"))[::-1]
    assert names(ana_client.get(f"{LISTS}?ordering=created_at")) == ["b", "a", "Abc", "c"]


def test_unknown_sort_field_is_refused_with_the_known_ones(ana_client: Any, db: None) -> None:
    """API-4"""
    response = ana_client.get(LISTS, {"ordering": "size"})
    assert response.status_code == 400
    (rule,) = response.json()["errors"]["ordering"]
    assert rule.startswith("Must be one or more of name, ")


def test_unknown_query_parameters_are_ignored(ana_client: Any, groceries: ShoppingList) -> None:
    """API-4"""
    assert names(ana_client.get(LISTS, {"serach": "x", "_": "1"})) == ["Groceries"]
    assert ana_client.get(LISTS, {"page_size": "x"}).status_code == 400


def test_pages_of_equal_rows_contain_each_row_once(ana_client: Any, ana: User) -> None:
    """API-15"""
    created_at = timezone.now()
    for _ in range(7):
        shopping_list = ShoppingList.objects.create(name="Same", created_by=ana)
        Membership.objects.create(shopping_list=shopping_list, user=ana, role="owner")
    ShoppingList._base_manager.all().update(created_at=created_at)
    for ordering in ("name", "-name", "created_at", "-last_interaction"):
        url, ids = f"{LISTS}?page_size=2&ordering={ordering}", []
        while url:
            page = ana_client.get(url).json()
            assert page["count"] == 7
            ids += [row["id"] for row in page["results"]]
            url = page["next"]
        assert len(ids) == len(set(ids)) == 7


def test_page_after_the_last_is_empty(ana_client: Any, groceries: ShoppingList) -> None:
    """API-15"""
    page = ana_client.get(f"{LISTS}?page=99").json()
    assert (page["count"], page["results"], page["next"]) == (1, [], None)
    assert ana_client.get(f"{LISTS}?page=1000000&page_size=200").status_code == 200


def test_list_pages_have_50_rows_by_default_and_200_at_most(ana_client: Any, ana: User) -> None:
    lists = [ShoppingList(name=f"{number}", created_by=ana) for number in range(201)]
    ShoppingList.objects.bulk_create(lists)
    Membership.objects.bulk_create(
        [Membership(shopping_list=shopping_list, user=ana, role="owner") for shopping_list in lists]
    )
    assert len(ana_client.get(LISTS).json()["results"]) == 50
    assert len(ana_client.get(f"{LISTS}?page_size=200").json()["results"]) == 200


def test_item_counts_match_the_items_of_the_list(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    bob_client.post(url_of_items(groceries), {"name": "Tea", "purchased": True})
    body = bob_client.get(url_of_list(groceries)).json()
    assert (body["items_open"], body["items_total"]) == (1, 2)
    assert bob_client.get(LISTS).json()["results"] == [body]


class TestTrash:
    def test_deleted_list_returns_404_until_it_is_restored_unchanged(
        self, ana_client: Any, bob_client: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-14"""
        url = url_of_list(groceries)
        before = bob_client.get(url_of_item(milk)).json()
        assert ana_client.delete(url).status_code == 204
        assert Activity.objects.latest("id").verb == "list.deleted"
        for client in (ana_client, bob_client):
            assert client.get(url).status_code == 404
            assert client.get(url_of_item(milk)).status_code == 404
            assert client.patch(url, {"name": "Mine"}).status_code == 404
            assert client.put(url, {"name": "Mine"}).status_code == 404
            assert client.delete(url).status_code == 404
            assert client.get(LISTS).json()["count"] == 0
            assert client.get("/api/search-shopping-items/").json()["count"] == 0
        assert bob_client.post(f"{url}restore/").status_code == 403
        restored = ana_client.post(f"{url}restore/")
        assert (restored.status_code, restored.json()["items_total"]) == (200, 1)
        assert restored.json()["version"] == current_version(groceries)
        assert bob_client.get(url_of_item(milk)).json() == before

    def test_restoring_a_list_that_is_not_deleted_changes_nothing(
        self, ana_client: Any, groceries: ShoppingList
    ) -> None:
        before = current_version(groceries)
        assert ana_client.post(f"{url_of_list(groceries)}restore/").status_code == 200
        assert current_version(groceries) == before

    def test_trash_shows_an_owner_the_lists_that_can_be_restored(
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
        before_deletion = ana_client.get(url_of_list(groceries)).json()
        ana_client.delete(url_of_list(groceries))
        [trashed] = ana_client.get(LISTS, {"deleted": "true"}).json()["results"]
        groceries.refresh_from_db()
        assert trashed["deleted_at"] == groceries.deleted_at.isoformat().replace("+00:00", "Z")
        changed_fields = ("deleted_at", "version", "last_interaction")
        assert {
            **trashed,
            **{name: before_deletion[name] for name in changed_fields},
        } == before_deletion
        assert before_deletion["deleted_at"] is None
        for client in (bob_client, mallory_client, token_client(ana, list_id=hardware.pk)):
            assert client.get(LISTS, {"deleted": "true"}).json()["count"] == 0
        assert ana_client.get(LISTS, {"deleted": "false"}).json()["count"] == 1
        assert ana_client.get(LISTS, {"deleted": "maybe"}).status_code == 400
        groceries.deleted_at = timezone.now() - timedelta(days=30.01)
        groceries.save()
        assert ana_client.get(LISTS, {"deleted": "true"}).json()["count"] == 0

    @pytest.mark.parametrize(("days", "status"), [(29.99, 200), (30.01, 404)])
    def test_deleted_list_can_be_restored_for_30_days(
        self, ana_client: Any, groceries: ShoppingList, days: float, status: int
    ) -> None:
        """API-14"""
        groceries.deleted_at = timezone.now() - timedelta(days=days)
        groceries.save()
        assert ana_client.post(f"{url_of_list(groceries)}restore/").status_code == status


class TestPreconditions:
    def test_list_change_returns_412_when_the_etag_is_stale(
        self, ana_client: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-9"""
        url = url_of_list(groceries)
        stale = ana_client.get(url)
        ana_client.patch(url_of_item(milk), {"purchased": True})
        before = current_version(groceries)
        for verb, body in (("patch", {"name": "New"}), ("put", {"name": "New"}), ("delete", None)):
            response = getattr(ana_client, verb)(url, body, HTTP_IF_MATCH=stale["ETag"])
            assert (response.status_code, response.json()["code"]) == (412, "precondition_failed")
            assert response.json()["current"] == ana_client.get(url).json()
        assert current_version(groceries) == before
        current_tag = ana_client.get(url)["ETag"]
        assert ana_client.patch(url, {"name": "New"}, HTTP_IF_MATCH=current_tag).status_code == 200
        assert ana_client.delete(url, HTTP_IF_MATCH="*").status_code == 204

    def test_item_change_returns_412_when_the_etag_is_stale(
        self, bob_client: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-9"""
        url = url_of_item(milk)
        stale_tag = bob_client.get(url)["ETag"]
        bob_client.patch(url, {"note": "fresh"})
        before = current_version(groceries)
        for verb, body in (("patch", {"name": "New"}), ("put", {"name": "New"}), ("delete", None)):
            for tag in (stale_tag, "5", "", '""', '"x"', f"{stale_tag}, {stale_tag}"):
                response = getattr(bob_client, verb)(url, body, HTTP_IF_MATCH=tag)
                assert response.status_code == 412, (verb, tag)
                assert response.json()["current"] == bob_client.get(url).json()
        assert current_version(groceries) == before
        current_tag = bob_client.get(url)["ETag"]
        # Case AB1: what proxies make of a tag when they compress.
        marks = ("-gzip", ";gzip", "--gzip", "-br", "-zstd")
        marked = [current_tag[:-1] + mark + '"' for mark in marks]
        for tag in (f'"0{marks[0]}"', f'{current_tag[:-1]}-other"'):
            assert bob_client.patch(url, {"note": "x"}, HTTP_IF_MATCH=tag).status_code == 412
        for tag in (current_tag, f"{stale_tag}, {current_tag}", f"W/{current_tag}", "*", *marked):
            assert bob_client.patch(url, {"note": "fresh"}, HTTP_IF_MATCH=tag).status_code == 200
        assert bob_client.delete(url, HTTP_IF_MATCH=current_tag).status_code == 204

    @pytest.mark.parametrize("tag", ["*", '"1"'])
    def test_put_with_if_match_does_not_recreate_a_removed_row(
        self, ana_client: Any, groceries: ShoppingList, tag: str
    ) -> None:
        """API-9"""
        for url in (f"{url_of_items(groceries)}{uuid4()}/", f"{LISTS}{uuid4()}/"):
            response = ana_client.put(url, {"name": "Again"}, HTTP_IF_MATCH=tag)
            assert (response.status_code, response.json()["current"]) == (412, None)
            assert ana_client.get(url).status_code == 404
