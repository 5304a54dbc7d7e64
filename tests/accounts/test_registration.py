"""Signing up: the owner by a link that works once, others where the door is open."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from rest_framework.test import APIClient

from accounts.models import SetupLink, User, owner_exists
from accounts.registration import RegistrationClosed, create_owner, register
from tests.conftest import PASSWORD

pytestmark = pytest.mark.database

REGISTER = "/api/auth/register/"


def body(**changes):
    return {"username": "olga", "name": "Olga", "password": PASSWORD, **changes}


def test_it_is_closed_without_the_setup_link(anonymous_client, db):
    answer = anonymous_client.post(REGISTER, body())
    assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
    assert not User.objects.exists()


def test_it_makes_the_owner_by_the_setup_link_and_signs_them_in(anonymous_client, db):
    answer = anonymous_client.post(REGISTER, body(token=SetupLink.issue()))
    assert answer.status_code == 201
    assert answer.json()["is_staff"] is True
    assert anonymous_client.get("/api/auth/me/").json()["username"] == "olga"
    assert User.objects.get().is_superuser


def test_it_takes_the_link_once(anonymous_client, db):
    secret = SetupLink.issue()
    anonymous_client.post(REGISTER, body(token=secret))
    again = APIClient().post(REGISTER, body(username="second", token=secret))
    assert (again.status_code, again.json()["code"]) == (403, "registration_closed")


def test_it_accepts_only_the_newest_link(anonymous_client, db):
    older, newest = SetupLink.issue(), SetupLink.issue()
    assert anonymous_client.post(REGISTER, body(token=older)).status_code == 403
    assert anonymous_client.post(REGISTER, body(token=newest)).status_code == 201


def test_it_refuses_a_link_once_somebody_is_the_owner(anonymous_client, olga):
    secret = SetupLink.issue()
    assert anonymous_client.post(REGISTER, body(username="second", token=secret)).status_code == 403


def test_it_keeps_only_a_hash_of_the_link(db):
    secret = SetupLink.issue()
    assert len(secret) >= 43
    assert secret not in SetupLink.objects.get().digest


def test_it_keeps_the_link_good_after_a_refused_name(anonymous_client, ana):
    secret = SetupLink.issue()
    taken = anonymous_client.post(REGISTER, body(username="ANA", token=secret))
    assert taken.status_code == 400
    assert list(taken.json()["errors"]) == ["username"]
    assert anonymous_client.post(REGISTER, body(token=secret)).status_code == 201


def test_it_asks_for_a_csrf_token_of_strangers_too(db):
    answer = APIClient(enforce_csrf_checks=True).post(REGISTER, body(token=SetupLink.issue()))
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_it_lets_anybody_in_where_the_operator_opened_the_door(anonymous_client, olga, settings):
    settings.OPEN_REGISTRATION = True
    answer = anonymous_client.post(REGISTER, body(username="newcomer"))
    assert answer.status_code == 201
    assert answer.json()["is_staff"] is False


def test_it_gives_nobody_the_installation_for_coming_first(anonymous_client, db, settings):
    settings.OPEN_REGISTRATION = True
    assert anonymous_client.post(REGISTER, body(username="stranger")).json()["is_staff"] is False
    assert not owner_exists()


@pytest.mark.parametrize(
    ("password", "why"),
    [("short", "10 characters"), ("1234567890", "common"), ("olgaolgaolga", "")],
)
def test_it_refuses_weak_passwords(anonymous_client, db, password, why):
    answer = anonymous_client.post(REGISTER, body(password=password, token=SetupLink.issue()))
    if why:
        assert answer.status_code == 400
        assert why in " ".join(answer.json()["errors"]["password"])


def test_it_names_an_unknown_field(anonymous_client, db):
    answer = anonymous_client.post(REGISTER, body(is_staff=True))
    assert answer.json()["errors"] == {"is_staff": ["Unknown field."]}


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_owner_of_many_concurrent_uses_of_the_link():
    secret = SetupLink.issue()

    def use(number):
        try:
            register(username=f"person{number}", password=PASSWORD, token=secret)
        except RegistrationClosed:
            return False
        else:
            return True
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1
    assert User.objects.filter(is_superuser=True).count() == User.objects.count() == 1


def test_it_creates_the_owner_that_the_environment_names_once(db):
    assert create_owner("root", PASSWORD).is_superuser
    assert create_owner("root2", PASSWORD) is None
    assert User.objects.count() == 1
