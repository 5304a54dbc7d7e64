"""The name that a trusted proxy gives to whoever it let in."""

from __future__ import annotations

import logging
import re
from collections.abc import Container, Iterable, Sequence
from ipaddress import ip_network
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.core.exceptions import ImproperlyConfigured

logger = logging.getLogger(__name__)


def validate_header(given: str, proxies: Sequence[str]) -> str:
    """Return the header that is set, empty for none.

    Raises ImproperlyConfigured where nobody or everybody would be believed.
    """
    if given and not re.fullmatch(r"[A-Za-z0-9-]{1,60}", given):
        raise ImproperlyConfigured("TROLLEY_PROXY_AUTH_HEADER must be the name of a header")
    if given and (not proxies or any(map(_matches_any_address, proxies))):
        raise ImproperlyConfigured(
            "TROLLEY_PROXY_AUTH_HEADER needs the proxy's own addresses in TROLLEY_TRUSTED_PROXIES"
        )
    return given


def _matches_any_address(proxy: str) -> bool:
    try:
        return proxy == "*" or ip_network(proxy, strict=False).prefixlen == 0
    except ValueError:  # a literal, such as the path of a socket
        return False


class ProxyUserMiddleware:
    """Takes the header out of every request, and keeps what a trusted proxy said.

    That goes into the scope under `key`, where nobody can write from outside. A
    header with underscores is taken out too: code that makes no difference must
    not take it for the real one, and a proxy would pass it on.
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
            said = [(name, value) for name, value in scope["headers"] if self._matches_header(name)]
            if said:
                rest = [pair for pair in scope["headers"] if not self._matches_header(pair[0])]
                told: dict[str, Any] = {"headers": rest, self.key: self._name(scope, said)}
                scope = {**scope, **told}  # type: ignore[assignment]
        await self.app(scope, receive, send)

    def _matches_header(self, name: bytes) -> bool:
        return name.lower().replace(b"_", b"-") == self.header

    def _name(self, scope: Any, said: Iterable[tuple[bytes, bytes]]) -> str | None:
        peer = (scope.get("client") or ("",))[0]
        if peer not in self.proxies:
            logger.warning("%s names a user and is no trusted proxy: ignored", peer or "somebody")
            return None
        exact = [value for name, value in said if name.lower() == self.header]
        if len(exact) != 1:
            logger.warning("%d headers name a user: ignored", len(exact))
            return None
        # Headers are latin-1 by the standard; proxies that know other names send UTF-8.
        return exact[0].decode("utf-8", "replace").strip() or None
