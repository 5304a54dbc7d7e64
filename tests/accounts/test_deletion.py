"""Account deletion, and what is deleted with the account."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from rest_framework.test import APIClient

from accounts import deletion
from accounts.models import ApiToken, Session, User
from shopping_list.models import Activity, Membership, ShoppingList
from tests.conftest import PASSWORD

pytestmark = pytest.mark.database

ME = "/api/auth/me/"
CONFIRMATION = {"password": PASSWORD}


@pytest.fixture
def ana_client(open_browser, ana):
    return open_browser("ana")


def code_of(response):
    return response.status_code, response.json()["code"]


def test_deleting_an_account_deletes_its_sessions_tokens_and_lists(
    ana_client, open_browser, ana, token_client, create_list
):
    """PPL-10"""
    create_list(ana)
    laptop, script_client = open_browser("ana"), token_client(ana)
    response = ana_client.delete(ME, CONFIRMATION)
    assert (response.status_code, response.content) == (204, b"")
    assert response.cookies["trolley_sessionid"].value == ""
    assert {client.get(ME).status_code for client in (ana_client, laptop, script_client)} == {401}
    for model in (User, ShoppingList, Session, ApiToken):
        assert not model.objects.exists()


def test_deleting_an_account_records_member_left_on_shared_lists(
    ana_client, ana, bob, create_list, signed_in_client
):
    """PPL-10"""
    shared = create_list(bob, ana)
    ana_client.delete(ME, CONFIRMATION)
    assert list(shared.memberships.values_list("user", flat=True)) == [bob.pk]
    activity = Activity.objects.filter(list_id=shared.pk).latest("version")
    assert (activity.verb, activity.actor_id, activity.actor_name) == ("member.left", None, "Ana")
    feed = (
        signed_in_client(bob).get(f"/api/shopping-lists/{shared.pk}/activities/").json()["results"]
    )
    assert feed[0]["actor"] == {"id": None, "name": "Ana"}


def test_account_deletion_is_refused_when_a_shared_list_has_no_other_owner(
    ana_client, ana, bob, create_list
):
    """PPL-10"""
    shared, own = create_list(ana, bob), create_list(ana, name="Own")
    response = ana_client.delete(ME, CONFIRMATION)
    assert code_of(response) == (409, "last_owner")
    assert response.json()["lists"] == [{"id": str(shared.pk), "name": "Groceries"}]
    assert ShoppingList.objects.filter(pk=own.pk).exists()
    assert ana_client.get(ME).status_code == 200
    Membership.objects.filter(user=bob).update(role="owner")
    assert ana_client.delete(ME, CONFIRMATION).status_code == 204


def test_account_deletion_is_refused_when_the_password_is_wrong(ana_client):
    """PPL-8, PPL-10"""
    for body in ({"password": "not the password"}, {"password": ""}, {}, None):
        response = ana_client.delete(ME, body)
        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["password"]
    assert ana_client.get(ME).status_code == 200


def test_account_deletion_locks_out_after_ten_wrong_passwords(ana_client):
    """PPL-8"""
    guess = {"password": "not the password"}
    assert [ana_client.delete(ME, guess).status_code for _ in range(10)] == [400] * 9 + [429]
    assert code_of(ana_client.delete(ME, CONFIRMATION)) == (429, "locked_out")
    assert User.objects.exists()


def test_account_deletion_rejects_api_tokens(ana, token_client):
    """PPL-10"""
    assert token_client(ana).delete(ME, CONFIRMATION).status_code == 403
    assert User.objects.exists()


def test_guest_deletes_account_without_a_password(guest, ana, signed_in_client):
    """PPL-10"""
    client = signed_in_client(guest)
    assert client.delete(ME).status_code == 204
    assert list(User.objects.all()) == [ana]
    assert client.get(ME).status_code == 401


def test_guest_account_deletion_requires_the_csrf_token(guest):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(guest)
    assert code_of(client.delete(ME)) == (403, "csrf_failed")


def test_last_superuser_cannot_delete_account_when_other_users_exist(
    open_browser, olga, ana, make_user
):
    """PPL-11"""
    make_user("off", is_superuser=True, is_active=False)
    olga_client = open_browser("olga")
    assert code_of(olga_client.delete(ME, CONFIRMATION)) == (409, "last_superuser")
    make_user("otto", is_superuser=True)
    assert olga_client.delete(ME, CONFIRMATION).status_code == 204


def test_last_user_can_delete_account(open_browser, olga, guest, ana):
    """PPL-11"""
    ana.delete()
    assert open_browser("olga").delete(ME, CONFIRMATION).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_only_one_of_two_superusers_is_deleted_when_both_delete_at_once(make_user, ana):
    """PPL-11"""
    owners = [make_user(name, is_superuser=True) for name in ("olga", "otto")]

    def try_delete(user):
        try:
            deletion.delete(user)
        except deletion.LastSuperuserError:
            return False
        else:
            return True
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(try_delete, owners)) == [False, True]
    assert User.objects.filter(is_superuser=True).count() == 1
