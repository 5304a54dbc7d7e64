"""Every response has the security headers, whichever layer sends it."""

import pytest
from django.test import Client

from tests.support.security_headers import check_security_headers

PAGES = ("/", "/signin/", "/dashboard/", "/wall/")
REQUESTS = {
    "a page": lambda client: client.get("/"),
    "the dashboard": lambda client: client.get("/dashboard/"),
    "the admin sign-in": lambda client: client.get("/admin/login/"),
    "a redirect": lambda client: client.get("/admin/"),
    "a missing page": lambda client: client.get("/nope/"),
    "a missing API path": lambda client: client.get("/api/nope/"),
    "the documentation": lambda client: client.get("/api/docs/"),
    "the schema": lambda client: client.get("/api/schema/"),
    "a static file": lambda client: client.get("/static/admin/css/base.css"),
    "a missing static file": lambda client: client.get("/static/nope.css"),
    "a health check": lambda client: client.get("/healthz"),
    "an unauthenticated request": lambda client: client.get("/api/auth/me/"),
    "a wrong method": lambda client: client.delete("/"),
    "a bad body": lambda client: client.post("/api/auth/login/", "{", "application/json"),
    "a bad host": lambda client: client.get("/", headers={"Host": "a b"}),
    "an OPTIONS request": lambda client: client.options("/api/auth/login/"),
}


@pytest.mark.parametrize("send", REQUESTS.values(), ids=REQUESTS)
def test_every_response_has_security_headers(client, db, send):
    """SEC-9"""
    check_security_headers(send(client).headers)


@pytest.mark.parametrize("path", ["shopping-lists/", "export/", "auth/me/"])
def test_authenticated_response_has_security_headers(signed_in_client, ana, path):
    """SEC-9"""
    check_security_headers(signed_in_client(ana).get(f"/api/{path}").headers)


def test_server_error_has_security_headers(settings, db):
    """SEC-9, SEC-21"""
    settings.ROOT_URLCONF = "tests.support.crashing_urls"
    response = Client(raise_request_exception=False).get("/crash/")
    assert response.status_code == 500
    assert b"on purpose" not in response.content
    check_security_headers(response.headers)


@pytest.mark.parametrize("path", PAGES)
def test_app_pages_require_trusted_types(client, db, path):
    """SEC-9"""
    assert "require-trusted-types-for 'script'" in client.get(path)["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/api/nope/", "/api/auth/me/", "/api/docs/"])
def test_api_responses_are_not_cached(client, db, path):
    """SEC-23"""
    assert client.get(path)["Cache-Control"] == "no-store"


def test_hsts_header_is_sent_only_over_https(client, settings, db):
    """SEC-9"""
    settings.SECURE_HSTS_SECONDS = 60
    assert "Strict-Transport-Security" not in client.get("/")
    assert Client().get("/", secure=True)["Strict-Transport-Security"] == "max-age=60"


def test_pages_have_no_inline_script_or_style(client, db):
    """SEC-9"""
    for path in ("/", "/dashboard/", "/api/docs/"):
        page = client.get(path).content.decode()
        assert "<style" not in page
        assert " style=" not in page
        for script in page.split("<script")[1:]:
            assert "src=" in script.split(">")[0]
