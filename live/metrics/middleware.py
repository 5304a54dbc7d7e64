"""An ASGI middleware that counts what signals cannot: requests in flight, responses, durations.

Django never sends `request_finished` for a streaming response that raises. So
requests in flight are counted here, where `finally` is reached for each of them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from live.counters import counters, is_request_excluded, request_started_at
from live.metrics.route_meter import route_meter
from rest.request_id import HEADER

App = Callable[[Any, Any, Any], Awaitable[None]]

DASHBOARD_PATH = "/dashboard/"
EXCLUDED_PATHS = ("/healthz", "/readyz", "/metrics", DASHBOARD_PATH, "/api/live/")
"""Paths whose requests are not counted: health checks, and what shows the counts."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_REFERRED_BY_DASHBOARD = re.compile(rb"https?://[^/]+" + DASHBOARD_PATH.encode())
REQUEST_ID_HEADER = HEADER.lower().encode()


def count_requests(app: App, *, on_request: Callable[[], object]) -> App:
    """Wrap an HTTP application so that its requests are counted.

    `on_request` is called before each request.
    """
    excluded_prefixes = (*EXCLUDED_PATHS, settings.STATIC_URL)

    async def middleware(scope: Any, receive: Any, send: Any) -> None:
        on_request()
        if scope["path"].startswith(excluded_prefixes) or _is_of_dashboard(scope):
            await _run_excluded(app, scope, receive, send)
        else:
            await _run_counted(app, scope, receive, send)

    return middleware


def _is_of_dashboard(scope: Any) -> bool:
    """Tell whether a page of the dashboard reads: it would show its own requests as load.

    The browser says so in `Referer`. A write counts all the same: it is work of a user.
    """
    if scope["method"] not in SAFE_METHODS:
        return False
    pages = (value for name, value in scope["headers"] if name == b"referer")
    return any(_REFERRED_BY_DASHBOARD.match(page) for page in pages)


async def _run_excluded(app: App, scope: Any, receive: Any, send: Any) -> None:
    token = is_request_excluded.set(True)
    try:
        await app(scope, receive, send)
    finally:
        is_request_excluded.reset(token)


async def _run_counted(app: App, scope: Any, receive: Any, send: Any) -> None:
    started_at = time.perf_counter()
    record = route_meter.start(scope)
    status: int | None = None

    async def send_recording_status(message: dict[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            if record.request_id is None:  # the response is not one of Django
                record.request_id = _request_id(message)
        await send(message)

    counters.in_flight += 1
    token = request_started_at.set(started_at)
    try:
        await app(scope, receive, send_recording_status)
    except Exception as error:
        status = status or 500
        record.note_exception(error)
        raise
    finally:
        request_started_at.reset(token)
        counters.in_flight -= 1
        # A client that disconnects before the response gets no status. It is not an error.
        if status is not None:
            counters.response_sent(status, (time.perf_counter() - started_at) * 1000)
        route_meter.end(record, status, scope)


def _request_id(message: dict[str, Any]) -> str | None:
    values = (value for name, value in message["headers"] if name.lower() == REQUEST_ID_HEADER)
    value = next(values, None)
    return None if value is None else value.decode("latin-1")
