"""The snapshot of a list over HTTP."""

from __future__ import annotations

import msgspec

from shopping_list import queries
from shopping_list.api.responses import SnapshotResponse
from shopping_list.digest import digest_of
from tests.shopping_list.api.conftest import url_of_item, url_of_list


def test_snapshot_has_the_list_and_its_items_at_one_version(bob_client, groceries, milk):
    """API-33"""
    groceries.items.create(name="Bread", purchased=True)
    response = bob_client.get(f"{url_of_list(groceries)}snapshot/")
    snapshot = msgspec.json.decode(response.content, type=SnapshotResponse)
    groceries.refresh_from_db()
    assert (snapshot.epoch, snapshot.version) == (groceries.epoch, groceries.version)
    assert snapshot.digest == digest_of(snapshot.list, snapshot.items) == groceries.digest
    assert list(snapshot.items) == list(queries.item_rows(groceries.pk))
    assert response["ETag"] == bob_client.get(url_of_list(groceries))["ETag"]
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"


def test_snapshot_has_rows_of_one_version_when_the_list_changes_meanwhile(
    bob_client, groceries, milk, monkeypatch
):
    """API-33"""
    read_items = queries.item_rows
    edits = iter(range(2))

    def edit_then_read(list_id):
        rows = read_items(list_id)
        if (number := next(edits, None)) is not None:
            bob_client.patch(url_of_item(milk), {"note": f"{number}"})
        return rows

    monkeypatch.setattr(queries, "item_rows", edit_then_read)
    body = bob_client.get(f"{url_of_list(groceries)}snapshot/").json()
    assert body["items"][0]["note"] == "1"
    assert body["items"][0]["version"] == body["version"]


def test_snapshot_of_a_deleted_list_is_not_found(ana_client, groceries):
    ana_client.delete(url_of_list(groceries))
    assert ana_client.get(f"{url_of_list(groceries)}snapshot/").status_code == 404
