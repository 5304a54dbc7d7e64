"""Requests run on a small pool of reused threads, each of them on one thread."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from asgi_project.serving.request_slots import MAX_PER_NETWORK, MAX_PER_USER, MAX_WAITING
from asgi_project.serving.threaded_handler import ThreadedHandler
from rest.throttles import SCOPE_KEY, RequestCharge

Middleware = Callable[[HttpRequest], HttpResponse]

threads_of_parts: list[str] = []
running: list[int] = []
entered = threading.Semaphore(0)
gate = threading.Event()


def note_thread(**_: Any) -> None:
    threads_of_parts.append(threading.current_thread().name)


def noting_middleware(get_response: Middleware) -> Middleware:
    def middleware(request: HttpRequest) -> HttpResponse:
        note_thread()
        return get_response(request)

    return middleware


def thread_name(request: HttpRequest) -> HttpResponse:
    note_thread()
    return HttpResponse(threading.current_thread().name)


def waiting(request: HttpRequest) -> HttpResponse:
    running.append(1)
    entered.release()
    gate.wait(10)
    return HttpResponse()


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError


async def on_event_loop(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(id(asyncio.get_running_loop())))


def echo(request: HttpRequest) -> StreamingHttpResponse:
    response = StreamingHttpResponse(
        iter([request.method.encode(), b" ", request.body]), status=201
    )
    response["X-Name"] = "Äpfel".encode().decode("latin-1")
    response.set_cookie("first", "1")
    response.set_cookie("second", "2")
    return response


urlpatterns = [
    path("thread/", thread_name),
    path("waiting/", waiting),
    path("broken/", broken),
    path("loop/", on_event_loop),
    path("echo/", echo),
]


@pytest.fixture(autouse=True)
def _urls() -> Iterator[None]:
    threads_of_parts.clear()
    running.clear()
    gate.clear()
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[f"{__name__}.noting_middleware"]):
        yield


async def _send(app: Any, address: str, *chunks: bytes, disconnect: bool = False) -> list[Any]:
    sent: list[Any] = []
    events: list[Any] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    events.append({"type": "http.disconnect"} if disconnect else {"type": "http.request"})

    async def receive() -> Any:
        return events.pop(0) if events else await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": address, "headers": [], "query_string": b""}
    length = str(sum(map(len, chunks))).encode()
    await app({**scope, "headers": [(b"content-length", length)]}, receive, send)
    return sent


async def _body(app: Any, address: str, *chunks: bytes) -> str:
    body: bytes = (await _send(app, address, *chunks))[1]["body"]
    return body.decode()


@contextmanager
def noting_signals() -> Iterator[None]:
    for signal in (request_started, request_finished):
        signal.connect(note_thread)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.disconnect(note_thread)


async def test_sequential_requests_reuse_the_threads() -> None:
    handler = ThreadedHandler(2)
    assert len({await _body(handler, "/thread/") for _ in range(10)}) <= 2


async def test_signals_middleware_and_view_run_on_one_thread() -> None:
    with noting_signals():
        await _send(ThreadedHandler(4), "/thread/")
    assert len(threads_of_parts) == 4
    assert len(set(threads_of_parts)) == 1
    assert threading.current_thread().name not in threads_of_parts


async def test_parallel_requests_are_limited_to_number_of_threads() -> None:
    handler = ThreadedHandler(3)
    tasks = [asyncio.create_task(_send(handler, "/waiting/")) for _ in range(10)]
    for _ in range(3):
        await asyncio.to_thread(entered.acquire)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(running) == 3
    gate.set()
    await asyncio.gather(*tasks)
    assert len(running) == 10


class Peer:
    """A client with one request, which can disconnect."""

    def __init__(self, app: Any, address: str, key: str) -> None:
        self.sent: list[Any] = []
        self._left = asyncio.Event()
        self._body = [{"type": "http.request", "body": b""}]
        scope = {"type": "http", "method": "GET", "path": address, "headers": []}
        charge = RequestCharge("GET", key)
        scope |= {"query_string": b"", SCOPE_KEY: charge}
        self.request = asyncio.create_task(app(scope, self.receive, self.send))

    async def receive(self) -> Any:
        if self._body:
            return self._body.pop()
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, event: Any) -> None:
        self.sent.append(event)

    async def disconnect(self) -> None:
        self._left.set()
        await asyncio.wait_for(self.request, 5)

    @property
    def waits(self) -> bool:
        return not self.request.done()


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_request_is_dropped_when_its_client_disconnects_while_it_waits() -> None:
    """RATE-5: its view never runs, and the requests after it have their turn."""
    handler = ThreadedHandler(1)
    first = Peer(handler, "/waiting/", "user:1")
    await asyncio.to_thread(entered.acquire)
    abandoned = [Peer(handler, "/waiting/", "user:1") for _ in range(8)]
    stranger = Peer(handler, "/thread/", "address:198.51.100.7")
    await settle()
    for peer in abandoned:
        await peer.disconnect()
    gate.set()
    await asyncio.wait_for(asyncio.gather(first.request, stranger.request), 5)
    assert (first.sent[0]["status"], stranger.sent[0]["status"]) == (200, 200)
    assert [peer.sent for peer in abandoned] == [[]] * 8
    assert len(running) == 1


async def test_clients_have_turns_and_only_a_few_requests_at_work_each() -> None:
    """RATE-5"""
    handler = ThreadedHandler(8)
    peers = [Peer(handler, "/waiting/", "user:1") for _ in range(8)]
    strangers = [Peer(handler, "/waiting/", "address:198.51.100.7") for _ in range(8)]
    for _ in range(MAX_PER_USER + MAX_PER_NETWORK):
        await asyncio.to_thread(entered.acquire)
    await settle()
    assert len(running) == MAX_PER_USER + MAX_PER_NETWORK
    other = Peer(handler, "/thread/", "user:2")
    await asyncio.wait_for(other.request, 5)
    gate.set()
    await asyncio.wait_for(asyncio.gather(*(peer.request for peer in peers + strangers)), 5)
    assert len(running) == 16


async def test_client_with_too_many_waiting_requests_gets_429_busy() -> None:
    """RATE-5"""
    handler = ThreadedHandler(1)
    first = Peer(handler, "/waiting/", "user:1")
    await asyncio.to_thread(entered.acquire)
    waiting = [Peer(handler, "/thread/", "user:1") for _ in range(MAX_WAITING)]
    await settle()
    refused = Peer(handler, "/thread/", "user:1")
    await asyncio.wait_for(refused.request, 5)
    start, body = refused.sent
    headers = dict(start["headers"])
    assert (start["status"], json.loads(body["body"])["code"]) == (429, "busy")
    assert headers[b"content-type"] == b"application/problem+json"
    assert int(headers[b"retry-after"]) >= 1
    gate.set()
    await asyncio.wait_for(asyncio.gather(first.request, *(p.request for p in waiting)), 5)
    assert {peer.sent[0]["status"] for peer in waiting} == {200}


async def test_slot_is_free_again_when_a_request_is_cancelled() -> None:
    """daphne cancels the application of a client that has disconnected."""
    handler = ThreadedHandler(1)
    working = Peer(handler, "/waiting/", "user:1")
    await asyncio.to_thread(entered.acquire)
    queued = Peer(handler, "/waiting/", "user:2")
    await settle()
    for peer in (working, queued):
        peer.request.cancel()
        with suppress(asyncio.CancelledError):
            await peer.request
    late = Peer(handler, "/thread/", "user:3")
    await settle()
    assert late.waits, "the thread of a cancelled request is still at work"
    gate.set()
    await asyncio.wait_for(late.request, 5)
    assert late.sent[0]["status"] == 200
    assert len(running) == 1


async def test_failed_request_gets_500_and_releases_its_thread() -> None:
    handler = ThreadedHandler(1)
    for _ in range(3):
        sent = await asyncio.wait_for(_send(handler, "/broken/"), 5)
        assert sent[0]["status"] == 500
    assert await asyncio.wait_for(_body(handler, "/thread/"), 5)


async def test_asynchronous_view_runs_on_the_event_loop_of_the_server() -> None:
    """`/readyz` finds the runtime of its process by the event loop."""
    body = await _body(ThreadedHandler(1), "/loop/")
    assert body == str(id(asyncio.get_running_loop()))


async def test_response_has_status_headers_cookies_and_a_streamed_body() -> None:
    start, body = await _send(ThreadedHandler(1), "/echo/", b"some ", b"body")
    assert (start["status"], body["body"]) == (201, b"POST some body")
    headers = start["headers"]
    assert (b"X-Name", "Äpfel".encode()) in headers
    cookies = [value.split(b";")[0] for name, value in headers if name == b"Set-Cookie"]
    assert cookies == [b"first=1", b"second=2"]


async def test_request_is_not_handled_when_the_client_disconnects_within_the_body() -> None:
    assert await _send(ThreadedHandler(1), "/thread/", b"half", disconnect=True) == []
    assert threads_of_parts == []
