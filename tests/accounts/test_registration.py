"""User registration: the owner by a setup link, others by open registration."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError
from django.db import connections
from rest_framework.test import APIClient

from accounts.models import SetupLink, User, owner_exists
from accounts.registration import RegistrationClosedError, ensure_owner, register
from asgi_project.serving import preparation
from tests.conftest import PASSWORD

pytestmark = pytest.mark.database

REGISTER = "/api/auth/register/"


def body(**changes):
    return {"username": "olga", "name": "Olga", "password": PASSWORD, **changes}


def test_registration_is_closed_without_the_setup_link(anonymous_client, db):
    response = anonymous_client.post(REGISTER, body())
    assert (response.status_code, response.json()["code"]) == (403, "registration_closed")
    assert not User.objects.exists()


def test_setup_link_creates_the_owner_and_signs_them_in(anonymous_client, db):
    response = anonymous_client.post(REGISTER, body(token=SetupLink.issue()))
    assert response.status_code == 201
    assert response.json()["is_staff"] is True
    assert anonymous_client.get("/api/auth/me/").json()["username"] == "olga"
    assert User.objects.get().is_superuser


@pytest.mark.parametrize("pasted", [" {}", "{}\n", "{}\r\n", "\u200b{}\u00a0"])
def test_white_space_around_a_setup_secret_is_ignored(anonymous_client, db, pasted):
    """Case H2."""
    response = anonymous_client.post(REGISTER, body(token=pasted.format(SetupLink.issue())))
    assert response.json()["is_staff"] is True


def test_setup_link_works_once(anonymous_client, db):
    secret = SetupLink.issue()
    anonymous_client.post(REGISTER, body(token=secret))
    response = APIClient().post(REGISTER, body(username="second", token=secret))
    assert (response.status_code, response.json()["code"]) == (403, "registration_closed")


def test_only_the_newest_setup_link_is_valid(anonymous_client, db):
    older, newest = SetupLink.issue(), SetupLink.issue()
    assert anonymous_client.post(REGISTER, body(token=older)).status_code == 403
    assert anonymous_client.post(REGISTER, body(token=newest)).status_code == 201


def test_setup_link_is_refused_when_an_owner_exists(anonymous_client, olga):
    secret = SetupLink.issue()
    assert anonymous_client.post(REGISTER, body(username="second", token=secret)).status_code == 403


def test_setup_link_is_stored_as_a_hash(db):
    secret = SetupLink.issue()
    assert len(secret) >= 43
    assert secret not in SetupLink.objects.get().digest


def test_setup_link_stays_valid_when_the_username_is_refused(anonymous_client, ana):
    secret = SetupLink.issue()
    response = anonymous_client.post(REGISTER, body(username="ANA", token=secret))
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["username"]
    assert anonymous_client.post(REGISTER, body(token=secret)).status_code == 201


def test_registration_requires_the_csrf_token(db):
    response = APIClient(enforce_csrf_checks=True).post(REGISTER, body(token=SetupLink.issue()))
    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")


def test_registration_creates_a_member_when_registration_is_open(anonymous_client, olga, settings):
    settings.OPEN_REGISTRATION = True
    response = anonymous_client.post(REGISTER, body(username="newcomer"))
    assert response.status_code == 201
    assert response.json()["is_staff"] is False


def test_registration_without_setup_link_does_not_create_owner(anonymous_client, db, settings):
    settings.OPEN_REGISTRATION = True
    assert anonymous_client.post(REGISTER, body(username="stranger")).json()["is_staff"] is False
    assert not owner_exists()


@pytest.mark.parametrize(
    ("password", "message"),
    [("short", "10 characters"), ("1234567890", "common"), ("olgaolgaolga", "")],
)
def test_registration_rejects_a_weak_password(anonymous_client, db, password, message):
    response = anonymous_client.post(REGISTER, body(password=password, token=SetupLink.issue()))
    if message:
        assert response.status_code == 400
        assert message in " ".join(response.json()["errors"]["password"])


def test_registration_reports_an_unknown_field(anonymous_client, db):
    response = anonymous_client.post(REGISTER, body(is_staff=True))
    assert response.json()["errors"] == {"is_staff": ["Unknown field."]}


@pytest.mark.django_db(transaction=True)
def test_setup_link_creates_one_owner_when_eight_requests_race():
    secret = SetupLink.issue()

    def use(number):
        try:
            register(username=f"user{number}", password=PASSWORD, token=secret)
        except RegistrationClosedError:
            return False
        else:
            return True
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1
    assert User.objects.filter(is_superuser=True).count() == User.objects.count() == 1


def test_owner_of_the_environment_is_created_only_if_there_is_none(db):
    ensure_owner("root", PASSWORD)
    ensure_owner("root2", PASSWORD)
    assert User.objects.get().is_superuser


def test_owner_of_the_environment_does_not_take_the_name_of_a_user(ana):
    ensure_owner(" ANA ", PASSWORD)
    assert User.objects.get() == ana


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"PASSWORD": "x"}, r"^DJANGO_SUPERUSER_PASSWORD: This password is too short"),
        ({"PASSWORD": "1234567890123"}, r"_PASSWORD: .*entirely numeric"),
        ({"PASSWORD": "olga-olga-olga"}, r"_PASSWORD: .*too similar to the username"),
        ({"PASSWORD": "a\u0308\u0308\u0308\u0308\u0308\u0308\u0308"}, r"_PASSWORD: .*too short"),
        ({"USERNAME": "o l"}, r"^DJANGO_SUPERUSER_USERNAME: Enter a valid username"),
        ({"EMAIL": "olga"}, r"^DJANGO_SUPERUSER_EMAIL: Enter a valid email"),
    ],
)
def test_owner_of_the_environment_is_held_to_the_rules_of_sign_up(db, settings, values, message):
    """PPL-15: case I1. The start is refused in one line."""
    values = {"USERNAME": "olga-olga-olg", "PASSWORD": PASSWORD, **values}
    for name, value in values.items():
        setattr(settings, f"SUPERUSER_{name}", value)
    with pytest.raises(CommandError, match=message) as refusal:
        preparation._ensure_owner()
    assert "\n" not in str(refusal.value)
    assert not User.objects.exists()


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_last_line_end_of_the_password_is_no_part_of_it(db, settings, ending):
    """PPL-15: case H1."""
    values = {"USERNAME": "olga", "PASSWORD": PASSWORD, "EMAIL": "o@example.org"}
    for name, value in values.items():
        setattr(settings, f"SUPERUSER_{name}", f"{value}{ending}")
    preparation._ensure_owner()
    owner = User.objects.get_by_natural_key("olga")
    assert owner.check_password(PASSWORD)
    assert (owner.username, owner.email) == ("olga", "o@example.org")
