"""Whether a handshake comes from a page of this installation. Pure.

Channels' OriginValidator also refuses every handshake without an Origin.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}

WebOrigin = tuple[str, str, int]
"""Scheme, host in lower case, port."""


def parse_origin(origin: str) -> WebOrigin | None:
    """Return the parts of an Origin, or None if it is `null` or malformed."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return None
    normalised = f"{parts.scheme}://{parts.netloc}"
    if normalised.lower() != origin.lower() or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, DEFAULT_PORTS[parts.scheme] if port is None else port


def is_same_origin(origin: str, *, scheme: str, host: str, trusted: Iterable[str] = ()) -> bool:
    """Tell whether an Origin is exactly this host, or one of the trusted origins.

    `trusted` has the format of CSRF_TRUSTED_ORIGINS: `https://*.example.com`
    means every subdomain.
    """
    parsed = parse_origin(origin)
    if parsed is None:
        return False
    if parsed == parse_origin(f"{scheme}://{host}"):
        return True
    return any(_matches(parsed, pattern) for pattern in trusted)


def _matches(origin: WebOrigin, pattern: str) -> bool:
    is_wildcard = "://*." in pattern
    trusted = parse_origin(pattern.replace("://*.", "://", 1))
    if trusted is None:
        return False
    if not is_wildcard:
        return origin == trusted
    (scheme, host, port), (trusted_scheme, trusted_host, trusted_port) = origin, trusted
    is_subdomain = host.endswith(f".{trusted_host}")
    return (scheme, port) == (trusted_scheme, trusted_port) and is_subdomain
