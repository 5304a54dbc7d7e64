"""How an account ends, and what goes with it."""

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
MINE = {"password": PASSWORD}


@pytest.fixture
def ana_client(open_browser, ana):
    return open_browser("ana")


def code_of(answer):
    return answer.status_code, answer.json()["code"]


def test_it_goes_with_its_sessions_tokens_and_lists(
    ana_client, open_browser, ana, token_client, create_list
):
    """PPL-10"""
    create_list(ana)
    laptop, client = open_browser("ana"), token_client(ana)
    answer = ana_client.delete(ME, MINE)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.cookies["sessionid"].value == ""
    assert {one.get(ME).status_code for one in (ana_client, laptop, client)} == {401}
    for model in (User, ShoppingList, Session, ApiToken):
        assert not model.objects.exists()


def test_a_list_of_others_is_told(ana_client, ana, bob, create_list, signed_in_client):
    """PPL-10"""
    shared = create_list(bob, ana)
    ana_client.delete(ME, MINE)
    assert list(shared.memberships.values_list("user", flat=True)) == [bob.pk]
    last = Activity.objects.filter(list_id=shared.pk).latest("version")
    assert (last.verb, last.actor_id, last.actor_name) == ("member.left", None, "Ana")
    feed = (
        signed_in_client(bob).get(f"/api/shopping-lists/{shared.pk}/activities/").json()["results"]
    )
    assert feed[0]["actor"] == {"id": None, "name": "Ana"}


def test_it_stays_while_others_need_it(ana_client, ana, bob, create_list):
    """PPL-10"""
    needed, own = create_list(ana, bob), create_list(ana, name="Own")
    answer = ana_client.delete(ME, MINE)
    assert code_of(answer) == (409, "last_owner")
    assert answer.json()["lists"] == [{"id": str(needed.pk), "name": "Groceries"}]
    assert ShoppingList.objects.filter(pk=own.pk).exists()
    assert ana_client.get(ME).status_code == 200
    Membership.objects.filter(user=bob).update(role="owner")
    assert ana_client.delete(ME, MINE).status_code == 204


def test_a_wrong_password_deletes_nothing(ana_client):
    """PPL-8, PPL-10"""
    for given in ({"password": "not the password"}, {"password": ""}, {}, None):
        answer = ana_client.delete(ME, given)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == ["password"]
    assert ana_client.get(ME).status_code == 200


def test_guesses_are_locked_out_as_at_sign_in(ana_client):
    """PPL-8"""
    guess = {"password": "not the password"}
    assert [ana_client.delete(ME, guess).status_code for _ in range(10)] == [400] * 9 + [429]
    assert code_of(ana_client.delete(ME, MINE)) == (429, "locked_out")
    assert User.objects.exists()


def test_no_token_ends_it(ana, token_client):
    """PPL-10"""
    assert token_client(ana).delete(ME, MINE).status_code == 403
    assert User.objects.exists()


def test_a_guest_needs_no_password(guest, ana, signed_in_client):
    """PPL-10"""
    client = signed_in_client(guest)
    assert client.delete(ME).status_code == 204
    assert list(User.objects.all()) == [ana]
    assert client.get(ME).status_code == 401


def test_a_guest_needs_the_csrf_token(guest):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(guest, backend="django.contrib.auth.backends.ModelBackend")
    assert code_of(client.delete(ME)) == (403, "csrf_failed")


def test_the_last_who_runs_the_installation_stays_while_others_have_accounts(
    open_browser, olga, ana, make_user
):
    """PPL-11"""
    make_user("off", is_superuser=True, is_active=False)
    olga_client = open_browser("olga")
    assert code_of(olga_client.delete(ME, MINE)) == (409, "last_superuser")
    make_user("otto", is_superuser=True)
    assert olga_client.delete(ME, MINE).status_code == 204


def test_the_only_person_may_go(open_browser, olga, guest, ana):
    """PPL-11"""
    ana.delete()
    assert open_browser("olga").delete(ME, MINE).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_of_two_who_go_at_once_one_stays(make_user, ana):
    """PPL-11"""
    owners = [make_user(name, is_superuser=True) for name in ("olga", "otto")]

    def go(person):
        try:
            deletion.delete(person)
        except deletion.LastSuperuser:
            return False
        else:
            return True
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(go, owners)) == [False, True]
    assert User.objects.filter(is_superuser=True).count() == 1
