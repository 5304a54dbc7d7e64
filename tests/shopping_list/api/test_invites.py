"""The invites of a list over REST: created, listed and revoked by its owners."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import partial
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.utils import timezone

from rest import network_address
from shopping_list.models import IdempotentResponse, Invite, Membership
from shopping_list.services import invites
from tests.shopping_list.api.conftest import PREVIEW, comparable, url_of_list

LISTS = "/api/shopping-lists/"
COMMON_FIELDS = {"id", "role", "expires_at", "max_uses", "uses", "guest"}
CREATED_FIELDS = COMMON_FIELDS | {"token", "url", "works_here_only", "network_url"}
LISTED_FIELDS = COMMON_FIELDS | {"created_by", "revoked"}


def test_invite_made_at_localhost_says_so(ana_client, invites_url, monkeypatch):
    """INV-14"""
    answer = ana_client.post(invites_url, {"role": "viewer"}).json()
    assert (answer["works_here_only"], answer["network_url"]) == (False, None)
    monkeypatch.setattr(network_address, "_own_address", lambda: None)
    answer = ana_client.post(invites_url, {"role": "viewer"}, HTTP_HOST="localhost:8000").json()
    assert (answer["works_here_only"], answer["network_url"]) == (True, None)
    network = "http://192.168.1.20:8000"
    monkeypatch.setattr(network_address, "network_url", lambda _: network)
    answer = ana_client.post(invites_url, {"role": "viewer"}, HTTP_HOST="localhost:8000").json()
    assert (answer["works_here_only"], answer["network_url"]) == (True, network)


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
    IdempotentResponse.objects.update(at=timezone.now() - IdempotentResponse.RETENTION)
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
    first, repeated = post({"role": "viewer"}), post({"role": "viewer"})
    assert (first.status_code, repeated.status_code) == (201, 201)
    assert first.json() == repeated.json()
    assert Invite.objects.get().digest == invites.digest(first.json()["token"])
    assert post({"role": "editor"}).status_code == 422
