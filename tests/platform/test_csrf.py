"""Every unsafe address asks for the CSRF token; found by walking the URL configuration."""

import re
import uuid

import pytest
from django.urls import get_resolver
from rest_framework.test import APIClient

# They read no cookie and set none, so a foreign page gains nothing by calling them.
WITHOUT_COOKIES = {"api-token-auth"}


def api_addresses():
    """Yield (name, address) of everything under /api/."""
    for address, name in walk(get_resolver(), "/"):
        if address.startswith("/api/") and not address.startswith(("/api/docs", "/api/schema")):
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

    return re.sub(r"<(\w+:)?\w+>", value, str(pattern))


def test_the_walk_finds_the_doors():
    names = {name for name, _ in api_addresses()}
    assert {"login", "logout", "register", "me"} <= names
    assert len(list(api_addresses())) > 15


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_refuses_every_change_by_a_session_without_the_token(ana, method):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    for name, address in api_addresses():
        if name not in WITHOUT_COOKIES:
            answer = getattr(client, method)(address, {})
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed"), address


@pytest.mark.parametrize(
    "address", ["/api/auth/login/", "/api/auth/register/", "/api/auth/logout/"]
)
def test_it_asks_strangers_for_the_token_at_the_doors(db, address):
    answer = APIClient(enforce_csrf_checks=True).post(address, {})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_the_door_without_cookies_sets_none(db):
    answer = APIClient(enforce_csrf_checks=True).post("/api/api-token-auth/", {})
    assert answer.status_code == 400
    assert not answer.cookies
