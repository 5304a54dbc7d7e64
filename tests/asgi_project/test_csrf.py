"""Every endpoint requires the CSRF token; the URL configuration is walked to find them all."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from rest_framework.test import APIClient

# They neither read nor set cookies, so a foreign page gains nothing by calling them.
WITHOUT_COOKIES = {"api-token-auth"}


UNSAFE = ("post", "put", "patch", "delete")


def addresses(prefix="/"):
    """Yield (name, path) of every URL below the prefix."""
    for address, name in walk(get_resolver(), "/"):
        if address.startswith(prefix):
            yield name, address


def walk(resolver, prefix):
    for entry in resolver.url_patterns:
        address = prefix + sample(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from walk(entry, address)
        else:
            yield address, entry.name


def sample(pattern):
    def value(converter):
        return str(uuid.UUID(int=7)) if converter[1] == "uuid:" else "7"

    return re.sub(r"<(\w+:)?\w+>", value, str(pattern)).removesuffix("(?P<url>.*)$")


def outcome(answer):
    """Return the status, and the code if the response is a problem."""
    of_script = answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"] if of_script else ""


REFUSED = {(403, "csrf_failed"), (403, ""), (405, "method_not_allowed"), (405, "")}
"""Either the endpoint requires the token, or it does not have the method."""


def test_url_walk_finds_public_endpoints():
    names = {name for name, _ in addresses("/api/")}
    assert {"login", "logout", "register", "me"} <= names
    assert len(list(addresses("/api/"))) > 15
    assert "/admin/login/" in {address for _, address in addresses("/admin/")}


@pytest.mark.parametrize("method", UNSAFE)
def test_session_cannot_change_anything_without_csrf_token(olga, method):
    """SEC-6: no user has more permissions than olga, and even she cannot change anything."""
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")
    asked = 0
    for name, address in addresses():
        if name not in WITHOUT_COOKIES:
            found = outcome(getattr(client, method)(address, {}))
            assert found in REFUSED, address
            asked += found[0] == 403
    assert asked > 30


@pytest.mark.parametrize("method", UNSAFE)
def test_anonymous_client_cannot_change_anything_without_csrf_token(db, method):
    """SEC-6: including sign-in, registration and accepting an invite."""
    client = APIClient(enforce_csrf_checks=True)
    for name, address in addresses():
        if name not in WITHOUT_COOKIES:
            found = outcome(getattr(client, method)(address, {}))
            assert found in REFUSED | {(401, "not_authenticated")}, address


@pytest.mark.parametrize(
    "address",
    [
        "/api/auth/login/",
        "/api/auth/register/",
        "/api/auth/logout/",
        "/api/auth/reset/",
        "/api/invites/preview/",
        "/api/invites/accept/",
    ],
)
def test_public_endpoint_requires_csrf_token(db, address):
    """SEC-6"""
    answer = APIClient(enforce_csrf_checks=True).post(address, {})
    assert outcome(answer) == (403, "csrf_failed")


def test_safe_methods_write_nothing_to_the_database(olga, client_of):
    """SEC-6: so that a link or an image on a foreign page cannot change anything either."""
    client = client_of(olga)
    with CaptureQueriesContext(connection) as asked:
        for _, address in addresses():
            client.get(address)
            client.head(address)
    wrote = [query["sql"] for query in asked if not query["sql"].startswith(("SELECT", "SAVE"))]
    assert wrote == []


def test_token_endpoint_sets_no_cookies(db):
    """SEC-6"""
    answer = APIClient(enforce_csrf_checks=True).post("/api/api-token-auth/", {})
    assert answer.status_code == 400
    assert not answer.cookies
