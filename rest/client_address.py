"""Where a request comes from: one spelling of each address, and the network that is counted.

The ASGI application settles the address of every request once (asgi_project/asgi.py).
The trust in proxies, the lockout after wrong passwords, the rate limits and the limits of
sockets ask this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.http import HttpRequest

NO_ADDRESS = "0.0.0.0"  # noqa: S104  (not bound to)
"""Stands for the address of a client that has none: it is connected by a Unix socket."""
PROXY_KEY = "trolley.proxy"
"""The key of an ASGI scope with the address of the trusted proxy that sent the request."""
MAX_ADDRESS_LENGTH = 100
"""No spelling of an address, with brackets, zone and port, is longer."""
NAT64 = ip_network("64:ff9b::/96")
"""Addresses into which a translator writes the IPv4 address of the client (RFC 6052)."""


def parse_address(text: str) -> str | None:
    """Return an address in its usual spelling, None for anything that is no address.

    A port, brackets, quotes and the zone of a link-local address are dropped, and an IPv4
    address that is written as IPv6 becomes IPv4: a socket for both reports it so.
    """
    return _parse(text) if len(text) <= MAX_ADDRESS_LENGTH else None


@lru_cache(maxsize=4096)
def _parse(text: str) -> str | None:
    host = _without_port(text.strip().strip('"'))
    try:
        # Not left to `ip_address`: a zone is chosen by the host and says nothing about the peer.
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address)


def _without_port(text: str) -> str:
    """Return the host of `host`, `host:port`, `[host]` or `[host]:port`; "" if it is none."""
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        return host if bracket and (not port or port[0] == ":") else ""
    return text.partition(":")[0] if text.count(":") == 1 else text


@lru_cache(maxsize=4096)
def network_of(address: str | None) -> str:
    """Return the network by which an address is counted.

    It is the address itself; for IPv6 its /64, in which one customer can choose freely.
    """
    parsed = ip_address(parse_address(address or "") or NO_ADDRESS)
    if isinstance(parsed, IPv4Address) or parsed in NAT64:
        return str(parsed)
    return str(ip_network((parsed, 64), strict=False))


def scope_address(scope: Mapping[str, Any]) -> str | None:
    """Return the address of the client of an ASGI scope, None if it has none."""
    client = scope.get("client")
    return client[0] if client else None


def scope_network(scope: Mapping[str, Any]) -> str:
    """Return the network of an ASGI scope."""
    return network_of(scope_address(scope))


def client_network(request: HttpRequest) -> str:
    """Return the network of a request.

    Only REMOTE_ADDR counts: the ASGI application has replaced it by the address in
    X-Forwarded-For where a trusted proxy sent that header.
    """
    return network_of(request.META.get("REMOTE_ADDR"))


def first_address(request: HttpRequest) -> str:
    """Return the network of a request as an address, for columns that store one."""
    return client_network(request).partition("/")[0]
