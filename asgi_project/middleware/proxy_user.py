"""The user name that a trusted proxy passes in a header."""

from __future__ import annotations

import logging
import re
from collections.abc import Container, Iterable, Sequence
from ipaddress import ip_network
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.core.exceptions import ImproperlyConfigured

from rest.client_address import network_of
from rest.limited_log import LimitedLog

ignored_headers = LimitedLog(logging.getLogger(__name__))


def validate_header(header: str, proxies: Sequence[str]) -> str:
    """Return `header`, which is empty if proxy authentication is off.

    Raises ImproperlyConfigured if it is not a header name, or if the trusted proxies
    are no address or every address.
    """
    if header and not re.fullmatch(r"[A-Za-z0-9-]{1,60}", header):
        raise ImproperlyConfigured("TROLLEY_PROXY_AUTH_HEADER must be the name of a header")
    if header and (not proxies or any(map(matches_any_address, proxies))):
        raise ImproperlyConfigured(
            "TROLLEY_PROXY_AUTH_HEADER needs the proxy's own addresses in TROLLEY_TRUSTED_PROXIES"
        )
    return header


def matches_any_address(proxy: str) -> bool:
    """Tell whether every address is trusted."""
    try:
        return proxy == "*" or ip_network(proxy, strict=False).prefixlen == 0
    except ValueError:  # a literal, such as the path of a Unix socket
        return False


class ProxyUserMiddleware:
    """Removes the header from every request, and keeps its value if a trusted proxy sent it.

    The value goes into the scope under `key`, which clients cannot set. A header that
    has underscores in place of hyphens is removed too: a proxy passes it on, and code
    that treats both alike would take it for the real one.
    """

    def __init__(
        self, app: ASGI3Application, *, header: str, proxies: Container[str], key: str
    ) -> None:
        self.app = app
        self.header = header.lower().encode()
        self.proxies = proxies
        self.key = key

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Pass the request on without the header."""
        if scope["type"] != "lifespan":
            matching = [pair for pair in scope["headers"] if self._matches_header(pair[0])]
            if matching:
                others = [pair for pair in scope["headers"] if not self._matches_header(pair[0])]
                changes: dict[str, Any] = {"headers": others}
                changes[self.key] = self._user_name(scope, matching)
                scope = {**scope, **changes}  # type: ignore[assignment]
        await self.app(scope, receive, send)

    def _matches_header(self, name: bytes) -> bool:
        return name.lower().replace(b"_", b"-") == self.header

    def _user_name(self, scope: Any, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        peer = (scope.get("client") or ("",))[0]
        if peer not in self.proxies:
            ignored_headers.write(
                network_of(peer),
                "%s names a user but is not a trusted proxy: header ignored",
                peer or "a client",
            )
            return None
        values = [value for name, value in headers if name.lower() == self.header]
        if len(values) != 1:
            ignored_headers.write(
                network_of(peer), "%d headers name a user: all ignored", len(values)
            )
            return None
        # Headers are latin-1 by the standard, but proxies send other names as UTF-8.
        return values[0].decode("utf-8", "replace").strip() or None
