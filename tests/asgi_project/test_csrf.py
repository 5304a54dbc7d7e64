"""Every endpoint requires the CSRF token; the URL configuration is walked to find them all."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from rest_framework.test import APIClient

# They neither read nor set cookies, so a foreign page gains nothing by calling them.
WITHOUT_COOKIES = {"api-token-auth", "metrics"}


UNSAFE = ("post", "put", "patch", "delete")


def named_paths(prefix="/"):
    """Yield (name, path) of every URL below the prefix."""
    for path, name in walk(get_resolver(), "/"):
        if path.startswith(prefix):
            yield name, path


def walk(resolver, prefix):
    for entry in resolver.url_patterns:
        path = prefix + sample_path(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from walk(entry, path)
        else:
            yield path, entry.name


def sample_path(pattern):
    def value(converter):
        return str(uuid.UUID(int=7)) if converter[1] in {"uuid:", "id:"} else "7"

    path = re.sub(r"<(\w+:)?\w+>", value, str(pattern)).removesuffix("(?P<url>.*)$")
    return path.replace("%", "%25").replace("#", "%23")


def result_of(response):
    """Return the status, and the code if the response is a problem."""
    is_problem = response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"] if is_problem else ""


REJECTED = {(403, "csrf_failed"), (403, ""), (405, "method_not_allowed"), (405, "")}
"""Either the endpoint requires the token, or it does not have the method."""


def test_url_walk_finds_public_endpoints():
    names = {name for name, _ in named_paths("/api/")}
    assert {"login", "logout", "register", "me"} <= names
    assert len(list(named_paths("/api/"))) > 15
    assert "/admin/login/" in {path for _, path in named_paths("/admin/")}


@pytest.mark.parametrize("method", UNSAFE)
def test_session_cannot_change_anything_without_csrf_token(olga, method):
    """SEC-6: no user has more permissions than olga, and even she cannot change anything."""
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(olga)
    forbidden = 0
    for name, path in named_paths():
        if name not in WITHOUT_COOKIES:
            result = result_of(getattr(client, method)(path, {}))
            assert result in REJECTED, path
            forbidden += result[0] == 403
    assert forbidden > 30


@pytest.mark.parametrize("method", UNSAFE)
def test_anonymous_client_cannot_change_anything_without_csrf_token(db, method):
    """SEC-6: including sign-in, registration and accepting an invite."""
    client = APIClient(enforce_csrf_checks=True)
    for name, path in named_paths():
        if name not in WITHOUT_COOKIES:
            result = result_of(getattr(client, method)(path, {}))
            assert result in REJECTED | {(401, "not_authenticated")}, path


@pytest.mark.parametrize(
    "path",
    [
        "/api/auth/login/",
        "/api/auth/register/",
        "/api/auth/logout/",
        "/api/auth/reset/",
        "/api/invites/preview/",
        "/api/invites/accept/",
    ],
)
def test_public_endpoint_requires_csrf_token(db, path):
    """SEC-6"""
    response = APIClient(enforce_csrf_checks=True).post(path, {})
    assert result_of(response) == (403, "csrf_failed")


def test_safe_methods_write_nothing_to_the_database(olga, signed_in_client):
    """SEC-6: so that a link or an image on a foreign page cannot change anything either."""
    client = signed_in_client(olga)
    with CaptureQueriesContext(connection) as queries:
        for _, path in named_paths():
            client.get(path)
            client.head(path)
    writes = [query["sql"] for query in queries if not query["sql"].startswith(("SELECT", "SAVE"))]
    assert writes == []


def test_token_endpoint_sets_no_cookies(db):
    """SEC-6"""
    response = APIClient(enforce_csrf_checks=True).post("/api/api-token-auth/", {})
    assert response.status_code == 400
    assert not response.cookies
