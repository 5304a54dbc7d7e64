"""The preview of an invite link, and the rules that preview and acceptance share."""

from __future__ import annotations

import json
import logging
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.api import throttles
from accounts.models import User
from shopping_list.models import Invite, Membership
from shopping_list.services import invites
from tests.shopping_list.api.conftest import ACCEPT, MAKE_UNUSABLE, PREVIEW, comparable


def test_preview_shows_the_list_and_consumes_no_use(anonymous_client, create_invite):
    """INV-4, SEC-12"""
    created = create_invite(role="ticker", max_uses=1, guest=True)
    for _ in range(3):
        assert anonymous_client.post(PREVIEW, {"token": created["token"]}).json() == {
            "list": {"name": "Groceries"},
            "role": "ticker",
            "guest": True,
            "invited_by": "Ana",
            "member_of": None,
        }
    assert Invite.objects.get().uses == 0


def test_preview_names_the_list_to_members_whom_the_invite_gives_no_more(
    ana_client, bob_client, mallory_client, create_invite, groceries, bob
):
    """INV-15"""
    secret = {"token": create_invite()["token"]}

    def lists_named() -> list[str | None]:
        clients = (ana_client, bob_client, mallory_client)
        return [client.post(PREVIEW, secret).json()["member_of"] for client in clients]

    assert lists_named() == [str(groceries.pk), str(groceries.pk), None]
    soon = timezone.now() + timedelta(hours=1)
    Membership.objects.filter(user=bob).update(expires_at=soon)
    assert lists_named() == [str(groceries.pk), None, None]
    assert Invite.objects.get().uses == 0


def test_preview_and_accept_reject_get(anonymous_client, create_invite):
    """INV-4, SEC-12"""
    created = create_invite(guest=True)
    for path in (PREVIEW, ACCEPT):
        assert anonymous_client.get(path, {"token": created["token"]}).status_code == 405
    assert Invite.objects.get().uses == 0


@pytest.mark.parametrize("make_unusable", MAKE_UNUSABLE)
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


@pytest.mark.parametrize("pasted", [" {}", "{}\n", "{}\r\n", "\u00a0{}\t", "\u200b{}\ufeff"])
def test_white_space_around_an_invite_token_is_ignored(anonymous_client, create_invite, pasted):
    """INV-4: case H2."""
    token = pasted.format(create_invite(guest=True)["token"])
    assert anonymous_client.post(PREVIEW, {"token": token}).status_code == 200
    assert anonymous_client.post(ACCEPT, {"token": token, "name": "Eve"}).status_code == 200


@pytest.mark.parametrize("place", [0, 20])
def test_white_space_inside_an_invite_token_returns_404(anonymous_client, create_invite, place):
    """INV-4"""
    token = create_invite()["token"]
    broken = f"{token[:place]}x {token[place:]}"
    assert anonymous_client.post(PREVIEW, {"token": broken}).status_code == 404


@pytest.mark.parametrize("path", [PREVIEW, ACCEPT])
def test_preview_and_accept_require_the_csrf_token(mallory, create_invite, path):
    """INV-5"""
    created = create_invite(guest=True)
    signed_in = APIClient(enforce_csrf_checks=True)
    signed_in.force_login(mallory)
    for client in (APIClient(enforce_csrf_checks=True), signed_in):
        response = client.post(path, {"token": created["token"], "name": "Eve"})
        assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
    assert Invite.objects.get().uses == 0


def test_invite_attempts_are_rate_limited_per_address(anonymous_client, create_invite, monkeypatch):
    """INV-12"""
    token = create_invite()["token"]
    monkeypatch.setattr(throttles, "MAX_LINKS", 3)
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
