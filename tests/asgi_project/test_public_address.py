"""The address in printed links: configured, or where an owner last signed in."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from accounts.models import User
from asgi_project.public_address import public_address, remember_address
from asgi_project.serving.startup_message import startup_message
from tests.conftest import PASSWORD


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def sign_in(url: str, *, is_owner: bool = True) -> None:
    scheme, _, host = url.partition("://")
    request = RequestFactory().get("/", secure=scheme == "https", headers={"host": host})
    user = User(username="olga", is_superuser=is_owner)
    remember_address(request=request, user=user)


def test_address_is_where_an_owner_last_signed_in(settings):
    """CFG-8"""
    assert public_address() == ""
    sign_in("http://localhost:9000")
    assert public_address() == "http://localhost:9000"
    sign_in("https://list.example.org")
    assert public_address() == "https://list.example.org"
    settings.PUBLIC_URL = "https://other.example"
    assert public_address() == "https://other.example"


def test_address_of_this_machine_replaces_no_other_one():
    """CFG-8"""
    sign_in("https://list.example.org")
    for url in ("http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"):
        sign_in(url)
    assert public_address() == "https://list.example.org"


@pytest.mark.database
def test_sign_in_of_an_owner_is_noticed(anonymous_client, olga, ana):
    """CFG-8"""
    for name, expected in (("ana", ""), ("olga", "http://list.example.org:8000")):
        body = {"username": name, "password": PASSWORD}
        headers = {"host": "list.example.org:8000"}
        assert anonymous_client.post("/api/auth/login/", body, headers=headers).status_code == 200
        assert public_address() == expected


def test_member_cannot_choose_the_address():
    """CFG-8: who chooses it would get the secrets of other users' links."""
    sign_in("https://evil.example", is_owner=False)
    assert public_address() == ""


def test_sign_in_succeeds_when_the_address_cannot_be_stored(settings, data):
    settings.DATA_DIR = data / "none"
    sign_in("https://list.example.org")
    assert public_address() == ""


def test_setup_link_names_no_address_that_people_cannot_use(settings):
    """CFG-8"""
    local = "http://localhost:8000"
    assert f"{local}/setup/#s" in startup_message(local, "s")
    settings.HTTPS = True
    assert "https://<your address>/setup/#s" in startup_message(local, "s")
    settings.PUBLIC_URL = "https://list.example.org"
    assert "https://list.example.org/setup/#s" in startup_message(settings.PUBLIC_URL, "s")
