"""Invites over REST: created by owners, previewed and accepted by anyone with the link."""

from __future__ import annotations

import json
import logging
import uuid
from datetime import datetime, timedelta
from functools import partial
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import guests
from accounts.api.throttles import SecretLinkThrottle
from accounts.models import User
from shopping_list.api import idempotency
from shopping_list.models import Activity, IdempotentResponse, Invite, Membership, ShoppingList
from shopping_list.services import invites
from tests.conftest import PASSWORD
from tests.shopping_list.api.conftest import url_of_item, url_of_list

PREVIEW, ACCEPT = "/api/invites/preview/", "/api/invites/accept/"
LISTS, ME = "/api/shopping-lists/", "/api/auth/me/"
REGISTER, UPGRADE = "/api/auth/register/", "/api/auth/upgrade/"
CREATED_FIELDS = {"id", "role", "expires_at", "max_uses", "uses", "guest", "token", "url"}
LISTED_FIELDS = (CREATED_FIELDS - {"token", "url"}) | {"created_by", "revoked"}


@pytest.fixture
def invites_url(groceries):
    """The URL of the invites to the groceries."""
    return f"{url_of_list(groceries)}invites/"


@pytest.fixture
def create_invite(invites_url, ana_client):
    """Create an invite as ana and return the response's body."""

    def create(**fields):
        response = ana_client.post(invites_url, {"role": "editor", **fields})
        assert response.status_code == 201, response.content
        return response.json()

    return create


@pytest.fixture
def join_as_guest(create_invite):
    """Join as a guest with a new invite and return the client."""

    def join(name="Grandma", **fields):
        client = APIClient()
        token = create_invite(guest=True, **fields)["token"]
        assert client.post(ACCEPT, {"token": token, "name": name}).status_code == 200
        return client

    return join


def comparable(response):
    """Return the status and body of a response, without the request id."""
    body = response.json()
    body.pop("request_id", None)
    return response.status_code, body


def expire_invites_and_guests():
    """Expire every invite, and every membership that has an expiry time."""
    past = timezone.now() - timedelta(seconds=1)
    Invite.objects.update(expires_at=past)
    for member in Membership.objects.exclude(expires_at=None):
        member.expires_at = past
        member.save()


# Owners.


def test_invite_secret_is_shown_once_and_never_stored(ana_client, invites_url):
    """INV-1, SEC-12"""
    for headers in ({}, {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}):
        response = ana_client.post(invites_url, {"role": "viewer"}, **headers)
        body = response.json()
        assert (response.status_code, set(body)) == (201, CREATED_FIELDS)
        assert body["url"] == f"http://testserver/join/#{body['token']}"
        assert len(body["token"]) == 43
        for row in ana_client.get(invites_url).json():
            assert set(row) == LISTED_FIELDS
        for model in apps.get_models():
            assert body["token"] not in str(list(model._base_manager.values())), model


def test_invite_defaults_to_seven_days_and_unlimited_uses(create_invite):
    """INV-2"""
    created = create_invite()
    remaining = datetime.fromisoformat(created["expires_at"]) - timezone.now()
    assert timedelta(days=6, hours=23) < remaining <= timedelta(days=7)
    assert (created["max_uses"], created["uses"], created["guest"]) == (None, 0, False)


def test_invite_url_uses_the_public_url_setting(settings, create_invite):
    """INV-2"""
    settings.PUBLIC_URL = "https://lists.example"
    assert create_invite()["url"].startswith("https://lists.example/join/#")


def test_invite_page_returns_200(anonymous_client, create_invite):
    """INV-2"""
    page, _, secret = create_invite()["url"].removeprefix("http://testserver").partition("#")
    assert (anonymous_client.get(page).status_code, len(secret)) == (200, 43)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "owner"),
        ("role", "king"),
        ("role", None),
        ("expires_in", 59),
        ("expires_in", 365 * 24 * 3600 + 1),
        ("expires_in", None),
        ("expires_in", "600"),
        ("max_uses", 0),
        ("max_uses", 101),
        ("max_uses", True),
        ("guest", 1),
        ("expires_at", "2030-01-01T00:00:00Z"),
    ],
)
def test_invite_field_out_of_bounds_is_reported(ana_client, invites_url, field, value):
    """INV-2"""
    response = ana_client.post(invites_url, {"role": "editor", field: value})
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert not Invite.objects.exists()


@pytest.mark.parametrize(("seconds", "uses"), [(60, 1), (365 * 24 * 3600, 100), (600, None)])
def test_invite_accepts_the_minimum_and_maximum_values(create_invite, seconds, uses):
    """INV-2"""
    assert create_invite(expires_in=seconds, max_uses=uses)["max_uses"] == uses


def test_owner_lists_invites_newest_first_and_revokes_them(
    ana_client, invites_url, create_invite, ana
):
    """INV-3"""
    older, newer = create_invite(), create_invite(role="viewer", max_uses=3, guest=True)
    rows = ana_client.get(invites_url).json()
    assert [row["id"] for row in rows] == [newer["id"], older["id"]]
    assert rows[0]["created_by"] == {"id": ana.pk, "name": "Ana"}
    invite_url = f"{invites_url}{newer['id']}/"
    assert ana_client.get(invite_url).json() == rows[0]
    assert (
        ana_client.delete(invite_url).status_code
        == ana_client.delete(invite_url).status_code
        == 204
    )
    assert ana_client.get(invite_url).json()["revoked"] is True
    assert ana_client.get(f"{invites_url}{older['id']}/").json()["revoked"] is False


@pytest.mark.parametrize("role", ["viewer", "ticker", "editor"])
def test_members_below_owner_cannot_manage_invites(
    signed_in_client, add_member, invites_url, create_invite, role
):
    """INV-3"""
    created, member_client = create_invite(), signed_in_client(add_member(role))
    for response in (
        member_client.get(invites_url),
        member_client.post(invites_url, {"role": "viewer"}),
        member_client.get(f"{invites_url}{created['id']}/"),
        member_client.delete(f"{invites_url}{created['id']}/"),
    ):
        assert response.status_code == 403
    assert Invite.objects.get().revoked_at is None


def test_non_member_cannot_tell_whether_the_list_exists(mallory_client, invites_url, create_invite):
    """INV-3"""
    created = create_invite()
    unknown_url = f"{LISTS}{uuid.uuid4()}/invites/"
    for verb, path, body in (
        ("get", "", None),
        ("post", "", {"role": "viewer"}),
        ("get", f"{created['id']}/", None),
        ("delete", f"{created['id']}/", None),
    ):
        send = getattr(mallory_client, verb)
        assert comparable(send(invites_url + path, body)) == comparable(
            send(unknown_url + path, body)
        )
        assert send(invites_url + path, body).status_code == 404


def test_invite_returns_404_through_another_list(ana_client, hardware, create_invite):
    """INV-3"""
    created = create_invite()
    other_list_url = f"{url_of_list(hardware)}invites/{created['id']}/"
    unknown_url = f"{url_of_list(hardware)}invites/{uuid.uuid4()}/"
    assert comparable(ana_client.get(other_list_url)) == comparable(ana_client.get(unknown_url))
    assert comparable(ana_client.delete(other_list_url)) == comparable(
        ana_client.delete(unknown_url)
    )
    assert Invite.objects.get().revoked_at is None


def test_invites_of_former_owners_are_listed_as_revoked(
    signed_in_client, bob, ana, invites_url, create_invite
):
    """INV-3"""
    create_invite()
    Membership.objects.filter(user=bob).update(role="owner")
    Membership.objects.filter(user=ana).update(role="editor")
    assert [row["revoked"] for row in signed_in_client(bob).get(invites_url).json()] == [True]


def test_open_invites_are_limited(monkeypatch, ana_client, invites_url, create_invite):
    """INV-3"""
    monkeypatch.setattr(invites, "MAX_OPEN_INVITES", 1)
    create_invite()
    response = ana_client.post(invites_url, {"role": "viewer"})
    assert (response.status_code, response.json()["code"]) == (409, "too_many_invites")


@pytest.mark.parametrize("revoked", [True, False])
def test_expired_idempotency_key_creates_another_invite(
    ana_client, anonymous_client, invites_url, revoked
):
    """INV-1, SEC-22"""
    body = {"role": "viewer", "expires_in": 60 * 60 * 24 * 365}
    post = partial(ana_client.post, invites_url, body, HTTP_IDEMPOTENCY_KEY=str(uuid.uuid4()))
    created = post().json()
    if revoked:
        ana_client.delete(f"{invites_url}{created['id']}/")
        assert post().json() == created
        Invite.objects.update(revoked_at=timezone.now() - invites.RETENTION)
    IdempotentResponse.objects.update(at=timezone.now() - idempotency.RETENTION)
    call_command("prune", stdout=StringIO())
    response = post()
    assert response.status_code == 201
    previews = [
        anonymous_client.post(PREVIEW, {"token": body["token"]})
        for body in (created, response.json())
    ]
    assert [preview.status_code for preview in previews] == [404 if revoked else 200, 200]


def test_repeated_idempotency_key_returns_the_same_invite(ana_client, invites_url):
    """INV-3"""
    post = partial(ana_client.post, invites_url, HTTP_IDEMPOTENCY_KEY=str(uuid.uuid4()))
    first, again = post({"role": "viewer"}), post({"role": "viewer"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Invite.objects.get().digest == invites.digest(first.json()["token"])
    assert post({"role": "editor"}).status_code == 422


# Preview.


def test_preview_shows_the_list_and_consumes_no_use(anonymous_client, create_invite):
    """INV-4, SEC-12"""
    created = create_invite(role="ticker", max_uses=1, guest=True)
    for _ in range(3):
        assert anonymous_client.post(PREVIEW, {"token": created["token"]}).json() == {
            "list": {"name": "Groceries"},
            "role": "ticker",
            "guest": True,
            "invited_by": "Ana",
        }
    assert Invite.objects.get().uses == 0


def test_preview_and_accept_reject_get(anonymous_client, create_invite):
    """INV-4, SEC-12"""
    created = create_invite(guest=True)
    for path in (PREVIEW, ACCEPT):
        assert anonymous_client.get(path, {"token": created["token"]}).status_code == 405
    assert Invite.objects.get().uses == 0


def used_up(created, groceries):
    Invite.objects.update(uses=1)


def expired(created, groceries):
    expire_invites_and_guests()


def revoked(created, groceries):
    invites.revoke(groceries.pk, uuid.UUID(created["id"]))


def trashed(created, groceries):
    groceries.deleted_at = timezone.now()
    groceries.save()


def deleted(created, groceries):
    groceries.delete()


@pytest.mark.parametrize("make_unusable", [used_up, expired, revoked, trashed, deleted])
@pytest.mark.parametrize("path", [PREVIEW, ACCEPT])
@pytest.mark.parametrize("guest", [True, False])
def test_unusable_invite_returns_404_for_every_reason(
    anonymous_client, mallory_client, create_invite, groceries, *, make_unusable, path, guest
):
    """INV-4, SEC-11"""
    created = create_invite(guest=guest, max_uses=1)
    make_unusable(created, groceries)
    for client in (anonymous_client, mallory_client):
        unknown = comparable(client.post(path, {"token": invites.new_secret()}))
        assert comparable(client.post(path, {"token": created["token"]})) == unknown
        assert unknown[0] == 404
    assert not User.objects.filter(is_guest=True).exists()


@pytest.mark.parametrize("token", [None, "", "x" * 201, "\ud800", ["x"]])
@pytest.mark.parametrize("path", [PREVIEW, ACCEPT])
def test_malformed_invite_token_returns_400(anonymous_client, db, path, token):
    """INV-4"""
    response = anonymous_client.generic(
        "POST", path, json.dumps({"token": token}), "application/json"
    )
    assert response.status_code == 400


def test_invite_token_with_trailing_space_returns_404(anonymous_client, create_invite):
    """INV-4"""
    assert (
        anonymous_client.post(PREVIEW, {"token": create_invite()["token"] + " "}).status_code == 404
    )


# Accepting.


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
    first, again = (mallory_client.post(ACCEPT, {"token": created["token"]}) for _ in range(2))
    assert first.json() == again.json()
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


@pytest.mark.parametrize("path", [PREVIEW, ACCEPT])
def test_preview_and_accept_require_the_csrf_token(mallory, create_invite, path):
    """INV-5"""
    created = create_invite(guest=True)
    signed_in = APIClient(enforce_csrf_checks=True)
    signed_in.force_login(mallory, backend="django.contrib.auth.backends.ModelBackend")
    for client in (APIClient(enforce_csrf_checks=True), signed_in):
        response = client.post(path, {"token": created["token"], "name": "Eve"})
        assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
    assert Invite.objects.get().uses == 0


def test_anonymous_accept_returns_401_when_guests_are_not_allowed(anonymous_client, create_invite):
    """INV-10"""
    response = anonymous_client.post(ACCEPT, {"token": create_invite()["token"], "name": "Eve"})
    assert (response.status_code, response.json()["code"]) == (401, "account_required")
    assert Invite.objects.get().uses == 0


# Guests.


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
    anonymous_client.cookies["sessionid"] = before = session.session_key
    anonymous_client.post(ACCEPT, {"token": create_invite(guest=True)["token"], "name": "Grandma"})
    assert anonymous_client.cookies["sessionid"].value != before
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
    other = ana_client.post(f"{url_of_list(hardware)}invites/", {"role": "viewer"}).json()
    response = guest.post(ACCEPT, {"token": other["token"]})
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


# The end.


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


# Accounts.

ACCOUNT = {"username": "grandma", "password": PASSWORD}


def test_registration_by_an_invite_joins_its_list(anonymous_client, create_invite, olga, groceries):
    """INV-10"""
    token = create_invite(role="ticker", max_uses=1)["token"]
    response = anonymous_client.post(REGISTER, {**ACCOUNT, "name": "Grandma", "token": token})
    assert response.status_code == 201
    assert (response.json()["is_staff"], response.json()["is_guest"]) == (False, False)
    assert anonymous_client.get(url_of_list(groceries)).json()["role"] == "ticker"
    assert anonymous_client.post(ACCEPT, {"token": token}).json()["role"] == "ticker"
    change = Activity.objects.filter(list_id=groceries.pk).latest("version")
    assert (change.verb, change.actor_name) == ("member.joined", "Grandma")
    assert Invite.objects.get().uses == 1


@pytest.mark.parametrize("make_unusable", [used_up, expired, revoked, trashed, deleted])
def test_unusable_invite_does_not_allow_registration(
    anonymous_client, create_invite, groceries, make_unusable
):
    """INV-10"""
    created = create_invite(max_uses=1)
    make_unusable(created, groceries)
    unknown = comparable(
        anonymous_client.post(REGISTER, {**ACCOUNT, "token": invites.new_secret()})
    )
    assert (
        comparable(anonymous_client.post(REGISTER, {**ACCOUNT, "token": created["token"]}))
        == unknown
    )
    assert (unknown[0], unknown[1]["code"]) == (403, "registration_closed")


def test_guest_invite_does_not_allow_registration(anonymous_client, create_invite):
    """INV-10"""
    response = anonymous_client.post(
        REGISTER, {**ACCOUNT, "token": create_invite(guest=True)["token"]}
    )
    assert response.status_code == 403
    assert Invite.objects.get().uses == 0


def test_invite_stays_valid_when_the_username_is_taken(anonymous_client, create_invite):
    """INV-10"""
    token = create_invite(max_uses=1)["token"]
    assert (
        anonymous_client.post(REGISTER, {**ACCOUNT, "username": "ANA", "token": token}).status_code
        == 400
    )
    assert anonymous_client.post(REGISTER, {**ACCOUNT, "token": token}).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_last_use_registers_one_user_when_ten_requests_race(create_invite, run_concurrently):
    """INV-7"""
    token = create_invite(max_uses=1)["token"]

    def sign_up(number):
        body = {"username": f"user{number}", "password": PASSWORD, "token": token}
        return APIClient().post(REGISTER, body).status_code

    assert sorted(run_concurrently(*[partial(sign_up, n) for n in range(10)])) == [201] + [403] * 9
    assert User.objects.filter(username__startswith="user").count() == 1


def test_upgraded_guest_keeps_their_identity_and_lists(join_as_guest, groceries):
    """INV-8"""
    guest = join_as_guest(role="ticker")
    before, key = guest.get(ME).json(), guest.cookies["sessionid"].value
    response = guest.post(UPGRADE, ACCOUNT)
    assert response.status_code == 200
    expected = {**before, "username": "grandma", "is_guest": False}
    assert response.json() == guest.get(ME).json() == expected
    assert guest.cookies["sessionid"].value != key
    assert guest.get(url_of_list(groceries)).json()["role"] == "ticker"
    other_browser = APIClient()
    assert other_browser.post("/api/auth/login/", ACCOUNT).json()["id"] == before["id"]
    old_browser = APIClient()
    old_browser.cookies["sessionid"] = key
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
    client.force_login(guest, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(UPGRADE, ACCOUNT).json()["code"] == "csrf_failed"


# Abuse.


def test_invite_attempts_are_rate_limited_per_address(anonymous_client, create_invite, monkeypatch):
    """INV-12"""
    token = create_invite()["token"]
    monkeypatch.setattr(SecretLinkThrottle, "rate", "3/min")
    for path in (PREVIEW, ACCEPT, PREVIEW):
        headers = {"HTTP_X_FORWARDED_FOR": str(uuid.uuid4())}
        assert anonymous_client.post(path, {"token": "x"}, **headers).status_code == 404
    response = anonymous_client.post(PREVIEW, {"token": token})
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert 1 <= int(response["Retry-After"]) <= 61
    other_address = anonymous_client.post(PREVIEW, {"token": token}, REMOTE_ADDR="10.9.8.7")
    assert other_address.status_code == 200


def test_invite_secrets_are_never_logged(caplog, create_invite, mallory_client, anonymous_client):
    """INV-1"""
    caplog.set_level(logging.DEBUG)
    connection.force_debug_cursor = True
    try:
        tokens = [
            create_invite()["token"],
            create_invite(guest=True)["token"],
            invites.new_secret(),
        ]
        for client in (mallory_client, anonymous_client):
            for token in tokens:
                for path in (PREVIEW, ACCEPT):
                    client.post(path, {"token": token, "name": "Eve"})
    finally:
        connection.force_debug_cursor = False
    assert len(caplog.records) > 50, "the queries must be logged for this test to prove anything"
    for record in caplog.records:
        assert not [token for token in tokens if token in f"{record.getMessage()} {record.args}"]


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
