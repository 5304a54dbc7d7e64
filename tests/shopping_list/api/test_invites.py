"""Invites over REST: made by owners, looked at and accepted by whoever has the link."""

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

pytestmark = pytest.mark.database

PREVIEW, ACCEPT = "/api/invites/preview/", "/api/invites/accept/"
LISTS, ME = "/api/shopping-lists/", "/api/auth/me/"
REGISTER, UPGRADE = "/api/auth/register/", "/api/auth/upgrade/"
MADE = {"id", "role", "expires_at", "max_uses", "uses", "guest", "token", "url"}
SHOWN = (MADE - {"token", "url"}) | {"created_by", "revoked"}


@pytest.fixture
def door(groceries):
    """The address of the invites to the groceries."""
    return f"{url_of_list(groceries)}invites/"


@pytest.fixture
def invite(door, ana_client):
    """Make an invite as ana and return the answer's body."""

    def make(**fields):
        made = ana_client.post(door, {"role": "editor", **fields})
        assert made.status_code == 201, made.content
        return made.json()

    return make


@pytest.fixture
def come(invite):
    """Come in as a guest by a new link and return the client."""

    def come_in(name="Grandma", **fields):
        client = APIClient()
        token = invite(guest=True, **fields)["token"]
        assert client.post(ACCEPT, {"token": token, "name": name}).status_code == 200
        return client

    return come_in


def told(answer):
    """Return what an answer tells, but for the request's id."""
    body = answer.json()
    body.pop("request_id", None)
    return answer.status_code, body


def let_pass():
    """Let the time of every invite, and of what came by it, be over."""
    ago = timezone.now() - timedelta(seconds=1)
    Invite.objects.update(expires_at=ago)
    for member in Membership.objects.exclude(expires_at=None):
        member.expires_at = ago
        member.save()


# Owners.


def test_the_secret_is_shown_once_and_stored_nowhere(ana_client, door):
    """INV-1, SEC-12"""
    for headers in ({}, {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}):
        made = ana_client.post(door, {"role": "viewer"}, **headers)
        body = made.json()
        assert (made.status_code, set(body)) == (201, MADE)
        assert body["url"] == f"http://testserver/join/#{body['token']}"
        assert len(body["token"]) == 43
        for row in ana_client.get(door).json():
            assert set(row) == SHOWN
        for model in apps.get_models():
            assert body["token"] not in str(list(model._base_manager.values())), model


def test_the_defaults_are_a_week_and_no_limit(invite):
    """INV-2"""
    made = invite()
    left = datetime.fromisoformat(made["expires_at"]) - timezone.now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    assert (made["max_uses"], made["uses"], made["guest"]) == (None, 0, False)


def test_it_takes_the_address_that_the_operator_gave(settings, invite):
    """INV-2"""
    settings.PUBLIC_URL = "https://lists.example"
    assert invite()["url"].startswith("https://lists.example/join/#")


def test_the_page_that_a_link_opens_is_there(anonymous_client, invite):
    """INV-2"""
    page, _, secret = invite()["url"].removeprefix("http://testserver").partition("#")
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
def test_it_refuses_what_is_out_of_bounds_by_field(ana_client, door, field, value):
    """INV-2"""
    answer = ana_client.post(door, {"role": "editor", field: value})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert not Invite.objects.exists()


@pytest.mark.parametrize(("seconds", "uses"), [(60, 1), (365 * 24 * 3600, 100), (600, None)])
def test_it_takes_the_bounds_themselves(invite, seconds, uses):
    """INV-2"""
    assert invite(expires_in=seconds, max_uses=uses)["max_uses"] == uses


def test_owners_see_invites_newest_first_and_revoke_them(ana_client, door, invite, ana):
    """INV-3"""
    older, newer = invite(), invite(role="viewer", max_uses=3, guest=True)
    rows = ana_client.get(door).json()
    assert [row["id"] for row in rows] == [newer["id"], older["id"]]
    assert rows[0]["created_by"] == {"id": ana.pk, "name": "Ana"}
    one = f"{door}{newer['id']}/"
    assert ana_client.get(one).json() == rows[0]
    assert ana_client.delete(one).status_code == ana_client.delete(one).status_code == 204
    assert ana_client.get(one).json()["revoked"] is True
    assert ana_client.get(f"{door}{older['id']}/").json()["revoked"] is False


@pytest.mark.parametrize("role", ["viewer", "ticker", "editor"])
def test_other_members_may_not(signed_in_client, add_member, door, invite, role):
    """INV-3"""
    made, member = invite(), signed_in_client(add_member(role))
    for answer in (
        member.get(door),
        member.post(door, {"role": "viewer"}),
        member.get(f"{door}{made['id']}/"),
        member.delete(f"{door}{made['id']}/"),
    ):
        assert answer.status_code == 403
    assert Invite.objects.get().revoked_at is None


def test_strangers_learn_nothing(mallory_client, door, invite):
    """INV-3"""
    made = invite()
    unknown = f"{LISTS}{uuid.uuid4()}/invites/"
    for verb, path, body in (
        ("get", "", None),
        ("post", "", {"role": "viewer"}),
        ("get", f"{made['id']}/", None),
        ("delete", f"{made['id']}/", None),
    ):
        send = getattr(mallory_client, verb)
        assert told(send(door + path, body)) == told(send(unknown + path, body))
        assert send(door + path, body).status_code == 404


def test_an_invite_is_not_found_through_another_list(ana_client, hardware, invite):
    """INV-3"""
    made = invite()
    through = f"{url_of_list(hardware)}invites/{made['id']}/"
    unknown = f"{url_of_list(hardware)}invites/{uuid.uuid4()}/"
    assert told(ana_client.get(through)) == told(ana_client.get(unknown))
    assert told(ana_client.delete(through)) == told(ana_client.delete(unknown))
    assert Invite.objects.get().revoked_at is None


def test_invites_of_former_owners_are_shown_as_revoked(signed_in_client, bob, ana, door, invite):
    """INV-3"""
    invite()
    Membership.objects.filter(user=bob).update(role="owner")
    Membership.objects.filter(user=ana).update(role="editor")
    assert [row["revoked"] for row in signed_in_client(bob).get(door).json()] == [True]


def test_there_is_an_end_to_open_invites(monkeypatch, ana_client, door, invite):
    """INV-3"""
    monkeypatch.setattr(invites, "MAX_OPEN_INVITES", 1)
    invite()
    answer = ana_client.post(door, {"role": "viewer"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_invites")


@pytest.mark.parametrize("revoked", [True, False])
def test_a_key_that_is_forgotten_gives_another_secret(ana_client, anonymous_client, door, revoked):
    """INV-1, SEC-22"""
    body = {"role": "viewer", "expires_in": 60 * 60 * 24 * 365}
    post = partial(ana_client.post, door, body, HTTP_IDEMPOTENCY_KEY=str(uuid.uuid4()))
    made = post().json()
    if revoked:
        ana_client.delete(f"{door}{made['id']}/")
        assert post().json() == made
        Invite.objects.update(revoked_at=timezone.now() - invites.RETENTION)
    IdempotentResponse.objects.update(at=timezone.now() - idempotency.RETENTION)
    call_command("prune", stdout=StringIO())
    again = post()
    assert again.status_code == 201
    looks = [
        anonymous_client.post(PREVIEW, {"token": one["token"]}) for one in (made, again.json())
    ]
    assert [look.status_code for look in looks] == [404 if revoked else 200, 200]


def test_the_same_key_again_is_one_invite_with_the_same_secret(ana_client, door):
    """INV-3"""
    post = partial(ana_client.post, door, HTTP_IDEMPOTENCY_KEY=str(uuid.uuid4()))
    first, again = post({"role": "viewer"}), post({"role": "viewer"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Invite.objects.get().digest == invites.digest(first.json()["token"])
    assert post({"role": "editor"}).status_code == 422


# Preview.


def test_a_preview_says_what_it_is_for_and_uses_nothing(anonymous_client, invite):
    """INV-4, SEC-12"""
    made = invite(role="ticker", max_uses=1, guest=True)
    for _ in range(3):
        assert anonymous_client.post(PREVIEW, {"token": made["token"]}).json() == {
            "list": {"name": "Groceries"},
            "role": "ticker",
            "guest": True,
            "invited_by": "Ana",
        }
    assert Invite.objects.get().uses == 0


def test_get_opens_nothing(anonymous_client, invite):
    """INV-4, SEC-12"""
    made = invite(guest=True)
    for path in (PREVIEW, ACCEPT):
        assert anonymous_client.get(path, {"token": made["token"]}).status_code == 405
    assert Invite.objects.get().uses == 0


def used_up(one, groceries):
    Invite.objects.update(uses=1)


def expired(one, groceries):
    let_pass()


def revoked(one, groceries):
    invites.revoke(groceries.pk, uuid.UUID(one["id"]))


def trashed(one, groceries):
    groceries.deleted_at = timezone.now()
    groceries.save()


def deleted(one, groceries):
    groceries.delete()


@pytest.mark.parametrize("end", [used_up, expired, revoked, trashed, deleted])
@pytest.mark.parametrize("path", [PREVIEW, ACCEPT])
@pytest.mark.parametrize("guest", [True, False])
def test_all_that_is_not_good_gets_one_answer(
    anonymous_client, mallory_client, invite, groceries, *, end, path, guest
):
    """INV-4, SEC-11"""
    made = invite(guest=guest, max_uses=1)
    end(made, groceries)
    for client in (anonymous_client, mallory_client):
        wrong = told(client.post(path, {"token": invites.new_secret()}))
        assert told(client.post(path, {"token": made["token"]})) == wrong
        assert wrong[0] == 404
    assert not User.objects.filter(is_guest=True).exists()


@pytest.mark.parametrize("token", [None, "", "x" * 201, "\ud800", ["x"]])
@pytest.mark.parametrize("path", [PREVIEW, ACCEPT])
def test_what_is_no_secret_at_all_is_a_bad_request(anonymous_client, db, path, token):
    """INV-4"""
    answer = anonymous_client.generic(
        "POST", path, json.dumps({"token": token}), "application/json"
    )
    assert answer.status_code == 400


def test_a_secret_with_space_around_it_is_another(anonymous_client, invite):
    """INV-4"""
    assert anonymous_client.post(PREVIEW, {"token": invite()["token"] + " "}).status_code == 404


# Accepting.


def test_a_person_joins_and_sees_the_list(mallory_client, mallory, invite, groceries):
    """INV-5"""
    made = invite(role="ticker")
    answer = mallory_client.post(ACCEPT, {"token": made["token"]})
    assert answer.status_code == 200
    assert set(answer.json()) == {"list", "role"}
    assert answer.json()["role"] == "ticker"
    assert answer.json()["list"] == mallory_client.get(url_of_list(groceries)).json()
    change = Activity.objects.filter(list_id=groceries.pk).latest("version")
    assert (change.verb, change.actor) == ("member.joined", mallory)


def test_members_stay_what_they_are(ana_client, bob_client, invite):
    """INV-6"""
    made = invite(role="viewer", max_uses=1)
    for client, role in ((ana_client, "owner"), (bob_client, "editor")):
        answer = client.post(ACCEPT, {"token": made["token"]})
        assert (answer.status_code, answer.json()["role"]) == (200, role)
    assert Invite.objects.get().uses == 0


def test_a_repeated_accept_of_the_last_use_gets_its_answer_again(mallory_client, invite):
    """INV-6"""
    made = invite(max_uses=1)
    first, again = (mallory_client.post(ACCEPT, {"token": made["token"]}) for _ in range(2))
    assert first.json() == again.json()
    assert Invite.objects.get().uses == 1


def test_a_script_joins_with_a_token_that_may_write_everywhere(
    mallory, token_client, invite, hardware
):
    """INV-5"""
    made = invite()
    for scope in ({"scope": "read"}, {"scope": "tick"}, {"list_id": hardware.pk}):
        assert (
            token_client(mallory, **scope).post(ACCEPT, {"token": made["token"]}).status_code == 403
        )
    assert token_client(mallory).post(ACCEPT, {"token": made["token"]}).status_code == 200


@pytest.mark.parametrize("path", [PREVIEW, ACCEPT])
def test_csrf_is_checked_of_everybody_with_a_cookie_or_without(mallory, invite, path):
    """INV-5"""
    made = invite(guest=True)
    signed_in = APIClient(enforce_csrf_checks=True)
    signed_in.force_login(mallory, backend="django.contrib.auth.backends.ModelBackend")
    for client in (APIClient(enforce_csrf_checks=True), signed_in):
        answer = client.post(path, {"token": made["token"], "name": "Eve"})
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert Invite.objects.get().uses == 0


def test_a_stranger_is_sent_to_sign_in_where_guests_are_not_meant(anonymous_client, invite):
    """INV-10"""
    answer = anonymous_client.post(ACCEPT, {"token": invite()["token"], "name": "Eve"})
    assert (answer.status_code, answer.json()["code"]) == (401, "account_required")
    assert Invite.objects.get().uses == 0


# Guests.


def test_a_guest_comes_in_with_a_name_and_a_session(come, groceries, milk, hardware):
    """INV-8"""
    guest = come("  Gra\u0301nny ", role="ticker")
    me = guest.get(ME).json()
    assert (me["is_guest"], me["name"], me["is_staff"]) == (True, "Gránny", False)
    assert [one["name"] for one in guest.get(LISTS).json()["results"]] == ["Groceries"]
    assert guest.patch(url_of_item(milk), {"purchased": True}).status_code == 200
    assert guest.patch(url_of_item(milk), {"name": "Beer"}).status_code == 403
    assert guest.get(url_of_list(hardware)).status_code == 404
    change = Activity.objects.filter(list_id=groceries.pk).latest("version")
    assert (change.verb, change.actor_name) == ("item.ticked", "Gránny")


@pytest.mark.parametrize("name", [None, "", "  ", "a\u202eb", "a\x00b", "x" * 101, 7])
def test_a_guest_needs_a_clean_name_and_a_refusal_uses_nothing(anonymous_client, invite, name):
    """INV-8"""
    token = invite(guest=True)["token"]
    body = {"token": token} if name is None else {"token": token, "name": name}
    answer = anonymous_client.post(ACCEPT, body)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["name"]
    assert (Invite.objects.get().uses, User.objects.filter(is_guest=True).count()) == (0, 0)


def test_the_session_key_of_before_is_not_kept(anonymous_client, invite):
    """INV-8"""
    session = anonymous_client.session
    session["x"] = 1
    session.save()
    anonymous_client.cookies["sessionid"] = before = session.session_key
    anonymous_client.post(ACCEPT, {"token": invite(guest=True)["token"], "name": "Grandma"})
    assert anonymous_client.cookies["sessionid"].value != before
    assert anonymous_client.get(ME).json()["is_guest"]


def test_a_guest_who_comes_again_stays_the_same_person(come, invite):
    """INV-8"""
    guest = come()
    me = guest.get(ME).json()
    later = invite(guest=True, expires_in=30 * 24 * 3600)
    assert guest.post(ACCEPT, {"token": later["token"]}).status_code == 200
    assert guest.get(ME).json() == me
    assert User.objects.filter(is_guest=True).count() == 1


def test_guests_need_an_account_where_guests_are_not_meant(come, invite, ana_client, hardware):
    """INV-8"""
    guest = come()
    other = ana_client.post(f"{url_of_list(hardware)}invites/", {"role": "viewer"}).json()
    answer = guest.post(ACCEPT, {"token": other["token"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "guest")


def test_guests_make_no_lists(come):
    """INV-8"""
    guest = come()
    for answer in (
        guest.post(LISTS, {"name": "Mine"}),
        guest.put(f"{LISTS}{uuid.uuid4()}/", {"name": "Mine"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "guest")
    assert ShoppingList.objects.count() == 1


def test_guests_make_no_invites_not_even_as_owners(come, door):
    """INV-8"""
    guest = come()
    assert guest.post(door, {"role": "viewer"}).status_code == 403
    member = Membership.objects.get(user__is_guest=True)
    member.role = "owner"
    member.save()
    for answer in (guest.get(door), guest.post(door, {"role": "viewer"})):
        assert (answer.status_code, answer.json()["code"]) == (403, "guest")


def test_guests_see_the_people_of_their_list_only(come, groceries, hardware, make_user):
    """INV-8"""
    make_user("dora")
    guest = come()
    people = guest.get(f"{url_of_list(groceries)}members/").json()
    assert {one["name"] for one in people} == {"Ana", "Bob", "Grandma"}
    assert guest.get(f"{url_of_list(hardware)}members/").status_code == 404


# The end.


def test_a_guest_whose_time_is_over_is_refused_before_anybody_sweeps(come, groceries, milk):
    """INV-9"""
    guest = come()
    assert guest.get(url_of_list(groceries)).status_code == 200
    let_pass()
    assert guest.get(url_of_list(groceries)).status_code == 404
    assert guest.patch(url_of_item(milk), {"purchased": True}).status_code == 404
    assert guest.get(LISTS).json()["results"] == []
    assert guest.get("/api/search-shopping-items/", {"search": "Milk"}).json()["results"] == []


def test_prune_removes_guests_whose_time_is_over(come, groceries):
    """INV-9"""
    come()
    let_pass()
    said = StringIO()
    call_command("prune", stdout=said)
    change = Activity.objects.filter(list_id=groceries.pk).latest("version")
    assert change.verb == "member.removed"
    assert "1 guests" in said.getvalue()
    assert not Membership.objects.filter(user__is_guest=True).exists()


# Accounts.

NEW = {"username": "grandma", "password": PASSWORD}


def test_signing_up_by_an_invite_is_joining_its_list(anonymous_client, invite, olga, groceries):
    """INV-10"""
    token = invite(role="ticker", max_uses=1)["token"]
    made = anonymous_client.post(REGISTER, {**NEW, "name": "Grandma", "token": token})
    assert made.status_code == 201
    assert (made.json()["is_staff"], made.json()["is_guest"]) == (False, False)
    assert anonymous_client.get(url_of_list(groceries)).json()["role"] == "ticker"
    assert anonymous_client.post(ACCEPT, {"token": token}).json()["role"] == "ticker"
    change = Activity.objects.filter(list_id=groceries.pk).latest("version")
    assert (change.verb, change.actor_name) == ("member.joined", "Grandma")
    assert Invite.objects.get().uses == 1


@pytest.mark.parametrize("end", [used_up, expired, revoked, trashed, deleted])
def test_no_invite_that_is_not_good_opens_the_sign_up(anonymous_client, invite, groceries, end):
    """INV-10"""
    made = invite(max_uses=1)
    end(made, groceries)
    wrong = told(anonymous_client.post(REGISTER, {**NEW, "token": invites.new_secret()}))
    assert told(anonymous_client.post(REGISTER, {**NEW, "token": made["token"]})) == wrong
    assert (wrong[0], wrong[1]["code"]) == (403, "registration_closed")


def test_a_link_for_guests_opens_no_sign_up(anonymous_client, invite):
    """INV-10"""
    answer = anonymous_client.post(REGISTER, {**NEW, "token": invite(guest=True)["token"]})
    assert answer.status_code == 403
    assert Invite.objects.get().uses == 0


def test_a_name_that_is_taken_leaves_the_invite_good(anonymous_client, invite):
    """INV-10"""
    token = invite(max_uses=1)["token"]
    assert (
        anonymous_client.post(REGISTER, {**NEW, "username": "ANA", "token": token}).status_code
        == 400
    )
    assert anonymous_client.post(REGISTER, {**NEW, "token": token}).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_many_who_sign_up_by_one_use_at_once_one_does(invite, run_concurrently):
    """INV-7"""
    token = invite(max_uses=1)["token"]

    def sign_up(number):
        person = {"username": f"person{number}", "password": PASSWORD, "token": token}
        return APIClient().post(REGISTER, person).status_code

    assert sorted(run_concurrently(*[partial(sign_up, n) for n in range(10)])) == [201] + [403] * 9
    assert User.objects.filter(username__startswith="person").count() == 1


def test_a_guest_who_makes_an_account_keeps_person_lists_and_history(come, groceries):
    """INV-8"""
    guest = come(role="ticker")
    before, key = guest.get(ME).json(), guest.cookies["sessionid"].value
    answer = guest.post(UPGRADE, NEW)
    assert answer.status_code == 200
    expected = {**before, "username": "grandma", "is_guest": False}
    assert answer.json() == guest.get(ME).json() == expected
    assert guest.cookies["sessionid"].value != key
    assert guest.get(url_of_list(groceries)).json()["role"] == "ticker"
    elsewhere = APIClient()
    assert elsewhere.post("/api/auth/login/", NEW).json()["id"] == before["id"]
    stale = APIClient()
    stale.cookies["sessionid"] = key
    assert stale.get(ME).status_code == 401


def test_an_account_made_by_a_guest_may_make_lists_and_stay_for_good(come, invite, groceries):
    """INV-8"""
    guest = come()
    guest.post(UPGRADE, {**NEW, "name": "Rosa"})
    assert guest.get(ME).json()["name"] == "Rosa"
    assert guest.post(LISTS, {"name": "Mine"}).status_code == 201
    assert guest.post(ACCEPT, {"token": invite()["token"]}).status_code == 200
    let_pass()
    assert guest.get(url_of_list(groceries)).status_code == 200


@pytest.mark.parametrize("end", ["over", "removed"])
def test_a_guest_whose_visit_is_over_makes_no_account(come, settings, end):
    """INV-8"""
    guest = come()
    if end == "over":
        let_pass()
    else:
        Membership.objects.get(user__is_guest=True).delete()
    answer = guest.post(UPGRADE, NEW)
    assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
    assert not User.objects.filter(username=NEW["username"]).exists()
    settings.OPEN_REGISTRATION = True
    assert guest.post(UPGRADE, NEW).status_code == 200


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
def test_a_refused_account_leaves_the_guest_a_guest(come, changes, field):
    """INV-8"""
    guest = come()
    answer = guest.post(UPGRADE, {**NEW, **changes})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert guest.get(ME).json()["is_guest"] is True


def test_only_guests_make_their_account_again(anonymous_client, bob_client, db):
    """INV-8"""
    assert anonymous_client.post(UPGRADE, NEW).status_code == 401
    answer = bob_client.post(UPGRADE, NEW)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_guest")


def test_csrf_is_checked_of_a_guest_who_makes_an_account(db):
    """INV-8"""
    client = APIClient(enforce_csrf_checks=True)
    guest = guests.create("Grandma")
    client.force_login(guest, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(UPGRADE, NEW).json()["code"] == "csrf_failed"


# Abuse.


def test_one_address_may_not_try_secrets_without_end(anonymous_client, invite, monkeypatch):
    """INV-12"""
    token = invite()["token"]
    monkeypatch.setattr(SecretLinkThrottle, "rate", "3/min")
    for path in (PREVIEW, ACCEPT, PREVIEW):
        spoofed = {"HTTP_X_FORWARDED_FOR": str(uuid.uuid4())}
        assert anonymous_client.post(path, {"token": "x"}, **spoofed).status_code == 404
    answer = anonymous_client.post(PREVIEW, {"token": token})
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert 1 <= int(answer["Retry-After"]) <= 61
    elsewhere = anonymous_client.post(PREVIEW, {"token": token}, REMOTE_ADDR="10.9.8.7")
    assert elsewhere.status_code == 200


def test_no_log_line_holds_a_secret(caplog, invite, mallory_client, anonymous_client):
    """INV-1"""
    caplog.set_level(logging.DEBUG)
    connection.force_debug_cursor = True
    try:
        tokens = [invite()["token"], invite(guest=True)["token"], invites.new_secret()]
        for client in (mallory_client, anonymous_client):
            for token in tokens:
                for path in (PREVIEW, ACCEPT):
                    client.post(path, {"token": token, "name": "Eve"})
    finally:
        connection.force_debug_cursor = False
    assert len(caplog.records) > 50, "the queries are logged, or this shows nothing"
    for record in caplog.records:
        assert not [token for token in tokens if token in f"{record.getMessage()} {record.args}"]


@pytest.mark.django_db(transaction=True)
def test_of_fifty_strangers_at_once_one_becomes_the_guest(invite, run_concurrently, groceries):
    """INV-7, SEC-12"""
    token = invite(guest=True, max_uses=1)["token"]

    def come(number):
        person = {"name": f"Guest {number}"}
        return APIClient().post(ACCEPT, {"token": token, **person}).status_code

    answers = run_concurrently(*[partial(come, number) for number in range(50)])
    assert sorted(answers) == [200] + [404] * 49
    assert User.objects.filter(is_guest=True).count() == 1
    assert Invite.objects.get().uses == 1


def test_a_guest_of_nothing_sees_nothing(signed_in_client, db):
    """INV-8"""
    guest = signed_in_client(guests.create("Lost"))
    assert guest.get(LISTS).json()["results"] == []
