"""The address at which other devices of the network reach this server.

A browser on the computer of the server may use `localhost`, and a link that is made there leads
other devices to themselves.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import validate_host

PROBE_TIMEOUT = 0.3  # s
ANY_ADDRESS = ("192.0.2.1", 9)
"""An address of no computer: a UDP socket that is connected sends nothing, but has a route."""


def is_local(url: str) -> bool:
    """Tell whether a URL works only on the computer of the server."""
    host = urlsplit(url).hostname or ""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def url_for_devices(request: HttpRequest) -> str | None:
    """Return the URL with which other devices open this server, None if none is known."""
    url = str(settings.PUBLIC_URL) or request.build_absolute_uri("/").rstrip("/")
    return network_url(request) if is_local(url) else url


def network_url(request: HttpRequest) -> str | None:
    """Return the URL for other devices, if the server answers there.

    Only for a browser on the same computer that uses no proxy and no container: the
    server would know only its own address behind those.
    """
    ends = (request.META.get("REMOTE_ADDR", ""), request.META.get("SERVER_NAME", ""))
    if request.scheme != "http" or not all(is_local(f"//{_in_url(end)}") for end in ends):
        return None
    address, port = _own_address(), int(request.META["SERVER_PORT"])
    if address is None or not validate_host(address, settings.ALLOWED_HOSTS):
        return None
    try:
        socket.create_connection((address, port), timeout=PROBE_TIMEOUT).close()
    except OSError:
        return None  # it listens on this computer only
    return f"http://{address}:{port}"


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _own_address() -> str | None:
    """Return the address from which this computer would send to the network."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(ANY_ADDRESS)
            address = str(probe.getsockname()[0])
    except OSError:
        return None
    return None if ip_address(address).is_loopback else address
