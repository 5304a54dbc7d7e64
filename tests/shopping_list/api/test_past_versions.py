"""A list as it was: read at a version or a moment, and put back as one change."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from shopping_list import ceilings, queries
from shopping_list.digest import digest_of
from shopping_list.models import Activity, ShoppingItem, ShoppingList
from shopping_list.recording import bookkeeping, compaction
from shopping_list.services import past_versions
from tests.shopping_list.api.conftest import (
    current_version,
    url_of_item,
    url_of_items,
    url_of_list,
)

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def snapshot(client: Any, shopping_list: ShoppingList, **params: object) -> Any:
    return client.get(f"{url_of_list(shopping_list)}snapshot/", params)


def put_back(client: Any, shopping_list: ShoppingList, version: int, **headers: str) -> Any:
    url = f"{url_of_list(shopping_list)}activities/{version}/put-back/"
    return client.post(url, headers=headers)


def texts(shopping_list: ShoppingList) -> list[tuple[Any, ...]]:
    """Return all that a user sees of the items, in their order."""
    columns = ("id", "name", "quantity", "note", "category", "position", "created_at")
    ticks = ("purchased", "purchased_at", "purchased_by_id", "created_by_id")
    return list(shopping_list.items.order_by("position", "id").values_list(*columns, *ticks))


@pytest.fixture
def history(bob_client: Any, groceries: ShoppingList, milk: Any) -> dict[int, Any]:
    """Edit ana's list in many ways; return its snapshot after each change."""
    items = url_of_items(groceries)
    snapshots = {}

    def remember() -> None:
        body = snapshot(bob_client, groceries).json()
        snapshots[body["version"]] = body

    def send(method: str, url: str, body: object = None) -> Any:
        response = getattr(bob_client, method)(url, body)
        assert response.status_code < 300, response.content
        remember()
        return response

    remember()
    added = send("post", f"{items}bulk/", {"items": [{"name": f"Item {n}"} for n in range(5)]})
    ids = [line["item"]["id"] for line in added.json()["results"]]
    send("patch", url_of_item(milk), {"name": "Oat milk", "note": "the good one"})
    send("patch", f"{items}{ids[0]}/", {"purchased": True})
    send("patch", f"{items}{ids[1]}/", {"after": None})
    send("post", f"{items}tick/", {"purchased": False})
    send("post", f"{items}remove/", {"items": ids[2:4]})
    send("post", f"{items}untick/", {"purchased": True})
    send("patch", f"{items}{ids[0]}/", {"purchased": True})
    send("patch", f"{items}{ids[4]}/", {"name": "Milk"})
    groceries.name = "Party"
    groceries.save()
    remember()
    return snapshots


@pytest.mark.parametrize("max_whole_rows", [compaction.MAX_WHOLE_ROWS, 2])
def test_list_at_a_version_is_what_it_was(
    max_whole_rows: int, request: Any, bob_client: Any, groceries: ShoppingList, monkeypatch: Any
) -> None:
    """API-44: also across changes of many items, which are stored without whole rows."""
    monkeypatch.setattr(compaction, "MAX_WHOLE_ROWS", max_whole_rows)
    history = request.getfixturevalue("history")
    digests = dict(Activity.objects.filter(list_id=groceries.pk).values_list("version", "digest"))
    assert len(history) == 11
    for version, then in history.items():
        response = snapshot(bob_client, groceries, version=version)
        assert response.json() == then
        assert then["digest"] == digests[version]
        assert response["ETag"] == f'"{version}-{then["digest"]}"'


def test_list_at_a_moment_has_the_changes_up_to_it(
    bob_client: Any, groceries: ShoppingList, history: dict[int, Any]
) -> None:
    """API-44"""
    for version, then in history.items():
        at = then["list"]["last_interaction"]
        assert snapshot(bob_client, groceries, at=at).json() == then
        moment = datetime.fromisoformat(at) - timedelta(microseconds=1)
        before = snapshot(bob_client, groceries, at=moment.isoformat()).json()
        assert before["version"] == version - 1
    later = timezone.now() + timedelta(days=1)
    assert snapshot(bob_client, groceries, at=later.isoformat()).json() == then


def test_list_is_not_read_before_its_log_begins(bob_client: Any, groceries: ShoppingList) -> None:
    """API-44: the answer says how far back it can be read."""
    created = Activity.objects.filter(list_id=groceries.pk).earliest("version")
    too_early = created.at - timedelta(seconds=1)
    for params in ({"version": 0}, {"at": too_early.isoformat()}):
        response = snapshot(bob_client, groceries, **params)
        body = response.json()
        assert (response.status_code, body["code"]) == (404, "not_in_log")
        assert datetime.fromisoformat(body["begins_at"]) == created.at
    assert snapshot(bob_client, groceries, version=1_000).json()["code"] == "not_in_log"
    assert put_back(bob_client, groceries, 0).json()["code"] == "not_in_log"


def test_list_is_not_read_across_a_new_history(
    bob_client: Any, groceries: ShoppingList, history: dict[int, Any]
) -> None:
    """API-44"""
    now = queries.snapshot(groceries.pk)
    assert now is not None
    digest = digest_of(now.list, now.items)
    bookkeeping.start_new_history(groceries.pk, epoch="k3f9a2xx", digest=digest)
    assert snapshot(bob_client, groceries, version=now.version).status_code == 200
    body = snapshot(bob_client, groceries, version=now.version - 1).json()
    assert (body["code"], body["begins_at"]) == ("not_in_log", None)


def test_list_whose_rows_are_not_those_of_its_log_is_not_read(
    bob_client: Any, groceries: ShoppingList, history: dict[int, Any], caplog: Any
) -> None:
    """API-44: the digest of the rows proves them."""
    Activity.objects.filter(list_id=groceries.pk, version=max(history)).update(
        changes=[
            {
                "list": str(groceries.pk),
                "before": {
                    "name": "Never",
                    "deleted": False,
                    "created_at": groceries.created_at.isoformat(),
                    "created_by": None,
                },
                "after": {},
            }
        ]
    )
    with caplog.at_level(logging.ERROR):
        response = snapshot(bob_client, groceries, version=max(history) - 1)
    assert (response.status_code, response.json()["code"]) == (404, "not_in_log")
    assert "do not agree" in caplog.text


def test_list_is_not_read_across_a_change_of_many_rows_without_their_stamps(
    bob_client: Any, groceries: ShoppingList, monkeypatch: Any
) -> None:
    """API-44: as such changes were recorded before; what is newer can be read."""
    monkeypatch.setattr(compaction, "MAX_WHOLE_ROWS", 1)
    for name in ("Milk", "Bread"):
        groceries.items.create(name=name)
    groceries.items.update(note="same")
    version = current_version(groceries)
    groceries.items.create(name="Salt")
    log = Activity.objects.get(list_id=groceries.pk, version=version)
    for entry in log.changes:
        del entry["stamps"]
    Activity.objects.filter(pk=log.pk).update(changes=log.changes)
    assert len(snapshot(bob_client, groceries, version=version).json()["items"]) == 2
    body = snapshot(bob_client, groceries, version=version - 1).json()
    assert (body["code"], datetime.fromisoformat(body["begins_at"])) == ("not_in_log", log.at)


def test_number_of_changes_that_are_replayed_is_bounded(
    bob_client: Any, groceries: ShoppingList, history: dict[int, Any], monkeypatch: Any
) -> None:
    """API-44"""
    monkeypatch.setattr(past_versions, "MAX_CHANGES", 3)
    monkeypatch.setattr(past_versions, "BATCH_SIZE", 1)
    newest = max(history)
    assert snapshot(bob_client, groceries, version=newest - 2).json() == history[newest - 2]
    assert snapshot(bob_client, groceries, version=newest - 3).json()["code"] == "not_in_log"


@pytest.mark.parametrize(
    "params",
    [
        {"version": "-1"},
        {"version": "x"},
        {"at": "yesterday"},
        {"at": "2026-11-22T10:00:00"},
        {"at": "2026-13-22T10:00:00Z"},
        {"at": "2026-11-22T10:00:00Z", "version": 1},
    ],
)
def test_wrong_version_or_moment_is_a_400(
    params: dict[str, object], bob_client: Any, groceries: ShoppingList
) -> None:
    """API-44"""
    response = snapshot(bob_client, groceries, **params)
    assert (response.status_code, response.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("max_whole_rows", [compaction.MAX_WHOLE_ROWS, 2])
def test_items_are_put_back_to_any_version_as_one_change_that_can_be_undone(
    max_whole_rows: int,
    bob_client: Any,
    groceries: ShoppingList,
    history: dict[int, Any],
    recorded_changes: Callable[..., Any],
    monkeypatch: Any,
) -> None:
    """API-45"""
    monkeypatch.setattr(compaction, "MAX_WHOLE_ROWS", max_whole_rows)
    newest, at_the_end = max(history), texts(groceries)
    for version in sorted(history)[:-2]:
        before = current_version(groceries)
        with recorded_changes(groceries) as recorded:
            response = put_back(bob_client, groceries, version)
        assert response.status_code == 200, response.content
        assert recorded.only_change.version == response.json()["version"] == before + 1
        items = snapshot(bob_client, groceries).json()["items"]
        bookkept = {"version": None, "updated_at": None}
        assert [{**row, **bookkept} for row in items] == [
            {**row, **bookkept} for row in history[version]["items"]
        ]
        undo = f"{url_of_list(groceries)}activities/{before + 1}/undo/"
        assert bob_client.post(undo).status_code == 200
        assert texts(groceries) == at_the_end
        put_back(bob_client, groceries, newest)
    groceries.refresh_from_db()
    assert groceries.name == "Party"


def test_state_that_the_list_has_already_is_not_put_back(
    bob_client: Any, groceries: ShoppingList, history: dict[int, Any]
) -> None:
    """API-45"""
    version = current_version(groceries)
    for each in (version, version - 1):  # the newest change is a rename
        response = put_back(bob_client, groceries, each)
        assert (response.status_code, response.json()["code"]) == (409, "nothing_to_put_back")
    assert current_version(groceries) == version


def test_item_that_was_moved_to_another_list_is_put_back_as_a_copy(
    ana: Any, ana_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """API-45"""
    version = current_version(groceries)
    other = ShoppingList.objects.create(name="Party", created_by=ana)
    milk.shopping_list = other
    milk.save()
    assert put_back(ana_client, groceries, version).status_code == 200
    milk.refresh_from_db()
    assert milk.shopping_list_id == other.pk
    copy = groceries.items.get()
    assert (copy.name, copy.quantity) == ("Milk", "1 l")
    assert copy.pk != milk.pk


def test_names_that_were_exchanged_are_put_back(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """API-45: no name is open twice in between."""
    bread = groceries.items.create(name="Bread")
    version = current_version(groceries)
    for item, name in ((milk, "x"), (bread, "Milk"), (milk, "Bread")):
        assert bob_client.patch(url_of_item(item), {"name": name}).status_code == 200
    assert put_back(bob_client, groceries, version).status_code == 200
    names = dict(groceries.items.values_list("pk", "name"))
    assert names == {milk.pk: "Milk", bread.pk: "Bread"}


def test_list_that_has_moved_on_is_not_put_back(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """API-45: If-Match has the version that the user saw."""
    version = current_version(groceries)
    bob_client.patch(url_of_item(milk), {"note": "seen"})
    seen = snapshot(bob_client, groceries)["ETag"]
    bob_client.patch(url_of_item(milk), {"note": "not seen"})
    response = put_back(bob_client, groceries, version, if_match=seen)
    assert (response.status_code, response.json()["code"]) == (412, "precondition_failed")
    milk.refresh_from_db()
    assert milk.note == "not seen"
    tag = f'"{response.json()["current"]["version"]}-{response.json()["current"]["digest"]}"'
    assert put_back(bob_client, groceries, version, if_match=tag).status_code == 200


def test_repeated_request_puts_back_once(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """API-45"""
    version = current_version(groceries)
    bob_client.patch(url_of_item(milk), {"note": "new"})
    key = str(uuid.uuid4())
    first = put_back(bob_client, groceries, version, idempotency_key=key)
    bob_client.patch(url_of_item(milk), {"note": "newer"})
    again = put_back(bob_client, groceries, version, idempotency_key=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    milk.refresh_from_db()
    assert milk.note == "newer"


def test_ceiling_of_items_holds_when_items_are_put_back(
    bob_client: Any, groceries: ShoppingList, milk: Any, monkeypatch: Any
) -> None:
    """API-36, API-45"""
    groceries.items.create(name="Bread")
    version = current_version(groceries)
    milk.delete()
    monkeypatch.setattr(ceilings, "MAX_ITEMS", 1)
    before = texts(groceries)
    response = put_back(bob_client, groceries, version)
    assert (response.status_code, response.json()["code"]) == (409, "too_many_items")
    assert texts(groceries) == before


def test_user_whose_account_was_deleted_is_not_put_back(
    make_user: Any, bob_client: Any, groceries: ShoppingList
) -> None:
    """API-45"""
    cleo = make_user("cleo")
    item = groceries.items.create(name="Tea", created_by=cleo, purchased=True, purchased_by=cleo)
    version = current_version(groceries)
    groceries.items.filter(pk=item.pk).delete()
    cleo.delete()
    assert put_back(bob_client, groceries, version).status_code == 200
    tea = ShoppingItem.objects.get(pk=item.pk)
    assert (tea.created_by, tea.purchased_by, tea.purchased) == (None, None, True)
    assert tea.purchased_at == item.purchased_at


def test_changes_are_counted_by_quarters_of_an_hour(
    bob_client: Any, groceries: ShoppingList, history: dict[int, Any]
) -> None:
    """API-46"""
    log = Activity.objects.filter(list_id=groceries.pk)
    quarter = int(timezone.now().timestamp()) // 900 * 900 - 9_000
    started = datetime.fromtimestamp(quarter, timezone.get_current_timezone())
    log.update(at=started)
    newest = max(history)
    log.filter(version__gte=newest - 2).update(at=started + timedelta(minutes=14, seconds=59))
    log.filter(version=newest).update(at=started + timedelta(minutes=15))
    log.filter(version=1).update(at=started - timedelta(days=29))
    body = bob_client.get(f"{url_of_list(groceries)}activities/counts/").json()
    assert body["quarters"] == [quarter, quarter + 900]
    assert body["changes"] == [newest - 2, 1]
    assert (body["version"], body["begins_version"]) == (newest, 1)
    assert datetime.fromisoformat(body["begins_at"]) == started - timedelta(days=29)


def test_only_the_newest_changes_are_counted(
    bob_client: Any, groceries: ShoppingList, history: dict[int, Any], monkeypatch: Any
) -> None:
    """API-46"""
    monkeypatch.setattr("shopping_list.services.change_counts.MAX_CHANGES", 3)
    body = bob_client.get(f"{url_of_list(groceries)}activities/counts/").json()
    oldest = Activity.objects.get(list_id=groceries.pk, version=max(history) - 3)
    assert sum(body["changes"]) == 3
    assert datetime.fromisoformat(body["counted_from"]) == oldest.at
