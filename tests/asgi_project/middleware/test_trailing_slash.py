"""A request without the last slash does what it does with the slash."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from asgi_project.middleware.trailing_slash import TrailingSlashMiddleware, with_slash


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/shopping-lists", "/api/shopping-lists/"),
        ("/api/shopping-lists/", "/api/shopping-lists/"),
        ("/api", "/api/"),
        ("/api/auth/me/export", "/api/auth/me/export/"),
        ("/api/live/asyncapi.json", "/api/live/asyncapi.json"),
        ("/ws", "/ws/"),
        ("/ws/lists/1d5e8f8c", "/ws/lists/1d5e8f8c/"),
        ("/apis", "/apis"),
        ("/healthz", "/healthz"),
        ("/static/icon.svg", "/static/icon.svg"),
        ("/", "/"),
        ("", ""),
    ],
)
def test_address_of_the_api_or_of_a_socket_gets_its_slash(path: str, expected: str) -> None:
    """API-26, case M1"""
    assert with_slash(path) == expected


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_application_sees_the_address_with_the_slash(kind: str) -> None:
    """API-26, case M1"""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope.get("path"), scope.get("raw_path")))

    middleware: Any = TrailingSlashMiddleware(app)
    scopes = [
        {"type": kind, "path": "/api/tokens", "raw_path": b"/api/tokens"},
        {"type": kind, "path": "/api/tokens"},
        {"type": "lifespan"},
    ]
    for scope in scopes:
        asyncio.run(middleware(scope, None, None))
    assert seen == [("/api/tokens/", b"/api/tokens/"), ("/api/tokens/", None), (None, None)]
    assert scopes[0]["path"] == "/api/tokens"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_redirect_to_a_page_keeps_the_method(method: str, client: Client, olga: User) -> None:
    """API-26, case M1: a client may not turn it into a GET that did nothing."""
    client.force_login(olga)
    for path in ("/admin/login", "/signin", "/join"):
        response = client.generic(method, path)
        assert (response.status_code, response["Location"]) == (308, f"{path}/")
