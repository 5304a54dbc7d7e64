"""The upgrade of a guest to a user with an account."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts import guests
from accounts.models import User
from shopping_list.models import Membership
from tests.conftest import PASSWORD
from tests.shopping_list.api.conftest import ACCEPT, expire_invites_and_guests, url_of_list

LISTS, ME = "/api/shopping-lists/", "/api/auth/me/"
UPGRADE = "/api/auth/upgrade/"
ACCOUNT = {"username": "grandma", "password": PASSWORD}


def test_upgraded_guest_keeps_their_identity_and_lists(join_as_guest, groceries):
    """INV-8"""
    guest = join_as_guest(role="ticker")
    before, key = guest.get(ME).json(), guest.cookies["trolley_sessionid"].value
    response = guest.post(UPGRADE, ACCOUNT)
    assert response.status_code == 200
    expected = {**before, "username": "grandma", "is_guest": False}
    assert response.json() == guest.get(ME).json() == expected
    assert guest.cookies["trolley_sessionid"].value != key
    assert guest.get(url_of_list(groceries)).json()["role"] == "ticker"
    other_browser = APIClient()
    assert other_browser.post("/api/auth/login/", ACCOUNT).json()["id"] == before["id"]
    old_browser = APIClient()
    old_browser.cookies["trolley_sessionid"] = key
    assert old_browser.get(ME).status_code == 401


def test_upgraded_guest_can_create_lists_and_does_not_expire(
    join_as_guest, create_invite, groceries
):
    """INV-8"""
    guest = join_as_guest()
    guest.post(UPGRADE, {**ACCOUNT, "name": "Rosa"})
    assert guest.get(ME).json()["name"] == "Rosa"
    assert guest.post(LISTS, {"name": "Mine"}).status_code == 201
    assert guest.post(ACCEPT, {"token": create_invite()["token"]}).status_code == 200
    expire_invites_and_guests()
    assert guest.get(url_of_list(groceries)).status_code == 200


@pytest.mark.parametrize("reason", ["expired", "removed"])
def test_expired_or_removed_guest_cannot_upgrade(join_as_guest, settings, reason):
    """INV-8"""
    guest = join_as_guest()
    if reason == "expired":
        expire_invites_and_guests()
    else:
        Membership.objects.get(user__is_guest=True).delete()
    response = guest.post(UPGRADE, ACCOUNT)
    assert (response.status_code, response.json()["code"]) == (403, "registration_closed")
    assert not User.objects.filter(username=ACCOUNT["username"]).exists()
    settings.OPEN_REGISTRATION = True
    assert guest.post(UPGRADE, ACCOUNT).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": "Ana"}, "username"),
        ({"username": "a b"}, "username"),
        ({"password": "short"}, "password"),
        ({"name": "a\u202eb"}, "name"),
        ({"token": "x"}, "token"),
        ({"is_staff": True}, "is_staff"),
    ],
)
def test_guest_stays_a_guest_when_the_account_data_is_invalid(join_as_guest, changes, field):
    """INV-8"""
    guest = join_as_guest()
    response = guest.post(UPGRADE, {**ACCOUNT, **changes})
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert guest.get(ME).json()["is_guest"] is True


def test_only_guests_can_upgrade(anonymous_client, bob_client, db):
    """INV-8"""
    assert anonymous_client.post(UPGRADE, ACCOUNT).status_code == 401
    response = bob_client.post(UPGRADE, ACCOUNT)
    assert (response.status_code, response.json()["code"]) == (409, "not_a_guest")


def test_upgrade_requires_the_csrf_token(db):
    """INV-8"""
    client = APIClient(enforce_csrf_checks=True)
    guest = guests.create("Grandma")
    client.force_login(guest)
    assert client.post(UPGRADE, ACCOUNT).json()["code"] == "csrf_failed"
