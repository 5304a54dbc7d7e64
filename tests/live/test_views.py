"""Addresses of the live package that answer without a socket."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "probe.internal", "[2001:db8::1]:8000", "a b"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_checks_answer_to_any_host(
    settings: Any, anonymous_client: APIClient, path: str, host: str
) -> None:
    """LIV-50, case C1"""
    settings.ALLOWED_HOSTS = ["list.example.org", "localhost"]
    assert "status" in anonymous_client.get(path, HTTP_HOST=host).json()
    assert anonymous_client.get("/api/auth/me/", HTTP_HOST=host).status_code == 400


@pytest.mark.parametrize(
    ("headers", "missing"),
    [
        ({}, "Upgrade, Connection"),
        ({"HTTP_CONNECTION": "keep-alive"}, "Upgrade"),
        ({"HTTP_UPGRADE": "h2c", "HTTP_CONNECTION": "Upgrade"}, "nothing"),
    ],
)
@pytest.mark.parametrize("path", ["/ws/", f"/ws/lists/{'0' * 8}-0000-4000-8000-{'0' * 12}/"])
def test_request_for_a_socket_without_its_upgrade_says_what_is_missing(
    anonymous_client: APIClient,
    caplog: pytest.LogCaptureFixture,
    path: str,
    headers: Any,
    missing: str,
) -> None:
    """LIV-51, case AD1"""
    with caplog.at_level(logging.WARNING):
        response = anonymous_client.get(path, **headers)
    assert (response.status_code, response.json()["code"]) == (426, "upgrade_required")
    assert response["Upgrade"] == "websocket"
    (line,) = [record.getMessage() for record in caplog.records if record.name == "live.views"]
    assert f"missing: {missing}" in line


def test_requests_without_an_upgrade_cannot_fill_the_log(
    anonymous_client: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    """SEC-18"""
    with caplog.at_level(logging.WARNING):
        statuses = {anonymous_client.get("/ws/").status_code for _ in range(30)}
    assert statuses == {426}
    assert len([record for record in caplog.records if record.name == "live.views"]) == 10
