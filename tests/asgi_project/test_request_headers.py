"""No header of a request and no `?format=` makes a response a server error."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.support.routes import address, routes

ACCEPT = (
    "text/html",
    "image/png",
    "application/*;q=0",
    "*/*;q=0",
    "application/yaml",
    "application/vnd.oai.openapi",
    "text/html, application/json;q=0.1",
    "json",
    "",
    ",;=/",
    "application/json; indent=999999999",
    "a/b," * 5000,
    "text/\xe9",
)
OTHER_HEADERS = (
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "multipart/form-data; boundary=\xe9"},
    {"Content-Type": "application/json; charset=unheard-of"},
    {"Content-Type": "application/x-www-form-urlencoded; charset=utf-7"},
    {"Content-Type": "\xff"},
    {"Accept-Encoding": "gzip;q=a, \xe9"},
    {"Accept-Language": "\xe9" * 500},
    {"Range": "bytes=9-1, 4-, -"},
    {"If-Match": '"\xe9", W/W/"1", "'},
    {"If-None-Match": '"'},
    {"If-Modified-Since": "Thu, 99 Nov 9999 99:99:99 GMT"},
    {"Idempotency-Key": "\xe9"},
    {"Authorization": "Bearer \xe9"},
    {"Authorization": "Bearer a b"},
    {"Cookie": "trolley_sessionid=\xe9; trolley_csrftoken=\xe9; =;;"},
    {"X-CSRFToken": "\xe9"},
    {"X-HTTP-Method-Override": "DELETE"},
)
REPRESENTATIVE_URLS = (
    "/",
    "/admin/login/",
    "/api/docs/",
    "/api/live/asyncapi.json",
    "/api/auth/login/",
    "/api/api-token-auth/",
    "/api/tokens/",
    "/api/shopping-lists/",
)
"""These get every header; all other URLs get the few that once were a server error."""
FORMATS = ("csv", "api", "html", "json", "", "\x00", "é" * 300)


@pytest.fixture
def urls(db: None) -> list[str]:
    """The URL of every route below /api/, with ids that do not exist.

    Without two that are slow, or unavailable without the live runtime.
    """
    left_out = ("api/schema/", "api/live/requests/")
    paths = [
        address(path, {})
        for path, _ in routes()
        if path.startswith("api/") and path not in left_out
    ]
    assert len(paths) > 40
    return paths


@pytest.fixture
def ana_client(ana: User, signed_in_client: Callable[[User], APIClient]) -> APIClient:
    """A client in which ana is signed in, and which returns the responses of crashes."""
    client = signed_in_client(ana)
    client.raise_request_exception = False
    return client


@pytest.fixture
def unlimited(settings: Any) -> None:
    """Let the requests of a test through, however many."""
    settings.READS_PER_SECOND = settings.WRITES_PER_SECOND = 0


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_request_header_causes_a_server_error(
    method: str, urls: list[str], ana_client: APIClient, unlimited: None
) -> None:
    """SEC-27, API-24, case A1"""
    every_header = [{"Accept": accepted} for accepted in ACCEPT] + list(OTHER_HEADERS)
    requests = [(url, headers) for url in REPRESENTATIVE_URLS for headers in every_header]
    requests += [(url, {"Accept": "text/html"}) for url in urls]
    assert [
        (url, headers, status)
        for url, headers in requests
        if (status := send(ana_client, method, url, headers).status_code) >= 500
    ] == []


def send(client: APIClient, method: str, url: str, headers: dict[str, str]) -> Any:
    content_type = headers.get("Content-Type", "application/json")
    others = {name: value for name, value in headers.items() if name != "Content-Type"}
    return client.generic(method, url, "{}", content_type, headers=others)


@pytest.mark.parametrize("accepted", ["text/html", "image/png", "application/xml", "text/*"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_response_is_406_and_nothing_is_done_when_json_is_not_accepted(
    accepted: str, method: str, ana_client: APIClient, anonymous_client: APIClient
) -> None:
    """API-24, case A1"""
    for client in (ana_client, anonymous_client):
        response = client.generic(
            method,
            "/api/shopping-lists/",
            '{"name": "x"}',
            "application/json",
            headers={"Accept": accepted},
        )
        assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")
        assert response["Content-Type"] == "application/problem+json"
    assert ana_client.get("/api/shopping-lists/").json()["count"] == 0


def test_api_document_is_406_when_its_types_are_not_accepted(anonymous_client: APIClient) -> None:
    """API-24, case A1"""
    response = anonymous_client.get("/api/schema/", headers={"Accept": "text/html"})
    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")


def test_api_page_is_406_when_html_is_not_accepted(anonymous_client: APIClient) -> None:
    """API-24, case A1"""
    response = anonymous_client.get("/api/docs/", headers={"Accept": "application/json"})
    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")


def test_format_parameter_is_ignored_except_by_exports(
    urls: list[str], ana_client: APIClient, unlimited: None
) -> None:
    """API-24, case A2"""
    formats = cycle(FORMATS)
    for url in urls:
        if not url.endswith("/export/"):
            expected = ana_client.get(url).status_code
            name = next(formats)
            assert ana_client.get(url, {"format": name}).status_code == expected, (url, name)
