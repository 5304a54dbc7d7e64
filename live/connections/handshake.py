"""What a WebSocket handshake says, and whether it may go on. It accepts nothing itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host

from live.connections.origin import is_same_origin
from live.connections.state_machine import StartSubscription
from live.protocol import frames
from shopping_list.rows import topic_of

_SUBPROTOCOL = re.compile(r"trolley\.v\d+")
_SCHEMES = {"ws": "http", "wss": "https"}


@dataclass(frozen=True, slots=True)
class Handshake:
    """A handshake that may be accepted.

    `session` or `token` is the secret that shows who it is, if there is one.
    `known` is whether we speak a version that the client offers.
    """

    subprotocol: str | None
    version_supported: bool
    session: str | None
    token: str | None
    initial_subscription: StartSubscription | None
    invalid_query: bool


class ForeignOriginError(Exception):
    """The handshake comes from a page of somebody else."""


def read(scope: Mapping[str, Any]) -> Handshake:
    """Return what a handshake says; raises ForeignOriginError.

    Without an Origin the cookie counts for nothing: every browser sends one,
    so this is a script, and scripts have tokens.
    """
    headers = {name.decode("latin-1").lower(): value for name, value in scope["headers"]}
    origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
    if origins and not (len(origins) == 1 and _allowed(origins[0], scope, headers)):
        raise ForeignOriginError(origins)
    token = _bearer(headers.get("authorization", b"").decode("latin-1"))
    session = None
    if token is None and origins:
        cookies = parse_cookie(headers.get("cookie", b"").decode("latin-1"))
        session = cookies.get(settings.SESSION_COOKIE_NAME)
    subprotocol, known = _subprotocol(scope.get("subprotocols", ()))
    wants, malformed = _wants(scope)
    return Handshake(subprotocol, known, session, token, wants, malformed)


def _allowed(origin: str, scope: Mapping[str, Any], headers: Mapping[str, bytes]) -> bool:
    host = headers.get("host", b"").decode("latin-1")
    name, _ = split_domain_port(host)
    if not name or not validate_host(name, settings.ALLOWED_HOSTS):
        return False
    scheme = _scheme(scope, headers)
    return is_same_origin(origin, scheme=scheme, host=host, trusted=settings.CSRF_TRUSTED_ORIGINS)


def _scheme(scope: Mapping[str, Any], headers: Mapping[str, bytes]) -> str:
    proxied = settings.SECURE_PROXY_SSL_HEADER
    if proxied is not None:
        name, secure = proxied
        said = headers.get(name.removeprefix("HTTP_").replace("_", "-").lower())
        if said is not None:
            return "https" if said.decode("latin-1").split(",")[0].strip() == secure else "http"
    return _SCHEMES.get(scope.get("scheme", "ws"), "http")


def _bearer(header: str) -> str | None:
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _subprotocol(offered: Any) -> tuple[str | None, bool]:
    """Return what to select, and whether it is one that we speak.

    A browser fails a handshake in which none of its offers was selected, and
    then nobody could tell it why. So a version that we do not know is selected.
    """
    if frames.SUBPROTOCOL in offered:
        return frames.SUBPROTOCOL, True
    others = [name for name in offered if _SUBPROTOCOL.fullmatch(name)]
    return (others[0], False) if others else (None, True)


def _wants(scope: Mapping[str, Any]) -> tuple[StartSubscription | None, bool]:
    list_id: UUID | None = scope.get("url_route", {}).get("kwargs", {}).get("list_id")
    if list_id is None:
        return None, False
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    since, epoch = (asked.get(name, [None])[0] for name in ("since", "epoch"))
    if since is None and epoch is None:
        return StartSubscription(topic_of(list_id)), False
    if since is None or epoch is None or not re.fullmatch(r"\d{1,18}", since, re.ASCII):
        return None, True
    return StartSubscription(topic_of(list_id), since=int(since), epoch=epoch), False
