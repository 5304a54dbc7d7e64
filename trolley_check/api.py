"""Requests to the REST API, which are sent again until there is an answer."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 20.0
"""Seconds until a request counts as lost."""
PATIENCE = 60.0
"""Seconds in which a request is sent again."""


class RefusedError(Exception):
    """The server refused a request that a trial needs; the message has its reason."""


@dataclass(frozen=True)
class Response:
    """A response. `status` is 0 if none arrived."""

    status: int
    body: Any
    headers: Mapping[str, str]

    def required(self) -> Any:
        """Return the body. Raises RefusedError."""
        if self.status == 0:
            raise RefusedError("the server does not answer any more")
        if not 200 <= self.status < 300:
            raise RefusedError(f"{self.status} {json.dumps(self.body)[:300]}")
        return self.body


class Api:
    """One connection to a server. It is used by one thread at a time."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        """`url` is the address of the installation, with its scheme."""
        self.url = url.rstrip("/")
        self._parts = urlsplit(self.url)
        self._headers = dict(headers)
        self.cookies = SimpleCookie()
        self._connection: http.client.HTTPConnection | None = None
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Repeat no request any more, also one that is being sent by another thread."""
        self._stopped.set()

    @property
    def is_stopped(self) -> bool:
        """Whether requests are not repeated any more."""
        return self._stopped.is_set()

    def send(self, method: str, path: str, body: object = None, *, op: str = "") -> Response:
        """Send a request until there is an answer to it, and return the last response.

        A 429 and a 5xx are no answers. With `op`, every try has this key, so that only one has
        an effect.
        """
        headers = {"Idempotency-Key": op} if op else {}
        deadline, delay = time.monotonic() + PATIENCE, 0.2
        while True:
            response = self.send_once(method, path, body, headers)
            is_answer = 200 <= response.status < 500 and response.status != 429
            if is_answer or time.monotonic() > deadline or self.is_stopped:
                return response
            self._stopped.wait(min(float(response.headers.get("Retry-After", delay)), PATIENCE))
            delay = min(2 * delay, 4.0)

    def send_once(
        self, method: str, path: str, body: object, headers: Mapping[str, str]
    ) -> Response:
        """Send a request once."""
        content = None if body is None else json.dumps(body).encode()
        sent = {**self._headers, **headers, **self._cookie_headers()}
        if content is not None:
            sent["Content-Type"] = "application/json"
        try:
            connection = self._open()
            connection.request(method, f"{self._parts.path}{path}", content, sent)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return Response(0, None, {})
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            self.cookies.load(cookie)
        return Response(answer.status, _decoded(text), dict(answer.headers.items()))

    def close(self) -> None:
        """Close the connection. The next request opens another one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def cookie_header(self) -> str:
        """Return the cookies as a header has them."""
        return "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())

    def _cookie_headers(self) -> dict[str, str]:
        if not self.cookies:
            return {}
        token = next((m.value for name, m in self.cookies.items() if "csrftoken" in name), "")
        return {"Cookie": self.cookie_header(), "X-CSRFToken": token, "Origin": self.url}

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port = self._parts.hostname or "", self._parts.port
            if self._parts.scheme == "https":
                context = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(
                    host, port, timeout=TIMEOUT, context=context
                )
            else:
                self._connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        return self._connection


def _decoded(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.decode(errors="replace")
