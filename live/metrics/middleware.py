"""A thin ASGI wrapper that counts what signals cannot: requests in flight, answers, time.

`request_finished` never comes for a streaming answer that raises, so requests
in flight are counted here, where `finally` is the end of every one of them.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings

from live import runtime
from live.counters import counters

App = Callable[[Any, Any, Any], Awaitable[None]]

EXCLUDED_PATHS = ("/healthz", "/readyz", "/metrics")

request_excluded: ContextVar[bool] = ContextVar("uncounted", default=False)
"""Whether the request that runs now is one of those that are not counted.

Set here, outside of Django, it is seen by the receivers of both request
signals. (Set in a receiver it would not be: those run in tasks of their own.)
"""


def count_requests(app: App) -> App:
    """Wrap an HTTP application so that its requests are counted."""
    skipped = (*EXCLUDED_PATHS, settings.STATIC_URL)

    async def middleware(scope: Any, receive: Any, send: Any) -> None:
        runtime.get_runtime()  # under servers without lifespan the first request starts it
        if scope["path"].startswith(skipped):
            await _uncounted(app, scope, receive, send)
        else:
            await _counted(app, scope, receive, send)

    return middleware


async def _uncounted(app: App, scope: Any, receive: Any, send: Any) -> None:
    token = request_excluded.set(True)
    try:
        await app(scope, receive, send)
    finally:
        request_excluded.reset(token)


async def _counted(app: App, scope: Any, receive: Any, send: Any) -> None:
    began = time.perf_counter()
    status: int | None = None

    async def send_recording_status(message: dict[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        await send(message)

    counters.in_flight += 1
    try:
        await app(scope, receive, send_recording_status)
    except Exception:
        status = status or 500
        raise
    finally:
        counters.in_flight -= 1
        # Whoever left before there was an answer got none, and no error.
        if status is not None:
            counters.response_sent(status, (time.perf_counter() - began) * 1000)
