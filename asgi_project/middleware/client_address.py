"""Settles the address and the scheme of every request, which trusted proxies may report."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from rest.client_address import PROXY_KEY, parse_address

SCHEMES = ("http", "https", "ws", "wss")


class TrustedProxies:
    """The proxies whose headers count: addresses, networks, or `*` for every peer."""

    def __init__(self, entries: Iterable[str]) -> None:
        names = tuple(entry.strip() for entry in entries)
        self._trusts_everyone = "*" in names
        self._networks = tuple(_networks(names))
        self._is_trusted = lru_cache(maxsize=4096)(self._find)

    def __contains__(self, address: object) -> bool:
        return self._trusts_everyone or (isinstance(address, str) and self._is_trusted(address))

    def _find(self, address: str) -> bool:
        parsed = parse_address(address)
        return parsed is not None and any(ip_address(parsed) in net for net in self._networks)


def _networks(entries: Iterable[str]) -> Iterable[Any]:
    for entry in entries:
        try:
            yield ip_network(parse_address(entry) or entry, strict=False)
        except ValueError:
            continue  # no address: it matches nothing


def forwarded_client(peer: str | None, chain: str, proxies: TrustedProxies) -> str | None:
    """Return the address of the client behind `peer`, by the value of X-Forwarded-For.

    Each proxy appends the address that it saw, so the last address that is no trusted
    proxy is the client. Whatever is no address (`unknown`) says nothing: then the client
    is the proxy that wrote it.
    """
    client = peer
    for entry in reversed(chain.split(",")):
        if not entry.strip():
            continue  # RFC 9110 allows empty elements in a list
        address = parse_address(entry)
        if address is None:
            return client
        client = address
        if address not in proxies:
            return client
    return client


def settle_peer(app: ASGI3Application) -> ASGI3Application:
    """Wrap an application so that every `scope["client"]` has an address in its usual spelling.

    It is outermost, so that a proxy is recognised in every spelling.
    """

    async def middleware(
        scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "lifespan" and (client := scope.get("client")):
            address = parse_address(client[0])
            scope["client"] = None if address is None else (address, client[1])
        await app(scope, receive, send)

    return middleware


class ForwardedHeadersMiddleware:
    """Replaces client and scheme by those that a trusted proxy reports.

    It writes into the scope that the server passes, so that the server's access log has
    the same address. uvicorn's own ProxyHeadersMiddleware accepts any text as an address,
    and ignores a scheme that two proxies have written.
    """

    def __init__(self, app: ASGI3Application, proxies: TrustedProxies) -> None:
        self.app = app
        self.proxies = proxies

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Settle the client and the scheme, then pass the request on."""
        if scope["type"] != "lifespan":
            peer, port = scope.get("client") or (None, 0)
            if peer in self.proxies:
                self._apply(scope, peer, port or 0)
        await self.app(scope, receive, send)

    def _apply(self, scope: Any, peer: str | None, port: int) -> None:
        scope[PROXY_KEY] = peer
        client = forwarded_client(peer, _values(scope, b"x-forwarded-for"), self.proxies)
        if client != peer:
            # The port of the client is not known.
            scope["client"] = (client, 0)
        scheme = _values(scope, b"x-forwarded-proto").partition(",")[0].strip().lower()
        if scheme in SCHEMES:
            is_socket = scope["type"] == "websocket"
            secure = scheme in {"https", "wss"}
            scope["scheme"] = ("ws" if is_socket else "http") + ("s" if secure else "")


def _values(scope: Any, name: bytes) -> str:
    """Return all values of a header as one list."""
    return b",".join(value for key, value in scope["headers"] if key == name).decode("latin-1")
