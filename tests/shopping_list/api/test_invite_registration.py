"""Registration by an invite link."""

from __future__ import annotations

from functools import partial

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from shopping_list.models import Activity, Invite
from shopping_list.services import invites
from tests.conftest import PASSWORD
from tests.shopping_list.api.conftest import ACCEPT, MAKE_UNUSABLE, comparable, url_of_list

REGISTER = "/api/auth/register/"
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


@pytest.mark.parametrize("make_unusable", MAKE_UNUSABLE)
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
