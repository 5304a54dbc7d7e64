"""Requests whose outcomes are known, and a client that reads how they were counted."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.support.installation import PASSWORD, Installation
from tests.support.processes import SSL_CONTEXT, TIMEOUT, ServerProcess
from tests.support.websocket_client import WebSocketClient

OLGA = {"DJANGO_SUPERUSER_USERNAME": "olga", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
WITH_TEST_URLS = """
from django.conf import settings
settings.ROOT_URLCONF = "tests.support.request_urls"
"""
CREATE_TOKEN = """
from accounts.models import ApiToken, User
olga = User.objects.get(username="olga")
print("TOKEN", ApiToken.objects.create(user=olga, name="test")[1])
"""


def create_staff_token(installation: Installation) -> str:
    """Return a token of olga, the owner."""
    return installation.shell(CREATE_TOKEN).partition("TOKEN ")[2].strip()


class StaffInstallation(Installation):
    """A server whose owner is olga, with views that fail."""

    def start_server(self, name: str, **options: str) -> ServerProcess:
        options = {"before": WITH_TEST_URLS, "TROLLEY_READS_PER_SECOND": "20", **options}
        return super().start_server(name, **OLGA, **options)

    def staff_token(self) -> str:
        return create_staff_token(self)


class RoutesClient(WebSocketClient):
    """A socket that follows `ops:routes`, as the page does."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(installation.first_server.url, installation.fixtures["olga"])
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self.parts: dict[str, Any] = {}
        self.until("welcome")
        self.send(type="subscribe", topic="ops:routes")
        self.read()

    def read(self) -> None:
        """Apply the next frame."""
        frame = self.until("routes")
        if frame["is_complete"]:
            self.rows = {}
        self.rows |= {(row["method"], row["route"]): row for row in frame["rows"]}
        self.parts |= {name: value for name, value in frame.items() if value is not None}

    def read_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, (self.rows, self.parts)
            self.read()

    def totals(self) -> dict[tuple[str, str], Counter[str]]:
        """Return for each route how often each outcome was counted."""
        return {
            key: Counter({**row["total"]["statuses"], "aborted": row["total"]["aborted"]})
            for key, row in self.rows.items()
        }


def counted_since(
    before: dict[tuple[str, str], Counter[str]], after: dict[tuple[str, str], Counter[str]]
) -> dict[tuple[str, str], dict[str, int]]:
    differences = {key: dict(after[key] - before.get(key, Counter())) for key in after}
    return {key: counts for key, counts in differences.items() if counts}


class Requests:
    """Sends requests, and notes the route and the outcome that the client saw."""

    def __init__(self, installation: Installation, server: ServerProcess | None = None) -> None:
        self.url = (server or installation.first_server).url
        self.token = installation.fixtures["ana"]
        self.expected: dict[tuple[str, str], Counter[str]] = {}
        self.client = httpx.Client(base_url=self.url, timeout=TIMEOUT, verify=SSL_CONTEXT)

    def __enter__(self) -> Requests:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def send(self, method: str, path: str, route: str, status: int, **options: Any) -> None:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        response = self.client.request(method, path, headers=headers, **options)
        assert response.status_code == status, (method, path, response.text)
        key = (method, route) if route else ("", "")
        self.expected.setdefault(key, Counter())[str(status)] += 1

    def send_raw(self, text: str) -> bytes:
        """Send bytes on a connection of its own, and return the response to its end."""
        with self.connect() as connection:
            connection.sendall(text.encode())
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def abort(self, method: str, path: str, route: str) -> None:
        """Leave in the middle of the body."""
        with self.connect() as connection:
            head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n"
            connection.sendall(f"{head}Authorization: Bearer {self.token}\r\n\r\n{{".encode())
        self.expected.setdefault((method, route), Counter())["aborted"] += 1

    def connect(self) -> socket.socket:
        address = urlsplit(self.url)
        return socket.create_connection((address.hostname, address.port), timeout=TIMEOUT)
