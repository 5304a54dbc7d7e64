"""Cookies on https, and on plain http in a home network."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import Morsel, SimpleCookie

import httpx
import pytest

from tests.conftest import PASSWORD
from tests.support.processes import ServerProcess
from tests.support.security_headers import check_security_headers

pytestmark = pytest.mark.system
PROXY = {"X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server behind a proxy that speaks https."""
    data = tmp_path_factory.mktemp("secured") / "data"
    owner = {"DJANGO_SUPERUSER_USERNAME": "olga", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    with ServerProcess(data, TROLLEY_HTTPS="true", ALLOWED_HOSTS="127.0.0.1", **owner) as server:
        yield server


def sign_in(url: str, csrf: str, **headers: str) -> httpx.Response:
    """Sign in as olga with a raw Cookie header: httpx sends no secure cookies over http."""
    page = httpx.get(f"{url}/signin/", headers=headers)
    token = cookies(page)[csrf].value
    csrf_headers = {"Cookie": f"{csrf}={token}", "X-CSRFToken": token}
    if headers:
        csrf_headers["Referer"] = f"{url.replace('http:', 'https:')}/signin/"
    body = {"username": "olga", "password": PASSWORD}
    return httpx.post(f"{url}/api/auth/login/", json=body, headers={**headers, **csrf_headers})


def cookies(response: httpx.Response) -> dict[str, Morsel[str]]:
    """Return the cookies that a response sets."""
    jar: SimpleCookie = SimpleCookie()
    for header in response.headers.get_list("set-cookie"):
        jar.load(header)
    return dict(jar)


def test_cookies_are_secure_and_host_bound_on_https(secured):
    """SEC-8"""
    response = sign_in(secured.url, "__Host-trolley_csrftoken", **PROXY)
    assert response.status_code == 200
    jar = cookies(response)
    assert set(jar) == {"__Host-trolley_sessionid", "__Host-trolley_csrftoken"}
    for cookie in jar.values():
        assert (cookie["secure"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert cookie["domain"] == ""
    assert jar["__Host-trolley_sessionid"]["httponly"] is True


def test_session_cookie_is_httponly_on_plain_http(server):
    """SEC-8, case Z1"""
    jar = cookies(sign_in(server.url, "trolley_csrftoken"))
    assert set(jar) == {"trolley_sessionid", "trolley_csrftoken"}
    assert jar["trolley_sessionid"]["httponly"] is True
    for cookie in jar.values():
        assert (cookie["secure"], cookie["samesite"], cookie["domain"]) == ("", "Lax", "")


def test_every_response_sends_hsts_on_https(secured):
    """SEC-9"""
    for path in ("/", "/nope/", "/api/auth/me/", "/static/admin/css/base.css", "/admin/login/"):
        response = secured.get(path, headers=PROXY)
        assert response.headers["strict-transport-security"].startswith("max-age=31536000"), path
        check_security_headers(response.headers)


def test_plain_http_is_redirected_when_https_is_on(secured):
    """SEC-9"""
    response = secured.get("/api/auth/me/")
    assert (response.status_code, response.headers["location"][:6]) == (301, "https:")
    check_security_headers(response.headers)
