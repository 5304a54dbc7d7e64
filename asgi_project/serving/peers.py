"""Which connections count together: those of one client network."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


def peer_network(host: str | None) -> str | None:
    """Return the network of a connection's peer; None for a trusted proxy or a unix socket.

    A trusted proxy has the connections of all clients, so it has no limit of its own.
    """
    if not host or _is_trusted(host, tuple(settings.TRUSTED_PROXIES)):
        return None
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return str(ip_network((address, 64), strict=False))
        address = address.ipv4_mapped
    return str(address)


@lru_cache(maxsize=1024)
def _is_trusted(host: str, proxies: tuple[str, ...]) -> bool:
    middleware = ProxyHeadersMiddleware(None, list(proxies))  # type: ignore[arg-type]
    return host in middleware.trusted_hosts
