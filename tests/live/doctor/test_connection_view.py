"""`GET /api/live/connection/`: what a server sees of a request."""

from __future__ import annotations

import json

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from live.connections.probes import MAX_PROBES, PROBE_LIFETIME, ProbedHandshakes, probe_of
from live.connections.received import received_of
from live.protocol.received import ProbedHandshake
from rest.client_address import PROXY_KEY
from tests.support.socket_client import SocketClient

URL = "/api/live/connection/"
PROBE = "0123456789abcdef"
SCOPE = {
    "scheme": "wss",
    "http_version": "1.1",
    "client": ("203.0.113.7", 0),
    PROXY_KEY: "10.0.0.2",
    "headers": [
        (b"host", b"list.example.org"),
        (b"origin", b"https://list.example.org"),
        (b"upgrade", b"websocket"),
        (b"connection", b"Upgrade" + b"x" * 1000),
        (b"cookie", b"trolley_sessionid=secret-session; other=secret-other"),
        (b"authorization", b"Bearer trl_secret"),
        (b"x-forwarded-for", b"203.0.113.7, 198.51.100.9"),
        (b"x-forwarded-proto", b"https"),
    ],
}


def test_received_has_what_matters_and_no_secret() -> None:
    """DOC-4"""
    received = received_of(SCOPE)
    assert (received.scheme, received.host, received.client) == (
        "https",
        "list.example.org",
        "203.0.113.7",
    )
    assert received.is_from_trusted_proxy
    assert (received.has_forwarded_for, received.has_forwarded_proto) == (True, True)
    assert not received.has_forwarded_host
    assert (received.has_cookie, received.has_session, received.has_authorization) == (True,) * 3
    assert received.connection is not None
    assert len(received.connection) == 200
    for secret in ("secret", "198.51.100.9", "10.0.0.2"):
        assert secret not in str(received)


def test_request_without_headers_is_described() -> None:
    received = received_of({"headers": [], "client": None})
    assert (received.scheme, received.host, received.client) == ("http", None, None)
    assert not received.has_cookie


@pytest.mark.parametrize("host", ["testserver", "evil.example:8000", "a_b"])
def test_it_answers_under_every_host_name(host: str, settings) -> None:
    """DOC-4: without sign-in, and by http where https is required."""
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^api/live/connection/"]
    headers = [(b"host", host.encode())]
    response = async_to_sync(AsyncClient().request)(method="GET", path=URL, headers=headers)
    assert response.status_code == 200
    body = response.json()
    assert (body["service"], body["received"]["host"]) == ("trolley", host)
    assert body["handshake"] is None
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "probe"),
    [
        (f"probe={PROBE}", PROBE),
        (f"a=b&probe={PROBE}".encode(), PROBE),
        ("probe=short", None),
        (f"probe={'x' * 65}", None),
        (f"probe={PROBE}&probe={PROBE}", None),
        (f"probe={PROBE}%0a", None),
        ("", None),
    ],
)
def test_only_an_unguessable_id_is_a_probe(query: str | bytes, probe: str | None) -> None:
    assert probe_of(query) == probe


def test_handshakes_are_forgotten() -> None:
    """DOC-5"""
    handshake = ProbedHandshake("accepted", received_of(SCOPE))
    handshakes = ProbedHandshakes()
    handshakes.add(PROBE, handshake, now=100.0)
    assert handshakes.get(PROBE, now=100.0 + PROBE_LIFETIME) == handshake
    assert handshakes.get(PROBE, now=100.1 + PROBE_LIFETIME) is None
    for number in range(MAX_PROBES):
        handshakes.add(f"{number:016}", handshake, now=101.0)
    assert handshakes.get(PROBE, now=101.0) is None
    assert len(handshakes._handshakes) == MAX_PROBES


async def test_handshake_of_a_probe_is_told(live_runtime) -> None:
    """DOC-5: accepted, refused for its origin, and without an upgrade."""
    outcomes = {}
    for name, origin in (("accepted", "http://testserver"), ("foreign_origin", "http://evil")):
        client = await SocketClient(f"/ws/?probe={PROBE}-{name[:4]}", origin=origin).open()
        outcomes[name] = await handshake_of(f"{PROBE}-{name[:4]}")
        client.communicator.stop(exceptions=False)
    assert (await AsyncClient().get(f"/ws/?probe={PROBE}-none")).status_code == 426
    outcomes["no_upgrade"] = await handshake_of(f"{PROBE}-none")
    assert {name: outcome["outcome"] for name, outcome in outcomes.items()} == {
        name: name for name in outcomes
    }
    assert outcomes["foreign_origin"]["received"]["origin"] == "http://evil"
    assert await handshake_of("unknown-unknown-unknown") is None


async def handshake_of(probe: str):
    response = await AsyncClient().get(f"{URL}?probe={probe}")
    return json.loads(response.content)["handshake"]
