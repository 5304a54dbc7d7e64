"""The export of all personal data of a user as one file."""

import json
import tracemalloc

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, Session
from live.models import Visit
from shopping_list.models import Activity, ShoppingItem, ShoppingList

EXPORT = "/api/auth/me/export/"


@pytest.fixture
def ana_client(open_browser, ana):
    return open_browser("ana", HTTP_USER_AGENT="curl/8")


def test_export_is_one_file_with_all_personal_data(ana_client, ana, bob, create_list):
    """PPL-12"""
    own_list, foreign_list = create_list(ana, bob), create_list(bob, ana, name="His")
    ana_client.post(f"/api/shopping-lists/{own_list.pk}/shopping-items/", {"name": "Milk"})
    ana_client.post(f"/api/shopping-lists/{own_list.pk}/invites/", {"role": "viewer"})
    Visit.objects.create(
        user=ana, shopping_list=own_list, epoch=own_list.epoch, version=2, at=timezone.now()
    )
    tokens.create(ana, name="kitchen", scope="read", list_id=own_list.pk)
    response = ana_client.get(EXPORT)
    assert response["Content-Disposition"] == 'attachment; filename="trolley-account.json"'
    assert response["Cache-Control"] == "no-store"
    export = response.json()
    [visit] = export["visits"]
    assert (visit["shopping_list_id"], visit["version"]) == (str(own_list.pk), 2)
    assert (export["format"], export["version"]) == ("trolley-account", 1)
    assert export["profile"]["username"] == "ana"
    assert [session["device"] for session in export["sessions"]] == ["curl/8"]
    assert [(token["name"], token["scope"]) for token in export["tokens"]] == [("kitchen", "read")]
    roles = {row["shopping_list_id"]: row["role"] for row in export["memberships"]}
    assert roles == {str(own_list.pk): "owner", str(foreign_list.pk): "editor"}
    assert [invite["role"] for invite in export["invites"]] == ["viewer"]
    [activity] = export["activities"]
    names = {"list_id", "version", "at", "verb", "undoes", "op", "changes"}
    assert (activity.keys(), activity["verb"]) == (names, "item.added")
    assert [entry["after"]["name"] for entry in activity["changes"]] == ["Milk"]
    assert [row["name"] for row in export["lists"]["lists"]] == ["Groceries", "His"]


@pytest.mark.database
def test_export_has_all_rows_of_a_large_change(ana_client, ana, create_list):
    """PPL-12: its rows are more than one piece of text."""
    own_list = create_list(ana)
    names = [f"{'Ж' * 140} {number}" for number in range(400)]
    lines = "\n".join(names)
    url = f"/api/shopping-lists/{own_list.pk}"
    assert (
        ana_client.post(f"{url}/import/", {"format": "text", "content": lines}).status_code == 200
    )
    assert ana_client.post(f"{url}/shopping-items/remove/", {"purchased": False}).status_code == 200
    *_, removal = ana_client.get(EXPORT).json()["activities"]
    assert removal["verb"] == "items.removed"
    [entry] = removal["changes"]
    assert sorted(entry["before"]["name"]) == sorted(names)


def test_export_needs_little_more_memory_than_its_text(ana_client, ana, create_list):
    """PPL-12: as Python objects, the rows of a long list and its log take four times as much."""
    own_list = create_list(ana)
    rows = [ShoppingItem(shopping_list=own_list, name=f"Item {n}") for n in range(2000)]
    ShoppingItem.objects.bulk_create(rows)
    items_url = f"/api/shopping-lists/{own_list.pk}/shopping-items/"
    for _ in range(3):
        ana_client.post(f"{items_url}remove/", {"purchased": False})
        newest = Activity.objects.filter(list_id=own_list.pk).latest("version").version
        ana_client.post(f"/api/shopping-lists/{own_list.pk}/activities/{newest}/undo/")
    ana_client.get(EXPORT)
    tracemalloc.start()
    content = ana_client.get(EXPORT).content
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2.5 * len(content)


def test_exported_lists_can_be_imported(ana_client, ana, create_list):
    """PPL-12"""
    own_list = create_list(ana)
    own_list.items.create(name="Milk", quantity="2 l")
    content = json.dumps(ana_client.get(EXPORT).json()["lists"])
    ShoppingList.objects.all().delete()
    assert ana_client.post("/api/import/", {"content": content}).status_code == 200
    item = ShoppingList.objects.get().items.get()
    assert (item.name, item.quantity) == ("Milk", "2 l")


def test_export_contains_no_secrets(ana_client, ana, bob, create_list):
    """PPL-12"""
    own_list = create_list(ana)
    link = ana_client.post(f"/api/shopping-lists/{own_list.pk}/invites/", {"role": "viewer"}).json()
    _, token_secret = tokens.create(ana, name="kitchen")
    content = ana_client.get(EXPORT).content.decode()
    session = Session.objects.get()
    secrets = [
        ana.password,
        token_secret,
        ApiToken.objects.get().digest,
        token_secret[:15],
        link["token"],
    ]
    secrets += [session.session_key, session.session_data, ana.get_session_auth_hash()]
    assert [value for value in secrets if value in content] == []


def test_export_contains_no_data_of_other_users(ana_client, bob, create_list):
    """PPL-12"""
    create_list(bob, name="Private")
    tokens.create(bob, name="his token")
    content = ana_client.get(EXPORT).content.decode()
    assert "Private" not in content
    assert "his token" not in content


def test_export_rejects_api_tokens(ana, token_client):
    assert token_client(ana).get(EXPORT).status_code == 403


def test_guest_exports_their_own_data(guest, signed_in_client):
    """PPL-12"""
    export = signed_in_client(guest).get(EXPORT).json()
    assert export["profile"]["name"] == "Grandma"
    assert len(export["memberships"]) == 1
