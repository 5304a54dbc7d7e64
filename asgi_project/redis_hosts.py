"""What clients of Redis need to connect: from a URL of one server, or of its Sentinels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote

SENTINEL_SCHEMES = ("redis+sentinel", "rediss+sentinel")
SENTINEL_PORT = 26_379
SENTINEL_TIMEOUT = 2.0
"""Seconds until the next Sentinel is asked. One that was cut off does not refuse."""
RETRIES, MAX_BACKOFF = 3, 1.0
"""Tries after the first, and seconds between two of them."""
TLS_OPTIONS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
SENTINEL_OPTIONS = ("sentinel_username", "sentinel_password", *TLS_OPTIONS)
Host = dict[str, Any]


def is_sentinel(url: str) -> bool:
    """Tell whether a URL names Sentinels and not the server itself."""
    return url.partition("://")[0] in SENTINEL_SCHEMES


def layer_host(url: str) -> Host:
    """Return the entry in `hosts` of a channel layer."""
    if is_sentinel(url):
        return {**_sentinel_host(url), "socket_timeout": None, "retry": _retry()}
    return {"address": url, "socket_timeout": None}


@contextmanager
def connected(url: str, *, timeout: float) -> Iterator[Any]:
    """Yield a synchronous client. It connects with its first command."""
    import redis  # noqa: PLC0415  (only where Redis is used)
    from redis.sentinel import Sentinel  # noqa: PLC0415

    timeouts = {"socket_timeout": timeout, "socket_connect_timeout": timeout}
    if not is_sentinel(url):
        with redis.Redis.from_url(url, **timeouts) as client:
            yield client
        return
    host = _sentinel_host(url)
    name, sentinels = host.pop("master_name"), host.pop("sentinels")
    manager = Sentinel(sentinels, sentinel_kwargs=host.pop("sentinel_kwargs"))  # type: ignore[no-untyped-call]
    try:
        with manager.master_for(name, **host, **timeouts) as client:  # type: ignore[no-untyped-call]
            yield client
    finally:
        for sentinel in manager.sentinels:
            sentinel.close()


def _retry() -> Any:
    """Return how a connection that was closed is tried again.

    Connections from a URL do so by default, those from Sentinels do not: after a failover
    a subscription would be closed with its connection, and hear nothing ever again.
    """
    from redis.asyncio.retry import Retry  # noqa: PLC0415  (only where Redis is used)
    from redis.backoff import ExponentialBackoff  # noqa: PLC0415

    return Retry(ExponentialBackoff(cap=MAX_BACKOFF), RETRIES)


def _sentinel_host(url: str) -> Host:
    """Return the Sentinels with what they and the server that they name need.

    The path is the name of the master and, after another slash, the number of a database.
    """
    # `urlsplit` knows one host only.
    scheme, _, rest = url.partition("://")
    location, _, query = rest.partition("?")
    netloc, _, path = location.partition("/")
    options = dict(parse_qsl(query))
    credentials, _, addresses = netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    name, _, database = path.partition("/")
    tls: Host = {}
    if scheme == "rediss+sentinel":
        tls = {"ssl": True} | {key: options[key] for key in TLS_OPTIONS if key in options}
    sentinel_kwargs: Host = {
        "username": options.get("sentinel_username"),
        "password": options.get("sentinel_password"),
        "socket_timeout": SENTINEL_TIMEOUT,
        "socket_connect_timeout": SENTINEL_TIMEOUT,
        **tls,
    }
    return {
        "sentinels": [_address(each) for each in addresses.split(",")],
        "master_name": unquote(name),
        "sentinel_kwargs": sentinel_kwargs,
        "username": unquote(username) or None,
        "password": unquote(password) or None,
        "db": int(database or 0),
        **tls,
    }


def _address(text: str) -> tuple[str, int]:
    """Return host and port; an IPv6 address is in brackets."""
    host, separator, port = text.rpartition(":")
    if not separator or port.endswith("]"):
        return text.strip("[]"), SENTINEL_PORT
    return host.strip("[]"), int(port)
