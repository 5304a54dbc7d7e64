"""D1: what counting adds to a request, in microseconds: `python -m bench.counting_cost`.

It cannot be switched off in the product, so the parts are timed by themselves:
the ASGI wrapper around an application that only answers, less that application
alone, and the receivers of both request signals. Divide by E1's CPU for an edit.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from typing import Any

ROUNDS, TIMES = 5, 20_000


async def answer(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def swallow(message: Any) -> None:
    return None


async def each(app: Callable[..., Awaitable[None]]) -> float:
    """Return the seconds of one call, the best of several rounds."""
    scope = {"type": "http", "path": "/api/shopping-lists/"}
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(TIMES):
            await app(scope, None, swallow)
        best = min(best, (time.perf_counter() - began) / TIMES)
    return best


def receivers() -> float:
    """Return the seconds of both receivers together."""
    from live.receivers import finished, started

    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(TIMES):
            started()
            finished()
        best = min(best, (time.perf_counter() - began) / TIMES)
    return best


async def main() -> None:
    import django

    django.setup()
    from live import runtime
    from live.metrics import middleware

    runtime.get_runtime = lambda: None  # that the runtime runs is not what is timed
    bare, counted = await each(answer), await each(middleware.count_requests(answer))
    signals = receivers()
    total = counted - bare + signals
    print(f"wrapper {(counted - bare) * 1e6:.1f} µs, receivers {signals * 1e6:.1f} µs")
    print(f"counting adds {total * 1e6:.1f} µs to a request")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TROLLEY_DATA"] = folder
        asyncio.run(main())
