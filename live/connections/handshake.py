"""Reads a WebSocket handshake and checks its origin. It accepts nothing itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host

from accounts.proxy_auth import REMOTE_USER
from live.connections.origin import is_same_origin
from live.connections.state_machine import StartSubscription
from live.protocol import frames
from shopping_list.rows import topic_of

_SUBPROTOCOL = re.compile(r"trolley\.v\d+")
_HTTP_SCHEMES = {"ws": "http", "wss": "https"}


@dataclass(frozen=True, slots=True)
class Handshake:
    """A handshake from an allowed origin.

    `session` or `token` is the secret that authenticates the user, if there is one.
    `proxy_user` is the user name that a trusted proxy sent.
    """

    subprotocol: str | None
    is_version_supported: bool
    session: str | None
    token: str | None
    proxy_user: str | None
    initial_subscription: StartSubscription | None
    has_invalid_query: bool


class ForeignOriginError(Exception):
    """The handshake comes from a page of another site."""


def parse(scope: Mapping[str, Any]) -> Handshake:
    """Return the content of a handshake; raises ForeignOriginError.

    Without an Origin the cookie is ignored: every browser sends an Origin, so
    this client is a script, and scripts use tokens. With `?auth=frame` the headers do not
    count: a browser sends its cookie always, and this page has a token of its own.
    """
    headers = _joined(scope["headers"])
    origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
    if origins and not (len(origins) == 1 and _is_allowed(origins[0], scope, headers)):
        raise ForeignOriginError(origins)
    token = session = None
    is_in_frame = _has_token_in_frame(scope)
    if not is_in_frame:
        token = _bearer_token(headers.get("authorization", b"").decode("latin-1"))
    if token is None and origins and not is_in_frame:
        cookies = parse_cookie(headers.get("cookie", b"").decode("latin-1"))
        session = cookies.get(settings.SESSION_COOKIE_NAME)
    subprotocol, is_version_supported = _select_subprotocol(scope.get("subprotocols", ()))
    initial_subscription, has_invalid_query = _parse_url(scope)
    return Handshake(
        subprotocol=subprotocol,
        is_version_supported=is_version_supported,
        session=session,
        token=token,
        proxy_user=scope.get(REMOTE_USER),
        initial_subscription=initial_subscription,
        has_invalid_query=has_invalid_query,
    )


def _joined(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, bytes]:
    """Return the headers by name. Those of one name are joined, as Django does for requests."""
    headers: dict[str, bytes] = {}
    for raw_name, value in pairs:
        name = raw_name.decode("latin-1").lower()
        separator = b"; " if name == "cookie" else b","
        headers[name] = headers[name] + separator + value if name in headers else value
    return headers


def _is_allowed(origin: str, scope: Mapping[str, Any], headers: Mapping[str, bytes]) -> bool:
    host = headers.get("host", b"").decode("latin-1")
    domain, _ = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    scheme = _http_scheme(scope, headers)
    return is_same_origin(origin, scheme=scheme, host=host, trusted=settings.CSRF_TRUSTED_ORIGINS)


def _http_scheme(scope: Mapping[str, Any], headers: Mapping[str, bytes]) -> str:
    if settings.SECURE_PROXY_SSL_HEADER is not None:
        meta_key, secure_value = settings.SECURE_PROXY_SSL_HEADER
        header = headers.get(meta_key.removeprefix("HTTP_").replace("_", "-").lower())
        if header is not None:
            is_secure = header.decode("latin-1").split(",")[0].strip() == secure_value
            return "https" if is_secure else "http"
    return _HTTP_SCHEMES.get(scope.get("scheme", "ws"), "http")


def _bearer_token(header: str) -> str | None:
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _has_token_in_frame(scope: Mapping[str, Any]) -> bool:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return query.get("auth") == ["frame"]


def _select_subprotocol(offered: Any) -> tuple[str | None, bool]:
    """Return the subprotocol to select, and whether its version is supported.

    A browser fails a handshake in which none of its offers was selected, and the
    client could not be told why. So an unsupported version is selected too.
    """
    if frames.SUBPROTOCOL in offered:
        return frames.SUBPROTOCOL, True
    unsupported = [name for name in offered if _SUBPROTOCOL.fullmatch(name)]
    return (unsupported[0], False) if unsupported else (None, True)


def _parse_url(scope: Mapping[str, Any]) -> tuple[StartSubscription | None, bool]:
    """Return the subscription that the URL asks for, and whether its query is invalid."""
    list_id: UUID | None = scope.get("url_route", {}).get("kwargs", {}).get("list_id")
    if list_id is None:
        return None, False
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    since, epoch, digest = (query.get(name, [None])[0] for name in ("since", "epoch", "digest"))
    if since is not None and not re.fullmatch(r"\d{1,18}", since, re.ASCII):
        return None, True
    version = None if since is None else int(since)
    return StartSubscription(topic_of(list_id), None, version, epoch, digest), False
