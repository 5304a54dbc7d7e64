"""A change of many items has ids and the fields that changed, and everything works with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from shopping_list.models import Activity, ShoppingItem, ShoppingList
from shopping_list.recording import compaction
from shopping_list.recording.context import recording
from tests.support.change_recorder import recorded_log
from tests.support.replica import State

pytestmark = [pytest.mark.database, pytest.mark.django_db]
FEW = 3


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat more than FEW items as many."""
    monkeypatch.setattr(compaction, "MAX_WHOLE_ROWS", FEW)


@pytest.fixture
def url(groceries: ShoppingList) -> str:
    """The URL of ana's list."""
    return f"/api/shopping-lists/{groceries.pk}/"


def newest(shopping_list: ShoppingList) -> Activity:
    """Return the newest change of a list."""
    return Activity.objects.filter(list_id=shopping_list.pk).latest("version")


def rows_of(shopping_list: ShoppingList) -> list[tuple[Any, ...]]:
    """Return everything that the items of a list say, but versions and times of the edits."""
    fields = ("id", "name", "name_key", "quantity", "note", "category", "position")
    ticks = ("purchased", "purchased_at", "purchased_by_id", "created_at", "created_by_id")
    return sorted(shopping_list.items.values_list(*fields, *ticks))


def bulk(*names: str) -> dict[str, Any]:
    """Return a body that adds these items."""
    return {"items": [{"name": name, "quantity": "1"} for name in names]}


def mixed_change(shopping_list: ShoppingList) -> None:
    """Add, rename, move, describe, tick and remove items as one change."""
    first, second, third, fourth, fifth = shopping_list.items.order_by("position")
    with recording(shopping_list.pk):
        first.delete()
        second.name = first.name
        second.save()
        ShoppingItem.objects.filter(pk__in=[third.pk, fourth.pk]).update(note="same")
        fifth.purchased = not fifth.purchased
        fifth.save()
        third.position = second.position + "V"
        third.save()
        shopping_list.items.create(name="Sixth")


CHANGES: dict[str, Callable[[APIClient, str, ShoppingList], Any]] = {
    "add": lambda client, url, _: client.post(
        f"{url}shopping-items/bulk/", bulk(*"vwxyz"), format="json"
    ),
    "tick": lambda client, url, _: client.post(f"{url}shopping-items/tick/", {"purchased": False}),
    "untick": lambda client, url, _: client.post(
        f"{url}shopping-items/untick/", {"purchased": True}
    ),
    "remove": lambda client, url, _: client.post(
        f"{url}shopping-items/remove/", {"purchased": True}
    ),
    "mixed": lambda _, __, shopping_list: mixed_change(shopping_list),
    "move": lambda _, __, shopping_list: shopping_list.items.update(position="V"),
}


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("name", CHANGES)
def test_compact_change_is_replayed_and_undone(
    name: str, url: str, groceries: ShoppingList, ana_client: APIClient, bob_client: APIClient
) -> None:
    """REC-26: the log replayed gives the list, and its undo and redo give what was before."""
    for number, letter in enumerate("abcde"):
        bought = number % 2 == 0 or name in {"untick", "remove"}
        groceries.items.create(name=letter, purchased=bought)
    if name == "tick":
        groceries.items.update(purchased=False)
    before = rows_of(groceries)
    CHANGES[name](ana_client, url, groceries)
    after, change = rows_of(groceries), newest(groceries)
    assert after != before
    assert change.summary["items"] > FEW
    undo = f"{url}activities/{change.version}/undo/"
    assert bob_client.post(undo).status_code == 200
    assert rows_of(groceries) == before
    redo = f"{url}activities/{newest(groceries).version}/undo/"
    assert bob_client.post(redo).status_code == 200
    assert [row[:7] for row in rows_of(groceries)] == [row[:7] for row in after]
    replayed = State(change.epoch, 0).after(recorded_log(groceries.pk))
    current = ShoppingList.objects.get(pk=groceries.pk)
    assert (replayed.version, replayed.digest) == (current.version, current.digest)


@pytest.mark.usefixtures("few")
def test_undo_of_a_compact_change_names_the_rows_that_prevent_it(
    url: str, groceries: ShoppingList, ana_client: APIClient
) -> None:
    """REC-26, API-13"""
    for letter in "abcde":
        groceries.items.create(name=letter)
    CHANGES["tick"](ana_client, url, groceries)
    ticked = newest(groceries)
    groceries.items.get(name="a").delete()
    groceries.items.filter(name="b").update(purchased=False)
    response = ana_client.post(f"{url}activities/{ticked.version}/undo/")
    rows = [(row["name"], row["reason"]) for row in response.json()["rows"]]
    assert sorted(rows) == [("An item", "was removed"), ("b", "was changed since")]


def test_change_of_many_items_is_small(
    url: str, groceries: ShoppingList, ana_client: APIClient
) -> None:
    """REC-26: 201 ticked items are 201 ids, in the frame and in the log, and no rows."""
    names = [f"Item {n} {'x' * 100}" for n in range(compaction.MAX_WHOLE_ROWS + 1)]
    ShoppingItem.objects.bulk_create(
        [ShoppingItem(shopping_list=groceries, name=name) for name in names]
    )
    response = CHANGES["tick"](ana_client, url, groceries)
    change = newest(groceries)
    frame = json.loads(bytes(change.frame))
    [patch] = frame["patches"]
    assert frame["items"] == []
    assert set(patch["ids"]) == set(response.json()["items"])
    assert patch["fields"] == {
        "purchased": True,
        "purchased_at": frame["at"],
        "purchased_by": {"id": ana_client.get("/api/auth/me/").json()["id"], "name": "Ana"},
        "version": change.version,
        "updated_at": frame["at"],
    }
    [entry] = change.changes
    assert len(entry["items"]) == len(names)
    assert entry["before"] == {"purchased": False, "purchased_at": None, "purchased_by": None}
    assert len(bytes(change.frame)) + len(json.dumps(change.changes)) < 100 * len(names)
    page = ana_client.get(f"{url}activities/", {"rows": "true"}).json()["results"]
    assert [row["changes"] for row in page[:2]] == [None, None]
    assert page[0]["summary"]["items"] == len(names)


@pytest.mark.usefixtures("few")
def test_removed_rows_of_a_compact_change_are_stored_as_columns(
    url: str, groceries: ShoppingList, ana_client: APIClient
) -> None:
    """REC-26: each row once, and the names of the fields once."""
    CHANGES["add"](ana_client, url, groceries)
    rows = {row["id"]: row for row in json.loads(bytes(newest(groceries).frame))["items"]}
    ana_client.post(f"{url}shopping-items/remove/", {"purchased": False})
    [entry] = newest(groceries).changes
    columns = {name: [rows[pk][name] for pk in entry["items"]] for name in entry["before"]}
    assert (sorted(entry["items"]), entry["after"]) == (sorted(rows), None)
    assert entry["before"] == columns
    assert {"id", *columns} == next(iter(rows.values())).keys()


@pytest.mark.usefixtures("few")
def test_new_rows_of_a_compact_change_are_whole_and_stored_once(
    url: str, groceries: ShoppingList, ana_client: APIClient
) -> None:
    """REC-26"""
    CHANGES["add"](ana_client, url, groceries)
    change = newest(groceries)
    frame = json.loads(bytes(change.frame))
    assert "patches" not in frame
    assert sorted(row["name"] for row in frame["items"]) == list("vwxyz")
    ids = [row["id"] for row in frame["items"]]
    assert change.changes == [{"items": ids, "before": None, "after": {}}]
