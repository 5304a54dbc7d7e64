"""User names and display names."""

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError
from django.test import RequestFactory

from tests.conftest import PASSWORD

pytestmark = pytest.mark.database


def test_display_name_falls_back_to_the_username(make_user):
    assert make_user("ana", name="").display_name == "ana"


def test_sign_in_ignores_the_case_of_the_username(ana):
    request = RequestFactory().post("/")
    assert authenticate(request, username="ANA", password=PASSWORD) == ana


def test_username_must_be_unique_ignoring_case(make_user, ana):
    with pytest.raises(IntegrityError):
        make_user("Ana")


@pytest.mark.parametrize("field", ["id", "username", "is_staff", "is_guest", "is_superuser"])
def test_read_only_profile_field_is_rejected_rather_than_ignored(signed_in_client, ana, field):
    """API-4"""
    response = signed_in_client(ana).patch("/api/auth/me/", {"name": "Anna", field: True})
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    ana.refresh_from_db()
    assert (ana.name, ana.username, ana.is_staff) == ("Ana", "ana", False)
