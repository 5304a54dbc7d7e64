"""Which connections count together: those of one client network."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from asgi_project.middleware.client_address import TrustedProxies
from rest.client_address import network_of, parse_address


def network_of_peers(trusted_proxies: Iterable[str]) -> Callable[[str | None], str | None]:
    """Return a function from the host of a connection's peer to its network.

    It returns None for a Unix socket and for a trusted proxy, which has the connections of
    all clients and so no limit of its own.
    """
    proxies = TrustedProxies(trusted_proxies)

    def peer_network(host: str | None) -> str | None:
        address = parse_address(host or "")
        return None if address is None or address in proxies else network_of(address)

    return peer_network
