"""How a person is found and called."""

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError
from django.test import RequestFactory

from tests.conftest import PASSWORD

pytestmark = pytest.mark.database


def test_it_calls_a_person_without_a_name_by_the_username(make_user):
    assert make_user("ana", name="").display_name == "ana"


def test_it_signs_in_whatever_the_case_of_the_name(ana):
    request = RequestFactory().post("/")
    assert authenticate(request, username="ANA", password=PASSWORD) == ana


def test_it_refuses_a_second_name_that_differs_in_case_only(make_user, ana):
    with pytest.raises(IntegrityError):
        make_user("Ana")


@pytest.mark.parametrize("field", ["id", "username", "is_staff", "is_guest", "is_superuser"])
def test_what_cannot_be_changed_is_refused_and_not_passed_over(signed_in_client, ana, field):
    """API-4"""
    answer = signed_in_client(ana).patch("/api/auth/me/", {"name": "Anna", field: True})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    ana.refresh_from_db()
    assert (ana.name, ana.username, ana.is_staff) == ("Ana", "ana", False)
