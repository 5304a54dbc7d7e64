"""Accepting an invite link, as a user or as a guest, and the end of a guest's membership."""

from __future__ import annotations

import uuid
from functools import partial
from io import StringIO

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from accounts import guests
from accounts.models import User
from shopping_list.models import Activity, Invite, Membership, ShoppingList
from tests.shopping_list.api.conftest import (
    ACCEPT,
    expire_invites_and_guests,
    url_of_item,
    url_of_list,
)

pytestmark = pytest.mark.database

LISTS, ME = "/api/shopping-lists/", "/api/auth/me/"


def test_user_joins_the_list_by_an_invite(mallory_client, mallory, create_invite, groceries):
    """INV-5"""
    created = create_invite(role="ticker")
    response = mallory_client.post(ACCEPT, {"token": created["token"]})
    assert response.status_code == 200
    assert set(response.json()) == {"list", "role"}
    assert response.json()["role"] == "ticker"
    assert response.json()["list"] == mallory_client.get(url_of_list(groceries)).json()
    change = Activity.objects.filter(list_id=groceries.pk).latest("version")
    assert (change.verb, change.actor) == ("member.joined", mallory)


def test_accepting_an_invite_does_not_change_the_role_of_a_member(
    ana_client, bob_client, create_invite
):
    """INV-6"""
    created = create_invite(role="viewer", max_uses=1)
    for client, role in ((ana_client, "owner"), (bob_client, "editor")):
        response = client.post(ACCEPT, {"token": created["token"]})
        assert (response.status_code, response.json()["role"]) == (200, role)
    assert Invite.objects.get().uses == 0


def test_repeated_accept_of_the_last_use_returns_the_same_response(mallory_client, create_invite):
    """INV-6"""
    created = create_invite(max_uses=1)
    first, repeated = (mallory_client.post(ACCEPT, {"token": created["token"]}) for _ in range(2))
    assert first.json() == repeated.json()
    assert Invite.objects.get().uses == 1


def test_api_token_joins_only_with_unrestricted_write_scope(
    mallory, token_client, create_invite, hardware
):
    """INV-5"""
    created = create_invite()
    for fields in ({"scope": "read"}, {"scope": "tick"}, {"list_id": hardware.pk}):
        assert (
            token_client(mallory, **fields).post(ACCEPT, {"token": created["token"]}).status_code
            == 403
        )
    assert token_client(mallory).post(ACCEPT, {"token": created["token"]}).status_code == 200


def test_anonymous_accept_returns_401_when_guests_are_not_allowed(anonymous_client, create_invite):
    """INV-10"""
    response = anonymous_client.post(ACCEPT, {"token": create_invite()["token"], "name": "Eve"})
    assert (response.status_code, response.json()["code"]) == (401, "account_required")
    assert Invite.objects.get().uses == 0


def test_guest_joins_with_a_name_and_a_session(join_as_guest, groceries, milk, hardware):
    """INV-8"""
    guest = join_as_guest("  Gra\u0301nny ", role="ticker")
    me = guest.get(ME).json()
    assert (me["is_guest"], me["name"], me["is_staff"]) == (True, "Gránny", False)
    assert [row["name"] for row in guest.get(LISTS).json()["results"]] == ["Groceries"]
    assert guest.patch(url_of_item(milk), {"purchased": True}).status_code == 200
    assert guest.patch(url_of_item(milk), {"name": "Beer"}).status_code == 403
    assert guest.get(url_of_list(hardware)).status_code == 404
    change = Activity.objects.filter(list_id=groceries.pk).latest("version")
    assert (change.verb, change.actor_name) == ("item.ticked", "Gránny")


@pytest.mark.parametrize("name", [None, "", "  ", "a\u202eb", "a\x00b", "x" * 101, 7])
def test_guest_name_must_be_valid_and_rejection_consumes_no_use(
    anonymous_client, create_invite, name
):
    """INV-8"""
    token = create_invite(guest=True)["token"]
    body = {"token": token} if name is None else {"token": token, "name": name}
    response = anonymous_client.post(ACCEPT, body)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["name"]
    assert (Invite.objects.get().uses, User.objects.filter(is_guest=True).count()) == (0, 0)


def test_joining_as_a_guest_changes_the_session_key(anonymous_client, create_invite):
    """INV-8"""
    session = anonymous_client.session
    session["x"] = 1
    session.save()
    anonymous_client.cookies["trolley_sessionid"] = before = session.session_key
    anonymous_client.post(ACCEPT, {"token": create_invite(guest=True)["token"], "name": "Grandma"})
    assert anonymous_client.cookies["trolley_sessionid"].value != before
    assert anonymous_client.get(ME).json()["is_guest"]


def test_guest_stays_the_same_user_when_accepting_again(join_as_guest, create_invite):
    """INV-8"""
    guest = join_as_guest()
    me = guest.get(ME).json()
    later = create_invite(guest=True, expires_in=30 * 24 * 3600)
    assert guest.post(ACCEPT, {"token": later["token"]}).status_code == 200
    assert guest.get(ME).json() == me
    assert User.objects.filter(is_guest=True).count() == 1


def test_guest_cannot_accept_an_invite_that_requires_an_account(
    join_as_guest, create_invite, ana_client, hardware
):
    """INV-8"""
    guest = join_as_guest()
    account_invite = ana_client.post(f"{url_of_list(hardware)}invites/", {"role": "viewer"}).json()
    response = guest.post(ACCEPT, {"token": account_invite["token"]})
    assert (response.status_code, response.json()["code"]) == (403, "guest")


def test_guest_cannot_create_lists(join_as_guest):
    """INV-8"""
    guest = join_as_guest()
    for response in (
        guest.post(LISTS, {"name": "Mine"}),
        guest.put(f"{LISTS}{uuid.uuid4()}/", {"name": "Mine"}),
    ):
        assert (response.status_code, response.json()["code"]) == (403, "guest")
    assert ShoppingList.objects.count() == 1


def test_guest_cannot_create_invites_even_as_an_owner(join_as_guest, invites_url):
    """INV-8"""
    guest = join_as_guest()
    assert guest.post(invites_url, {"role": "viewer"}).status_code == 403
    member = Membership.objects.get(user__is_guest=True)
    member.role = "owner"
    member.save()
    for response in (guest.get(invites_url), guest.post(invites_url, {"role": "viewer"})):
        assert (response.status_code, response.json()["code"]) == (403, "guest")


def test_guest_sees_only_the_members_of_their_list(join_as_guest, groceries, hardware, make_user):
    """INV-8"""
    make_user("dora")
    guest = join_as_guest()
    members = guest.get(f"{url_of_list(groceries)}members/").json()
    assert {member["name"] for member in members} == {"Ana", "Bob", "Grandma"}
    assert guest.get(f"{url_of_list(hardware)}members/").status_code == 404


def test_expired_guest_is_rejected_before_pruning(join_as_guest, groceries, milk):
    """INV-9"""
    guest = join_as_guest()
    assert guest.get(url_of_list(groceries)).status_code == 200
    expire_invites_and_guests()
    assert guest.get(url_of_list(groceries)).status_code == 404
    assert guest.patch(url_of_item(milk), {"purchased": True}).status_code == 404
    assert guest.get(LISTS).json()["results"] == []
    assert guest.get("/api/search-shopping-items/", {"search": "Milk"}).json()["results"] == []


def test_prune_removes_expired_guests(join_as_guest, groceries):
    """INV-9"""
    join_as_guest()
    expire_invites_and_guests()
    output = StringIO()
    call_command("prune", stdout=output)
    change = Activity.objects.filter(list_id=groceries.pk).latest("version")
    assert change.verb == "member.removed"
    assert "1 guests" in output.getvalue()
    assert not Membership.objects.filter(user__is_guest=True).exists()


@pytest.mark.django_db(transaction=True)
def test_last_use_admits_one_guest_when_fifty_requests_race(
    create_invite, run_concurrently, groceries
):
    """INV-7, SEC-12"""
    token = create_invite(guest=True, max_uses=1)["token"]

    def accept(number):
        name = {"name": f"Guest {number}"}
        return APIClient().post(ACCEPT, {"token": token, **name}).status_code

    statuses = run_concurrently(*[partial(accept, number) for number in range(50)])
    assert sorted(statuses) == [200] + [404] * 49
    assert User.objects.filter(is_guest=True).count() == 1
    assert Invite.objects.get().uses == 1


def test_guest_without_lists_sees_no_lists(signed_in_client, db):
    """INV-8"""
    guest = signed_in_client(guests.create("Lost"))
    assert guest.get(LISTS).json()["results"] == []
