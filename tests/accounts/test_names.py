"""User names and display names."""

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import RequestFactory

from accounts import guests
from accounts.models import User
from shopping_list.models import Membership
from tests.conftest import PASSWORD

pytestmark = pytest.mark.database


def test_display_name_falls_back_to_the_username(make_user):
    assert make_user("ana", name="").display_name == "ana"


def test_sign_in_ignores_the_case_of_the_username(ana):
    request = RequestFactory().post("/")
    assert authenticate(request, username="ANA", password=PASSWORD) == ana


SAME_NAMES = [
    ("Müller", "MÜLLER"),
    ("straße", "STRASSE"),
    ("Ärne", "ärne"),
    ("σίσυφος", "ΣΊΣΥΦΟΣ"),
    ("ana", "\uff21na"),  # a wide A
    ("José", "jose\u0301"),
]


@pytest.mark.parametrize(("username", "other"), [("ana", "Ana"), *SAME_NAMES])
def test_username_must_be_unique_ignoring_case(make_user, username, other):
    make_user(username)
    with pytest.raises(IntegrityError):
        make_user(other)


@pytest.mark.parametrize(("username", "other"), SAME_NAMES)
def test_names_that_differ_in_case_alone_are_one_account(
    anonymous_client, settings, db, username, other
):
    """PPL-18: case O2, also for signing in and for the count of wrong passwords."""
    settings.OPEN_REGISTRATION = True
    body = {"username": username, "password": PASSWORD}
    assert anonymous_client.post("/api/auth/register/", body).status_code == 201
    taken = anonymous_client.post("/api/auth/register/", {**body, "username": other})
    assert (taken.status_code, list(taken.json()["errors"])) == (400, ["username"])
    sign_in, wrong = "/api/api-token-auth/", "not the password"
    assert anonymous_client.post(sign_in, {**body, "username": other}).status_code == 200
    statuses = [
        anonymous_client.post(sign_in, {"username": name, "password": wrong}).status_code
        for name in (username, other) * 5
    ]
    assert statuses == [400] * 9 + [429]


def test_upgraded_guest_is_refused_a_name_that_is_taken(signed_in_client, groceries, make_user):
    """PPL-18"""
    make_user("müller")
    guest = guests.create("Gast")
    Membership.objects.create(shopping_list=groceries, user=guest, role="viewer")
    client = signed_in_client(guest)
    body = {"username": "MÜLLER", "password": PASSWORD}
    assert client.post("/api/auth/upgrade/", body).status_code == 400
    assert client.post("/api/auth/upgrade/", {**body, "username": "Möller"}).status_code == 200
    assert User.objects.get_by_natural_key("MÖLLER") == guest


def test_admin_refuses_a_name_that_is_taken(signed_in_client, olga, make_user):
    """PPL-18: with an error of the field, also for a name that is changed."""
    ana = make_user("ana")
    make_user("müller")
    client = signed_in_client(olga)
    new = {"username": "MÜLLER", "password1": PASSWORD, "password2": PASSWORD}
    page = client.post("/admin/accounts/user/add/", {**new, "usable_password": "true"}, "multipart")
    assert "already exists" in str(page.context["adminform"].errors["username"])
    ana.username = "MÜLLER"
    with pytest.raises(ValidationError, match="already exists"):
        ana.full_clean()


def test_new_username_of_a_user_is_the_one_that_signs_in(ana):
    """PPL-18: whichever fields are saved, and for users that are created in bulk."""
    ana.username = "ANNA"
    ana.save(update_fields=["username"])
    User.objects.bulk_create([User(username="Élise")])
    assert User.objects.get_by_natural_key("anna") == ana
    assert User.objects.get_by_natural_key("ÉLISE").username == "Élise"
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key("ana")


@pytest.mark.parametrize("character", ["\ufb03", "\ufdfa", "\u0390", "ß", "\u0130"])
@pytest.mark.parametrize("path", ["/api/auth/register/", "/api/api-token-auth/", "/admin/login/"])
def test_name_that_its_normal_form_makes_longer_is_no_server_error(
    anonymous_client, settings, olga, path, character
):
    """PPL-18: on PostgreSQL, which checks the length of a column."""
    settings.OPEN_REGISTRATION = True
    encoding = "multipart" if path.startswith("/admin") else "json"
    body = {"username": character * 150, "password": PASSWORD}
    response = anonymous_client.post(path, body, encoding)
    assert response.status_code in {200, 201, 400}


@pytest.mark.parametrize("field", ["id", "username", "is_staff", "is_guest", "is_superuser"])
def test_read_only_profile_field_is_rejected_rather_than_ignored(signed_in_client, ana, field):
    """API-4"""
    response = signed_in_client(ana).patch("/api/auth/me/", {"name": "Anna", field: True})
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    ana.refresh_from_db()
    assert (ana.name, ana.username, ana.is_staff) == ("Ana", "ana", False)
