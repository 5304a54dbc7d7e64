"""Reads what arrived with a request from its ASGI scope. There is no secret in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import parse_cookie

from live.protocol.received import Received
from rest.client_address import PROXY_KEY, scope_address

MAX_VALUE_LENGTH = 200
"""Characters of a header that are repeated."""
_HTTP_SCHEMES = {"ws": "http", "wss": "https"}


def received_of(scope: Mapping[str, Any]) -> Received:
    """Return what arrived with the request of an ASGI scope."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    scheme = scope.get("scheme", "http")
    return Received(
        scheme=_HTTP_SCHEMES.get(scheme, scheme),
        host=_clipped(headers.get("host")),
        http_version=scope.get("http_version", "1.1"),
        client=scope_address(scope),
        is_from_trusted_proxy=PROXY_KEY in scope,
        has_forwarded_for="x-forwarded-for" in headers,
        has_forwarded_proto="x-forwarded-proto" in headers,
        has_forwarded_host="x-forwarded-host" in headers,
        origin=_clipped(headers.get("origin")),
        upgrade=_clipped(headers.get("upgrade")),
        connection=_clipped(headers.get("connection")),
        has_cookie=bool(headers.get("cookie")),
        has_session=settings.SESSION_COOKIE_NAME in parse_cookie(headers.get("cookie", "")),
        has_authorization="authorization" in headers,
    )


def _clipped(value: str | None) -> str | None:
    return None if value is None else value[:MAX_VALUE_LENGTH]
