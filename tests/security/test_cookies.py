"""Cookies on https, and on the plain http of a home network."""

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


def signed_in(url: str, csrf: str, **headers: str) -> httpx.Response:
    """Sign in as olga by hand: a client would not send secure cookies to this address."""
    seen = httpx.get(f"{url}/signin/", headers=headers)
    token = cookies(seen)[csrf].value
    own = {"Cookie": f"{csrf}={token}", "X-CSRFToken": token}
    if headers:
        own["Referer"] = f"{url.replace('http:', 'https:')}/signin/"
    body = {"username": "olga", "password": PASSWORD}
    return httpx.post(f"{url}/api/auth/login/", json=body, headers={**headers, **own})


def cookies(answer: httpx.Response) -> dict[str, Morsel[str]]:
    """Return the cookies that an answer sets."""
    jar: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        jar.load(header)
    return dict(jar)


def test_under_https_cookies_are_secure_and_bound_to_this_host(secured):
    """SEC-8"""
    answer = signed_in(secured.url, "__Host-csrftoken", **PROXY)
    assert answer.status_code == 200
    found = cookies(answer)
    assert set(found) == {"__Host-sessionid", "__Host-csrftoken"}
    for one in found.values():
        assert (one["secure"], one["samesite"], one["path"]) == (True, "Lax", "/")
        assert one["domain"] == ""
    assert found["__Host-sessionid"]["httponly"] is True


def test_on_plain_http_they_work_and_scripts_do_not_see_the_session(server):
    """SEC-8"""
    found = cookies(signed_in(server.url, "csrftoken"))
    assert set(found) == {"sessionid", "csrftoken"}
    assert found["sessionid"]["httponly"] is True
    for one in found.values():
        assert (one["secure"], one["samesite"], one["domain"]) == ("", "Lax", "")


def test_under_https_every_answer_demands_it_for_the_future(secured):
    """SEC-9"""
    for path in ("/", "/nope/", "/api/auth/me/", "/static/admin/css/base.css", "/admin/login/"):
        answer = secured.get(path, headers=PROXY)
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000"), path
        check_security_headers(answer.headers)


def test_plain_http_is_sent_to_https_where_that_is_spoken(secured):
    """SEC-9"""
    answer = secured.get("/api/auth/me/")
    assert (answer.status_code, answer.headers["location"][:6]) == (301, "https:")
    check_security_headers(answer.headers)
