"""The language of a page, and the choice of the user."""

import json
import sqlite3

import pytest
from django.db import OperationalError

from accounts.languages import LANGUAGES, first_supported
from accounts.models import User
from asgi_project.page_language import TEXTS
from tests.support.processes import ROOT

ME = "/api/auth/me/"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr, de;q=0.4, en;q=0.5", "en"),
        ("en;q=0.5,DE", "de"),
        ("fr", None),
        ("*", None),
        ("", None),
        ("de;q=0, en;q=0.1", "en"),
        ("de;q=x", None),
        ("de ; q = 0.9", "de"),
        ("\xe9;;==,", None),
    ],
)
def test_browser_names_its_languages(header, language):
    """LANG-2"""
    assert first_supported(header) == language


def test_long_header_is_read_up_to_a_limit():
    """LANG-2"""
    assert first_supported("fr," * 10_000 + "de") is None


def page_language(client, *, path="/", accepts="", cookie=None):
    if cookie is not None:
        client.cookies["trolley_language"] = cookie
    response = client.get(path, headers={"Accept-Language": accepts})
    assert {"Accept-Language", "Cookie"} <= set(response["Vary"].split(", "))
    html = response.content.decode()
    return html.split('<html lang="')[1].split('"')[0]


def test_page_is_in_the_language_of_the_browser_or_english(client):
    """LANG-2"""
    assert page_language(client, accepts="de-CH") == "de"
    assert page_language(client, accepts="fr") == "en"
    assert page_language(client) == "en"


def test_choice_at_the_sign_in_is_stronger_than_the_browser(client):
    """LANG-2, SEC-8: any other value of the cookie is ignored."""
    assert page_language(client, accepts="en", cookie="de") == "de"
    assert page_language(client, accepts="de", cookie="../../x") == "de"


@pytest.mark.django_db
def test_choice_of_the_user_is_stronger_than_both(signed_in_client, ana):
    """LANG-2"""
    client = signed_in_client(ana)
    assert page_language(client, accepts="en", cookie="de") == "de"
    assert client.patch(ME, {"language": "en"}).json()["language"] == "en"
    assert page_language(client, accepts="de", cookie="de") == "en"
    assert client.patch(ME, {"language": ""}).json()["language"] == ""
    assert page_language(client, accepts="de", cookie="en") == "en"


def test_dashboard_is_in_english(client):
    """LANG-2: until it is translated."""
    assert page_language(client, path="/dashboard/", accepts="de") == "en"


@pytest.mark.django_db
def test_page_loads_while_the_database_fails(signed_in_client, ana, monkeypatch):
    """LANG-2"""
    client = signed_in_client(ana)

    def fail(*_args, **_kwargs):
        raise OperationalError

    monkeypatch.setattr("accounts.sessions.SessionStore.load", fail)
    assert page_language(client, accepts="de") == "de"


@pytest.mark.parametrize("language", ["", "de"])
@pytest.mark.django_db
def test_language_is_kept_with_the_user(signed_in_client, ana, language):
    """LANG-3"""
    client = signed_in_client(ana)
    assert client.patch(ME, {"language": language}).status_code == 200
    ana.refresh_from_db()
    assert ana.language == language
    assert client.get("/api/auth/me/export/").json()["profile"]["language"] == language


@pytest.mark.parametrize("language", ["fr", "DE", "de-AT", None, 1, ["de"], "../de"])
@pytest.mark.django_db
def test_unknown_language_is_refused_with_field_and_rule(signed_in_client, ana, language):
    """LANG-3"""
    response = signed_in_client(ana).patch(ME, {"name": "Anna", "language": language})
    assert (response.status_code, list(response.json()["errors"])) == (400, ["language"])
    assert response.json()["detail"].startswith("language: ")
    assert User.objects.get(pk=ana.pk).name == "Ana"


def test_server_and_frontend_have_the_same_languages():
    """LANG-1"""
    settings = json.loads((ROOT / "frontend" / "project.inlang" / "settings.json").read_text())
    assert settings["locales"] == list(LANGUAGES) == list(TEXTS)
    assert settings["baseLocale"] == LANGUAGES[0]


def test_page_of_an_unreachable_database_is_in_the_language_of_the_browser(client, monkeypatch):
    """LANG-2"""
    client.raise_request_exception = False

    def fail(*_):
        error = OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error

    monkeypatch.setattr("asgi_project.views.patch_vary_headers", fail)
    german = client.get("/", headers={"Accept-Language": "de"})
    assert (german.status_code, german["Retry-After"]) == (503, "2")
    assert '<html lang="de">' in german.content.decode()
    assert "Im Moment nicht erreichbar" in german.content.decode()
    english = client.get("/").content.decode()
    assert "Not available at the moment" in english
    assert "Try again in 2 seconds." in english
