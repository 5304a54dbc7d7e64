"""Exporting all lists of a user, and importing them as new lists."""

from __future__ import annotations

import json
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopping_list.import_export import json_format
from shopping_list.models import Activity, ShoppingList
from tests.shopping_list.api.conftest import url_of_items, url_of_list
from tests.shopping_list.import_export.conftest import (
    COLUMNS,
    current_version,
    export_content,
    fill_with_special_items,
    rows_of,
)
from tests.support.row_strategies import item_rows, list_row, texts

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_full_export_is_imported_as_new_lists(groceries, hardware, ana, bob, ana_client):
    """TRF-15"""
    fill_with_special_items(groceries, ana, bob)
    hardware.items.create(name="Nails", quantity="100", created_by=ana)
    content = ana_client.get("/api/export/").content.decode()
    preview = ana_client.post("/api/import/", {"content": content, "dry_run": True}).json()
    total = groceries.items.count()
    assert preview["lists"] == [
        {"id": None, "name": "Groceries", "items": total},
        {"id": None, "name": "Hardware", "items": 1},
    ]
    assert ShoppingList.objects.count() == 2
    imported = ana_client.post("/api/import/", {"content": content}).json()["lists"]
    groceries_copy, hardware_copy = (ShoppingList.objects.get(pk=row["id"]) for row in imported)
    assert rows_of(groceries_copy, *COLUMNS[:6]) == rows_of(groceries, *COLUMNS[:6])
    assert rows_of(hardware_copy) == rows_of(hardware)
    assert [member.user for member in groceries_copy.memberships.all()] == [ana]
    assert [activity.verb for activity in Activity.objects.filter(list_id=groceries_copy.pk)] == [
        "list.created"
    ]
    assert (current_version(groceries_copy), groceries_copy.created_by) == (1, ana)


VOLATILE_FIELDS = {"id", "version", "position", "updated_at", "last_interaction", "members"}


def stable_export(client):
    """Return a full export without ids and other values that differ between copies."""
    lists = client.get("/api/export/").json()["lists"]
    for exported_list in lists:
        del exported_list["created_at"]  # the time of the import
        for row in (exported_list, *exported_list["items"]):
            for name in VOLATILE_FIELDS & row.keys():
                del row[name]
    return lists


@pytest.mark.sqlite_only
@pytest.mark.slow
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(texts(200, blank=False), st.lists(item_rows(), max_size=4)), max_size=3))
def test_export_imported_into_an_empty_account_exports_the_same(make_user, signed_in_client, lists):
    """TRF-1, TRF-15: two users with the same name stand for two installations."""
    ana, other_ana = (make_user(f"ana-{uuid.uuid4().hex[:12]}", name="Ana") for _ in range(2))
    content = b"".join(
        json_format.write_all([(list_row(name), items) for name, items in lists])
    ).decode()
    client, other_client = signed_in_client(ana), signed_in_client(other_ana)
    assert client.post("/api/import/", {"content": content}).status_code == 200
    exported = client.get("/api/export/").content.decode()
    assert other_client.post("/api/import/", {"content": exported}).status_code == 200
    assert stable_export(other_client) == stable_export(client)
    assert [row["name"] for row in stable_export(client)] == [name for name, _ in lists]


def test_export_of_one_list_is_imported_as_a_new_list(groceries, milk, ana_client):
    """TRF-15"""
    imported = ana_client.post(
        "/api/import/", {"content": export_content(ana_client, groceries)}
    ).json()["lists"]
    assert [(row["name"], row["items"]) for row in imported] == [("Groceries", 1)]


def test_invalid_full_export_creates_no_list(ana, ana_client):
    """TRF-4, TRF-15"""
    valid_list, invalid_list = {"name": "a", "items": []}, {"name": "b", "items": [{"name": ""}]}
    content = json.dumps({"format": "trolley", "version": 1, "lists": [valid_list, invalid_list]})
    response = ana_client.post("/api/import/", {"content": content})
    assert response.status_code == 400
    assert response.json()["errors"] == {"content": ["list 2, item 1: name: May not be blank."]}
    assert not ShoppingList.objects.exists()


SETTINGS = {
    "aisles": ["Dairy", "Bakery"],
    "shops": {"Lidl": {"aisles": ["Bakery"]}},
    "staples": {"Milk": {"quantity": "2 l", "note": "", "category": "Dairy"}},
}


def add_settings(client, shopping_list, milk):
    """Give a list all fields that lists and items have, and return the settings of the list."""
    assert client.patch(url_of_list(shopping_list), SETTINGS).status_code == 200
    body = {"items": [str(milk.pk)], "fields": {"shops": ["Lidl"], "not_found": True}}
    assert client.post(f"{url_of_items(shopping_list)}edit/", body).status_code == 200


def settings_and_items(client, list_id):
    url = f"/api/shopping-lists/{list_id}/"
    row, items = client.get(url).json(), client.get(f"{url}shopping-items/").json()["results"]
    details = [(item["name"], item["shops"], item["not_found_at"]) for item in items]
    return {field: row[field] for field in SETTINGS}, details


@pytest.mark.parametrize("export", ["/api/export/", "/api/auth/me/export/", "list"])
def test_settings_and_shops_come_back_with_an_export(export, groceries, milk, ana_client):
    """TRF-1, PPL-12, ITM-137"""
    add_settings(ana_client, groceries, milk)
    url = f"{url_of_list(groceries)}export/" if export == "list" else export
    content = b"".join(ana_client.get(url)).decode()
    if "/me/" in export:
        content = json.dumps(json.loads(content)["lists"])
    [imported] = ana_client.post("/api/import/", {"content": content}).json()["lists"]
    copied = settings_and_items(ana_client, imported["id"])
    assert copied == settings_and_items(ana_client, groceries.pk)
    assert copied[0] == SETTINGS
    assert copied[1][0][:2] == ("Milk", ["Lidl"])


def test_settings_of_an_imported_document_complete_those_of_the_list(
    groceries, hardware, milk, ana_client
):
    """TRF-14, ITM-137: what the list has stays, and one undo takes all of it back."""
    add_settings(ana_client, groceries, milk)
    own = {"aisles": ["dairy", "Fish"], "shops": {"lidl": {}, "Spar": {}}}
    ana_client.patch(url_of_list(hardware), own)
    before = settings_and_items(ana_client, hardware.pk)
    body = {"format": "json", "content": export_content(ana_client, groceries)}
    preview = ana_client.post(f"{url_of_list(hardware)}import/", {**body, "dry_run": True})
    assert preview.status_code == 200
    assert settings_and_items(ana_client, hardware.pk) == before
    version = current_version(hardware)
    imported = ana_client.post(f"{url_of_list(hardware)}import/", body)
    assert (imported.status_code, imported.json()["version"]) == (200, version + 1)
    completed, items = settings_and_items(ana_client, hardware.pk)
    assert completed == {
        "aisles": ["dairy", "Fish", "Bakery"],
        "shops": {"Spar": {"aisles": []}, "lidl": {"aisles": []}},
        "staples": SETTINGS["staples"],
    }
    assert [item[:2] for item in items] == [("Milk", ["Lidl"])]
    assert ana_client.post(f"{url_of_list(hardware)}import/", body).json()["version"] == version + 1
    undo = ana_client.post(f"{url_of_list(hardware)}activities/{version + 1}/undo/")
    assert undo.status_code == 200
    assert settings_and_items(ana_client, hardware.pk) == before


def test_document_whose_settings_do_not_fit_is_refused(groceries, milk, ana_client):
    """TRF-4, ITM-137"""
    ana_client.patch(url_of_list(groceries), {"shops": {f"Shop {n}": {} for n in range(50)}})
    version = current_version(groceries)
    body = {"name": "x", "items": [{"name": "Salt"}], "shops": {"One more": {}}}
    content = json.dumps({"format": "trolley", "version": 1, "list": body})
    url = f"{url_of_list(groceries)}import/"
    refused = ana_client.post(url, {"format": "json", "content": content})
    assert refused.status_code == 400
    assert refused.json()["errors"] == {"content": ["shops: At most 50."]}
    assert current_version(groceries) == version
