"""Browsers and scripts as they really come: with cookies, CSRF tokens and bearer tokens."""

import pytest
from rest_framework.test import APIClient

from accounts.models import ApiToken
from shopping_list.models import Membership, ShoppingList
from tests.conftest import PASSWORD

FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@pytest.fixture
def open_browser(db):
    """Open a strict browser, signed in if a name is given."""

    def open_one(username=None, password=PASSWORD, **headers):
        client = APIClient(enforce_csrf_checks=True, **headers)
        client.get("/")
        renew_csrf(client)
        if username is not None:
            answer = client.post("/api/auth/login/", {"username": username, "password": password})
            assert answer.status_code == 200, answer.content
            renew_csrf(client)
        return client

    return open_one


def renew_csrf(client):
    """Send the CSRF token that the browser has now, as our pages do."""
    client.credentials(HTTP_X_CSRFTOKEN=client.cookies["csrftoken"].value)


@pytest.fixture
def script():
    """Make a client with a token of that person."""

    def make(user, **fields):
        _, secret = ApiToken.objects.create(user=user, name="script", **fields)
        client = APIClient(enforce_csrf_checks=True)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return make


@pytest.fixture
def list_of():
    """Make a list owned by that person, with others on it."""

    def make(owner, *others, name="Groceries", role="editor"):
        made = ShoppingList.objects.create(name=name, created_by=owner)
        Membership.objects.create(shopping_list=made, user=owner, role="owner")
        for other in others:
            Membership.objects.create(shopping_list=made, user=other, role=role)
        return made

    return make


@pytest.fixture
def guest(db, list_of, ana):
    """Grandma, a guest on a list of ana's."""
    from accounts import guests

    person = guests.create("Grandma")
    list_of(ana, person)
    return person
