"""The changes of one item."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shopping_list.models import Activity, ShoppingList
from shopping_list.recording.context import recording
from shopping_list.services import item_history
from tests.shopping_list.api.conftest import url_of_item, url_of_items, url_of_list


def url_of_activities(shopping_list: ShoppingList) -> str:
    return f"{url_of_list(shopping_list)}activities/"


def versions(client: Any, shopping_list: ShoppingList, item: Any, **query: Any) -> list[int]:
    """Return the versions of all changes of an item, page by page."""
    query, seen = {"item": str(item), **query}, []
    while True:
        page = client.get(url_of_activities(shopping_list), query).json()
        assert page["previous"] is None
        seen += [row["version"] for row in page["results"]]
        if page["next"] is None:
            return seen
        query = {name: value[0] for name, value in parse_qs(urlsplit(page["next"]).query).items()}


def logged_versions(shopping_list: ShoppingList, item: Any) -> list[int]:
    """Return the versions of all changes that name an item, newest first."""
    log = Activity.objects.filter(list_id=shopping_list.pk).order_by("-version")
    return [change.version for change in log if str(item) in str(change.changes)]


def test_history_of_an_item_has_its_changes_and_no_other(bob_client, groceries, milk):
    """API-47"""
    bread = groceries.items.create(name="Bread")
    for quantity in ("2 l", "3 l"):
        bob_client.patch(url_of_item(milk), {"quantity": quantity})
        bob_client.patch(url_of_item(bread), {"quantity": quantity})
    bob_client.post(f"{url_of_items(groceries)}tick/", {"purchased": False})
    response = bob_client.get(url_of_activities(groceries), {"item": str(milk.pk)}).json()
    assert [row["verb"] for row in response["results"]] == [
        "items.ticked",
        "item.edited",
        "item.edited",
        "item.added",
    ]
    assert [row["summary"]["fields"].get("quantity") for row in response["results"]] == [
        None,
        {"before": "2 l", "after": "3 l"},
        {"before": "1 l", "after": "2 l"},
        None,
    ]
    assert versions(bob_client, groceries, milk.pk) == logged_versions(groceries, milk.pk)


def test_history_of_an_item_has_pages(bob_client, groceries, milk):
    """API-47"""
    for number in range(7):
        bob_client.patch(url_of_item(milk), {"note": str(number)})
    expected = logged_versions(groceries, milk.pk)
    assert versions(bob_client, groceries, milk.pk, page_size=3) == expected
    assert len(expected) == 8


def test_history_of_an_item_reads_back_over_changes_of_many_rows(bob_client, groceries, milk):
    """API-47"""
    url = url_of_items(groceries)
    for start in (0, 150):
        names = [{"name": f"Item {number}"} for number in range(start, start + 150)]
        bob_client.post(f"{url}bulk/", {"items": names})
    bob_client.patch(url_of_item(milk), {"note": "cold"})
    bob_client.post(f"{url}tick/", {"purchased": False})
    bob_client.post(f"{url}untick/", {"purchased": True})
    expected = logged_versions(groceries, milk.pk)
    assert len(expected) == 4
    assert versions(bob_client, groceries, milk.pk) == expected
    other = groceries.items.get(name="Item 299")
    assert versions(bob_client, groceries, other.pk) == logged_versions(groceries, other.pk)


@pytest.mark.parametrize("others", [0, 250])
def test_history_of_an_item_leads_on_over_a_removal_that_was_undone(
    bob_client, groceries, milk, others
):
    """API-47"""
    with recording(groceries.pk):
        for number in range(others):
            groceries.items.create(name=f"Item {number}")
    bob_client.patch(url_of_item(milk), {"note": "cold"})
    ids = [str(pk) for pk in groceries.items.values_list("pk", flat=True)]
    removed = bob_client.post(f"{url_of_items(groceries)}remove/", {"items": ids}).json()
    response = bob_client.post(f"{url_of_activities(groceries)}{removed['version']}/undo/")
    assert response.status_code == 200, response.json()
    expected = logged_versions(groceries, milk.pk)
    assert versions(bob_client, groceries, milk.pk) == expected
    assert len(expected) == 4


def test_history_of_an_item_costs_the_same_in_a_long_log(
    bob_client, groceries, milk, django_assert_max_num_queries
):
    """API-47"""
    bob_client.patch(url_of_item(milk), {"note": "cold"})
    newest = Activity.objects.filter(list_id=groceries.pk).latest("version")
    Activity.objects.bulk_create(
        Activity(
            list_id=groceries.pk,
            version=newest.version + number,
            epoch=newest.epoch,
            verb="item.edited",
            changes=[],
            frame=b"",
            at=newest.at,
        )
        for number in range(1, 5001)
    )
    with django_assert_max_num_queries(15) as queries:
        assert len(versions(bob_client, groceries, milk.pk)) == 2
    read = [query["sql"] for query in queries.captured_queries if '"changes"' in query["sql"]]
    assert len(read) == 2


def test_page_of_an_item_ends_when_it_has_read_many_rows(bob_client, groceries, milk, monkeypatch):
    """API-47"""
    monkeypatch.setattr(item_history, "MAX_ROWS", 2)
    for note in ("a", "b", "c"):
        bob_client.patch(url_of_item(milk), {"note": note})
    page = bob_client.get(url_of_activities(groceries), {"item": str(milk.pk)}).json()
    assert len(page["results"]) == 2
    assert versions(bob_client, groceries, milk.pk) == logged_versions(groceries, milk.pk)


def test_item_that_is_not_on_the_list_is_refused_by_name(
    bob_client, groceries, milk, mallory_client
):
    """API-47"""
    url = url_of_activities(groceries)
    theirs = ShoppingList.objects.create(name="Loot").items.create(name="Gold")
    unknown = bob_client.get(url, {"item": str(uuid.uuid4())})
    assert unknown.status_code == 400
    assert set(unknown.json()["errors"]) == {"item"}
    foreign = bob_client.get(url, {"item": str(theirs.pk)})
    assert foreign.json()["errors"] == unknown.json()["errors"]
    malformed = bob_client.get(url, {"item": "milk"})
    assert malformed.status_code == 400
    assert malformed.json()["errors"] == {"item": ["Must be a UUID."]}
    both = bob_client.get(url, {"item": str(milk.pk), "since": 0})
    assert set(both.json()["errors"]) == {"item"}
    assert set(bob_client.get(url, {"item": str(milk.pk), "cursor": "x"}).json()["errors"]) == {
        "cursor"
    }
    assert mallory_client.get(url, {"item": str(milk.pk)}).status_code == 404


def test_cursor_of_a_change_without_the_item_ends_the_history(bob_client, groceries, milk):
    """API-47"""
    bread = groceries.items.create(name="Bread")
    bread.refresh_from_db()
    assert versions(bob_client, groceries, milk.pk, cursor=bread.version) == []
