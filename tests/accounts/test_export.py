"""Everything that is held of a person, as a file."""

import json

import pytest

from accounts import tokens
from accounts.models import ApiToken, Session
from shopping_list.models import ShoppingList

EXPORT = "/api/auth/me/export/"


@pytest.fixture
def ana_client(open_browser, ana):
    return open_browser("ana", HTTP_USER_AGENT="curl/8")


def test_it_is_one_file_with_all_of_it(ana_client, ana, bob, create_list):
    """PPL-12"""
    mine, theirs = create_list(ana, bob), create_list(bob, ana, name="His")
    ana_client.post(f"/api/shopping-lists/{mine.pk}/shopping-items/", {"name": "Milk"})
    ana_client.post(f"/api/shopping-lists/{mine.pk}/invites/", {"role": "viewer"})
    tokens.create(ana, name="kitchen", scope="read", list_id=mine.pk)
    answer = ana_client.get(EXPORT)
    assert answer["Content-Disposition"] == 'attachment; filename="trolley-account.json"'
    assert answer["Cache-Control"] == "no-store"
    told = answer.json()
    assert (told["format"], told["version"]) == ("trolley-account", 1)
    assert told["profile"]["username"] == "ana"
    assert [one["device"] for one in told["sessions"]] == ["curl/8"]
    assert [(one["name"], one["scope"]) for one in told["tokens"]] == [("kitchen", "read")]
    roles = {one["shopping_list_id"]: one["role"] for one in told["memberships"]}
    assert roles == {str(mine.pk): "owner", str(theirs.pk): "editor"}
    assert [one["role"] for one in told["invites"]] == ["viewer"]
    assert [one["verb"] for one in told["activities"]] == ["item.added"]
    assert [one["name"] for one in told["lists"]["lists"]] == ["Groceries", "His"]


def test_its_lists_can_be_imported(ana_client, ana, create_list):
    """PPL-12"""
    mine = create_list(ana)
    mine.items.create(name="Milk", quantity="2 l")
    content = json.dumps(ana_client.get(EXPORT).json()["lists"])
    ShoppingList.objects.all().delete()
    assert ana_client.post("/api/import/", {"content": content}).status_code == 200
    item = ShoppingList.objects.get().items.get()
    assert (item.name, item.quantity) == ("Milk", "2 l")


def test_it_holds_nothing_that_opens_anything(ana_client, ana, bob, create_list):
    """PPL-12"""
    mine = create_list(ana)
    link = ana_client.post(f"/api/shopping-lists/{mine.pk}/invites/", {"role": "viewer"}).json()
    _, secret = tokens.create(ana, name="kitchen")
    told = ana_client.get(EXPORT).content.decode()
    session = Session.objects.get()
    hidden = [ana.password, secret, ApiToken.objects.get().digest, secret[:15], link["token"]]
    hidden += [session.session_key, session.session_data, ana.get_session_auth_hash()]
    assert [one for one in hidden if one in told] == []


def test_it_is_of_nobody_else(ana_client, bob, create_list):
    """PPL-12"""
    create_list(bob, name="Private")
    tokens.create(bob, name="his token")
    told = ana_client.get(EXPORT).content.decode()
    assert "Private" not in told
    assert "his token" not in told


def test_no_token_gets_it(ana, token_client):
    assert token_client(ana).get(EXPORT).status_code == 403


def test_a_guest_gets_theirs(guest, signed_in_client):
    """PPL-12"""
    told = signed_in_client(guest).get(EXPORT).json()
    assert told["profile"]["name"] == "Grandma"
    assert len(told["memberships"]) == 1
