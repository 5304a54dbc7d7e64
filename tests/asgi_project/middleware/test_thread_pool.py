"""Requests run on a small pool of reused threads."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from asgi_project.middleware.thread_pool import ThreadPoolMiddleware

GET: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/where/",
    "headers": [],
    "query_string": b"",
}


def thread_name(request: HttpRequest) -> HttpResponse:
    return HttpResponse(threading.current_thread().name)


urlpatterns = [path("where/", thread_name)]


async def _get(app: Any) -> str:
    sent: list[Any] = []
    never = asyncio.Event()
    messages = iter([{"type": "http.request", "body": b""}])

    async def receive() -> Any:
        message = next(messages, None)
        return message or await never.wait()

    async def send(message: Any) -> None:
        sent.append(message)

    await app(GET, receive, send)
    body: bytes = sent[1]["body"]
    return body.decode()


@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[])
async def test_sequential_requests_share_one_thread() -> None:
    pooled = ThreadPoolMiddleware(get_asgi_application(), 4)
    assert len({await _get(pooled) for _ in range(5)}) == 1


async def test_parallel_requests_are_limited_to_number_of_threads() -> None:
    running = maximum = 0
    gate = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        nonlocal running, maximum
        running += 1
        maximum = max(maximum, running)
        await gate.wait()
        running -= 1

    pooled = ThreadPoolMiddleware(slow, 3)
    tasks = [asyncio.create_task(pooled(GET, None, None)) for _ in range(10)]  # type: ignore[arg-type]
    for _ in range(50):
        await asyncio.sleep(0)
    assert maximum == 3
    gate.set()
    await asyncio.gather(*tasks)
    assert maximum == 3


async def test_failed_request_releases_its_thread() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError

    pooled = ThreadPoolMiddleware(broken, 1)
    for _ in range(3):
        try:
            await asyncio.wait_for(pooled(GET, None, None), 5)  # type: ignore[arg-type]
        except RuntimeError:
            continue
    assert len(pooled.idle_contexts) == 1
