"""What a running server logs of what strangers send: one line each, and nothing secret."""

from __future__ import annotations

import re
import socket
from urllib.parse import quote, urlsplit

import pytest
from websockets.sync.client import connect

pytestmark = pytest.mark.system
FORGED = "2026-11-22T19:42:37.123456Z [info     ] olga signed in"
EVIL = f"x\n{FORGED}\r\x1b[2J\u2028{FORGED}\x85"
LINE = re.compile(r"\d{4}-\d\d-\d\dT\S+Z \[\w+ *\] (.*)")


def lines(server):
    """Return what it logged so far; each line must be one event, and none a forged one."""
    found = [LINE.fullmatch(line) for line in server.log.read_text().splitlines()]
    assert all(found), server.log.read_text()
    told = [match[1] for match in found]
    assert not [event for event in told if event.startswith("olga") or "\x1b" in event]
    return told


def access(server):
    return [event for event in lines(server) if "[uvicorn.access]" in event]


def send(server, request: bytes) -> bytes:
    """Send bytes that no client would send; return all of the answer."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as peer:
        peer.sendall(request)
        return b"".join(iter(lambda: peer.recv(65536), b""))


def test_the_access_log_has_no_query(server):
    """SEC-2: no address of ours takes a secret, and one that comes anyway is not written down."""
    server.get("/healthz?token=hunter2hunter2")
    assert any("GET /healthz HTTP/1.1" in event for event in access(server))
    assert "hunter2" not in server.output()


def test_a_socket_that_names_a_secret_in_its_address_is_a_stranger_and_not_logged(server):
    """SEC-2: sockets take a token in a header or in their first frame."""
    address = server.url.replace("http", "ws") + "/ws/?token=hunter2hunter2&auth=hunter2hunter2"
    with connect(address, additional_headers={"X-Token": "hunter2"}) as socket_:
        socket_.send('{"type":"subscribe","topic":"requests"}')
        assert '"not_signed_in"' in socket_.recv(timeout=30)
    assert "hunter2" not in server.output()


def test_a_name_that_is_tried_at_sign_in_stays_on_its_line(server, browser):
    """SEC-18: locking a name out is logged, with that name and the user agent."""
    browser.headers["User-Agent"] = f"evil\t{FORGED}"
    for _ in range(10):
        answer = browser.post("/api/auth/login/", json={"username": EVIL, "password": "not that"})
    assert answer.status_code == 429
    assert [event for event in lines(server) if FORGED in event]


@pytest.mark.parametrize("path", ["%0d%0a{}", "%E2%80%A8%C2%85%1b[2J{}", "\\r\\n{}"])
def test_an_address_stays_on_its_line(server, path):
    """SEC-18"""
    before = len(lines(server))
    server.get("/" + path.format(quote(FORGED)))
    assert len(lines(server)) == before + 1


def test_bytes_that_are_no_request_forge_no_line(server):
    """SEC-18"""
    answer = send(server, f"GET / HTTP/1.1\r\nHost: a\r\nX: b\0\n{FORGED}\r\n\r\n".encode())
    assert answer.split(b"\r\n")[0].split()[1] == b"400"
    lines(server)


@pytest.mark.parametrize("origin", [f"http://evil.example/\x85{FORGED}", "null", "evil\ttab"])
def test_a_foreign_origin_is_refused_and_logged_on_one_line(server, origin):
    """SEC-1, SEC-18"""
    before = len(lines(server))
    handshake = [
        "GET /ws/ HTTP/1.1",
        f"Host: {urlsplit(server.url).netloc}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        f"Origin: {origin}",
        "\r\n",
    ]
    answer = send(server, "\r\n".join(handshake).encode("latin-1"))
    assert answer.startswith(b"HTTP/1.1 403 ")
    told = lines(server)[before:]
    assert len([event for event in told if "foreign origin" in event]) == 1
