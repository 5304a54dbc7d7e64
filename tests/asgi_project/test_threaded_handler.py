"""Requests run on a small pool of reused threads, each of them on one thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from asgi_project.serving.threaded_handler import ThreadedHandler

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
        return events.pop(0)

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
