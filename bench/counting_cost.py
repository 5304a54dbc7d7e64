"""D1: the cost of counting a request, in microseconds: `python -m bench.counting_cost`.

The product cannot switch counting off, so its two parts are timed separately: the ASGI
middleware, as the difference between a minimal application with and without it, and
the receivers of both request signals. Compare the sum with the CPU of an edit in E1.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from typing import Any

ROUNDS, CALLS = 5, 20_000


async def respond(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def discard(message: Any) -> None:
    return None


async def seconds_per_call(app: Callable[..., Awaitable[None]]) -> float:
    """Return the time of one call, the best of several rounds."""
    scope = {"type": "http", "path": "/api/shopping-lists/"}
    best = float("inf")
    for _ in range(ROUNDS):
        started_at = time.perf_counter()
        for _ in range(CALLS):
            await app(scope, None, discard)
        best = min(best, (time.perf_counter() - started_at) / CALLS)
    return best


def seconds_in_receivers() -> float:
    """Return the time that both receivers need for one request."""
    from live.receivers import count_finished_request, count_started_request

    best = float("inf")
    for _ in range(ROUNDS):
        started_at = time.perf_counter()
        for _ in range(CALLS):
            count_started_request()
            count_finished_request()
        best = min(best, (time.perf_counter() - started_at) / CALLS)
    return best


async def main() -> None:
    import django

    django.setup()
    from live.metrics.middleware import count_requests
    from live.noop import noop

    bare = await seconds_per_call(respond)
    counted = await seconds_per_call(count_requests(respond, on_request=noop))
    receivers = seconds_in_receivers()
    total = counted - bare + receivers
    print(f"middleware {(counted - bare) * 1e6:.1f} µs, receivers {receivers * 1e6:.1f} µs")
    print(f"counting adds {total * 1e6:.1f} µs to a request")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TROLLEY_DATA"] = folder
        asyncio.run(main())
