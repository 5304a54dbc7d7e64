"""API clients like real browsers and scripts: with cookies, CSRF tokens and bearer tokens."""

import pytest
from rest_framework.test import APIClient

from accounts.models import ApiToken
from shopping_list.models import Membership, ShoppingList
from tests.conftest import PASSWORD

FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@pytest.fixture
def open_browser(db):
    """Open a client that must send CSRF tokens; it is signed in if a name is given."""

    def open_one(username=None, password=PASSWORD, **headers):
        client = APIClient(enforce_csrf_checks=True, **headers)
        client.get("/")
        renew_csrf(client)
        if username is not None:
            response = client.post("/api/auth/login/", {"username": username, "password": password})
            assert response.status_code == 200, response.content
            renew_csrf(client)
        return client

    return open_one


def renew_csrf(client):
    """Send the CSRF token of the current cookie from now on, as our pages do."""
    client.credentials(HTTP_X_CSRFTOKEN=client.cookies["trolley_csrftoken"].value)


@pytest.fixture
def token_client():
    """Create a client with a token of that user."""

    def make(user, **fields):
        _, secret = ApiToken.objects.create(user=user, name="script", **fields)
        client = APIClient(enforce_csrf_checks=True)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return make


@pytest.fixture
def create_list():
    """Create a list that the first user owns, with the others as members."""

    def make(owner, *members, name="Groceries", role="editor"):
        shopping_list = ShoppingList.objects.create(name=name, created_by=owner)
        Membership.objects.create(shopping_list=shopping_list, user=owner, role="owner")
        for member in members:
            Membership.objects.create(shopping_list=shopping_list, user=member, role=role)
        return shopping_list

    return make


@pytest.fixture
def guest(db, create_list, ana):
    """Grandma, a guest on a list of ana."""
    from accounts import guests

    guest = guests.create("Grandma")
    create_list(ana, guest)
    return guest
