"""What a server logs about untrusted input: one line per event, and no secrets."""

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


def logged_events(server):
    """Return the events logged so far; each line must be one event, and none forged."""
    matches = [LINE.fullmatch(line) for line in server.log.read_text().splitlines()]
    assert all(matches), server.log.read_text()
    events = [match[1] for match in matches]
    assert not [event for event in events if event.startswith("olga") or "\x1b" in event]
    return events


def access_events(server):
    return [event for event in logged_events(server) if "[uvicorn.access]" in event]


def send(server, request: bytes) -> bytes:
    """Send malformed bytes; return the whole response."""
    url = urlsplit(server.url)
    with socket.create_connection((url.hostname, url.port), timeout=30) as peer:
        peer.sendall(request)
        return b"".join(iter(lambda: peer.recv(65536), b""))


def test_access_log_contains_no_query_string(server):
    """SEC-2: no URL takes a secret, and a secret that a client sends in one is not logged."""
    server.get("/healthz?token=hunter2hunter2")
    assert any("GET /healthz HTTP/1.1" in event for event in access_events(server))
    assert "hunter2" not in server.output()


def test_socket_ignores_a_token_in_its_url_and_does_not_log_it(server):
    """SEC-2: sockets accept a token in a header or in their first frame."""
    url = server.url.replace("http", "ws") + "/ws/?token=hunter2hunter2&auth=hunter2hunter2"
    with connect(url, additional_headers={"X-Token": "hunter2"}) as connection:
        connection.send('{"type":"subscribe","topic":"requests"}')
        assert '"not_signed_in"' in connection.recv(timeout=30)
    assert "hunter2" not in server.output()


def test_username_at_sign_in_cannot_forge_a_log_line(server, browser):
    """SEC-18: a lockout is logged with the user name and the user agent."""
    browser.headers["User-Agent"] = f"evil\t{FORGED}"
    for _ in range(10):
        response = browser.post("/api/auth/login/", json={"username": EVIL, "password": "not that"})
    assert response.status_code == 429
    assert [event for event in logged_events(server) if FORGED in event]


@pytest.mark.parametrize("path", ["%0d%0a{}", "%E2%80%A8%C2%85%1b[2J{}", "\\r\\n{}"])
def test_request_path_cannot_forge_a_log_line(server, path):
    """SEC-18"""
    before = len(logged_events(server))
    server.get("/" + path.format(quote(FORGED)))
    assert len(logged_events(server)) == before + 1


def test_malformed_request_cannot_forge_a_log_line(server):
    """SEC-18"""
    response = send(server, f"GET / HTTP/1.1\r\nHost: a\r\nX: b\0\n{FORGED}\r\n\r\n".encode())
    assert response.split(b"\r\n")[0].split()[1] == b"400"
    logged_events(server)


@pytest.mark.parametrize("origin", [f"http://evil.example/\x85{FORGED}", "null", "evil\ttab"])
def test_foreign_origin_is_refused_and_logged_on_one_line(server, origin):
    """SEC-1, SEC-18"""
    before = len(logged_events(server))
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
    response = send(server, "\r\n".join(handshake).encode("latin-1"))
    assert response.startswith(b"HTTP/1.1 403 ")
    events = logged_events(server)[before:]
    assert len([event for event in events if "foreign origin" in event]) == 1
