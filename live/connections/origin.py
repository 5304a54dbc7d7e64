"""Whether a handshake comes from a page of this installation. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}

WebOrigin = tuple[str, str, int]
"""Scheme, host in lower case, port."""


def parse_origin(origin: str) -> WebOrigin | None:
    """Return what an Origin names, or None where it is `null` or malformed."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname:
        return None
    spelt = f"{parts.scheme}://{parts.netloc}"
    if spelt.lower() != origin.lower() or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, PORTS[parts.scheme] if port is None else port


def is_same_origin(origin: str, *, scheme: str, host: str, trusted: Iterable[str] = ()) -> bool:
    """Tell whether an Origin is this host, exactly, or one of the trusted ones.

    `trusted` is spelt like CSRF_TRUSTED_ORIGINS: `https://*.example.com` stands
    for every subdomain.
    """
    site = parse_origin(origin)
    if site is None:
        return False
    if site == parse_origin(f"{scheme}://{host}"):
        return True
    return any(_matches(site, entry) for entry in trusted)


def _matches(site: WebOrigin, entry: str) -> bool:
    wildcard = "://*." in entry
    named = parse_origin(entry.replace("://*.", "://", 1))
    if named is None:
        return False
    if not wildcard:
        return site == named
    return (site[0], site[2]) == (named[0], named[2]) and site[1].endswith(f".{named[1]}")
