"""Costly requests have a bounded queue of their own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from asgi_project import asgi
from asgi_project.middleware.bounded_queue import BoundedQueueMiddleware
from tests.conftest import PASSWORD
from tests.support.quick_hasher import QuickPasswordHasher


class Applications:
    """A usual app, and a costly app whose requests wait until they are released."""

    def __init__(self, max_requests: int) -> None:
        self.released, self.waiting, self.error = asyncio.Event(), 0, False
        self.app = BoundedQueueMiddleware(
            self.respond,
            self.wait,
            is_costly=lambda method, path: (method, path) == ("POST", "/costly/"),
            max_requests=max_requests,
        )

    async def respond(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def wait(self, scope: Any, receive: Any, send: Any) -> None:
        self.waiting += 1
        await self.released.wait()
        self.waiting -= 1
        if self.error:
            raise ValueError
        await self.respond(scope, receive, send)

    async def send(self, path: str = "/costly/", method: str = "POST") -> tuple[int, dict, bytes]:
        sent: list[Any] = []

        async def send(event: Any) -> None:
            sent.append(event)

        await self.app({"type": "http", "method": method, "path": path}, None, send)
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]

    async def start(self, count: int) -> list[asyncio.Task]:
        """Send costly requests, and return when all of them have arrived."""
        tasks = [asyncio.create_task(self.send()) for _ in range(count)]
        await asyncio.sleep(0)
        assert self.waiting == count
        return tasks


async def test_costly_request_is_rejected_when_the_queue_is_full() -> None:
    """SEC-28"""
    applications = Applications(max_requests=3)
    tasks = await applications.start(3)
    status, headers, body = await applications.send()
    assert (status, json.loads(body)["code"]) == (429, "busy")
    assert headers[b"retry-after"] == b"2"
    assert headers[b"content-type"] == b"application/problem+json"
    assert b"content-security-policy" in headers
    applications.released.set()
    assert [(await task)[0] for task in tasks] == [200] * 3


async def test_other_requests_pass_a_full_queue() -> None:
    """SEC-28"""
    applications = Applications(max_requests=1)
    tasks = await applications.start(1)
    assert (await applications.send("/other/"))[0] == 200
    assert (await applications.send(method="GET"))[0] == 200
    applications.released.set()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("ending", ["response", "error", "cancelled"])
async def test_place_in_the_queue_is_free_again_after_any_ending(ending: str) -> None:
    applications = Applications(max_requests=1)
    (task,) = await applications.start(1)
    if ending == "cancelled":
        task.cancel()
    applications.error = ending == "error"
    applications.released.set()
    await asyncio.gather(task, return_exceptions=True)
    applications.error = False
    assert (await applications.send())[0] == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("application_stops")
async def test_passwords_are_hashed_on_threads_that_serve_nothing_else(
    ana: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-28: so no request thread waits for a hash."""
    import threading

    threads = []
    matches = QuickPasswordHasher._matches

    def recording(self: Any, *arguments: Any) -> bool:
        threads.append(threading.current_thread().name)
        return matches(self, *arguments)

    monkeypatch.setattr(QuickPasswordHasher, "_matches", recording)
    body = json.dumps({"username": "ana", "password": PASSWORD}).encode()
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    headers.append((b"content-length", str(len(body)).encode()))
    path = "/api/api-token-auth/"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": headers,
    }
    communicator = ApplicationCommunicator(asgi.compose(), scope)
    await communicator.send_input({"type": "http.request", "body": body})
    assert (await communicator.receive_output(10))["status"] == 200
    await communicator.receive_output(10)
    await communicator.wait(10)
    (thread,) = threads
    assert thread.startswith("password")
