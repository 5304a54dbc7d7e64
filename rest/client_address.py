"""The network address by which unauthenticated clients are counted."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest


def client_network(request: HttpRequest) -> str:
    """Return the client's address; for IPv6 its /64, in which one customer can choose freely.

    Only REMOTE_ADDR counts: the ASGI application has replaced it by the address in
    X-Forwarded-For where a trusted proxy sent that header.
    """
    remote = request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104  (a unix socket has none)
    address = ip_address(remote)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)
