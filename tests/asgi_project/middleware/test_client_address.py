"""The address and the scheme of a request, as trusted proxies report them."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_project import asgi
from asgi_project.middleware.client_address import TrustedProxies, forwarded_client
from rest.client_address import PROXY_KEY

PROXIES = TrustedProxies(["10.0.0.0/8", "127.0.0.1", " 2001:db8:1::1 ", "::ffff:192.0.2.1"])
PEER = "10.0.0.1"


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::9]:4711", "2001:db8::9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::9%eth0", "fe80::9"),
        # What the client itself sent comes first and does not count.
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("garbage, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("203.0.113.9, ::ffff:10.0.0.2,127.0.0.1", "203.0.113.9"),
        ("203.0.113.9, , 10.0.0.2,", "203.0.113.9"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        # What is no address is the proxy that wrote it.
        ("unknown", PEER),
        ("UNKNOWN, unknown", PEER),
        ("203.0.113.9, unknown", PEER),
        ("garbage, 127.0.0.1", "127.0.0.1"),
        ("_obfuscated", PEER),
        ("example.org", PEER),
        ("", PEER),
        (" , ", PEER),
        ("9" * 10_000, PEER),
    ],
)
def test_client_is_the_last_address_that_is_no_trusted_proxy(chain: str, client: str) -> None:
    """SEC-19, case B1."""
    assert forwarded_client(PEER, chain, PROXIES) == client


@pytest.mark.parametrize(
    ("peer", "is_trusted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("2001:db8:1::1", True),
        ("2001:0db8:1::1", True),
        ("192.0.2.1", True),
        ("11.1.2.3", False),
        ("unknown", False),
        ("", False),
        (None, False),
    ],
)
def test_proxy_is_recognised_in_every_spelling(peer: str | None, is_trusted: bool) -> None:
    """SEC-19, case B3."""
    assert (peer in PROXIES) is is_trusted
    assert peer in TrustedProxies(["*"])
    assert peer not in TrustedProxies([])
    assert peer not in TrustedProxies(["localhost", "10.0.0.0/33"])


async def settled(peer: Any, type_: str = "http", **headers: str) -> tuple[Any, str]:
    """Return the client and the scheme that the application sees."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scheme = "http" if type_ == "http" else "ws"
    scope = {"type": type_, "client": peer, "scheme": scheme, "headers": pairs}
    await asgi._trust_proxies(app)(scope, None, None)  # type: ignore[arg-type]
    assert scope["client"] == seen[0]["client"], "the access log of the server sees it too"
    return seen[0]["client"], seen[0]["scheme"]


@pytest.fixture
def proxies(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1", "::1"]


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize("peer", ["127.0.0.1", "::ffff:127.0.0.1", "::1"])
async def test_every_spelling_of_a_trusted_proxy_counts(peer: str) -> None:
    """SEC-19, case B3."""
    client = await settled((peer, 5), x_forwarded_for="203.0.113.9", x_forwarded_proto="https")
    assert client == (("203.0.113.9", 0), "https")


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize(
    ("value", "scheme"),
    [
        ("https", "https"),
        ("https, https", "https"),
        ("https,http", "https"),
        ("HTTPS", "https"),
        ("wss", "https"),
        ("http, https", "http"),
        ("gopher", "http"),
        ("", "http"),
    ],
)
async def test_first_forwarded_scheme_counts(value: str, scheme: str) -> None:
    """SEC-19, case B2."""
    peer = ("127.0.0.1", 5)
    assert (await settled(peer, x_forwarded_proto=value))[1] == scheme
    socket_scheme = (await settled(peer, "websocket", x_forwarded_proto=value))[1]
    assert socket_scheme == scheme.replace("http", "ws")


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize(
    ("peer", "client"),
    [
        (("::ffff:198.51.100.7", 5), ("198.51.100.7", 5)),
        (("fe80::1%eth0", 5), ("fe80::1", 5)),
        (("", 0), None),
        (("unknown", 0), None),
        (None, None),
    ],
)
async def test_peer_is_settled_without_a_proxy(peer: Any, client: Any) -> None:
    """SEC-19: and its headers do not count."""
    headers = {"x_forwarded_for": "203.0.113.9", "x_forwarded_proto": "https"}
    assert await settled(peer, **headers) == (client, "http")


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize(("peer", "is_proxy"), [("::1", True), ("198.51.100.7", False)])
async def test_scope_names_the_trusted_proxy_that_sent_a_request(peer: str, is_proxy: bool) -> None:
    """MET-3: also if it sends no header of its own."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    scope = {"type": "http", "client": (peer, 5), "scheme": "http", "headers": []}
    await asgi._trust_proxies(app)(scope, None, None)  # type: ignore[arg-type]
    assert seen[0].get(PROXY_KEY) == (peer if is_proxy else None)
