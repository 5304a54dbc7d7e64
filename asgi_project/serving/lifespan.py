"""Start the live runtime before the first connection, and stop it after the last one.

A server that has the ASGI lifespan protocol calls `lifespan`. Daphne does not have it,
so `daphne_server` calls `startup` and `shutdown` itself.
"""

from __future__ import annotations

import structlog
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.apps import apps

log = structlog.get_logger(__name__)


async def startup() -> None:
    """Start the live runtime, if `live` is installed."""
    if apps.is_installed("live"):
        from live import runtime  # noqa: PLC0415  (live may be left out)

        await runtime.start()


async def drain() -> None:
    """Close every socket, and tell its client when to reconnect."""
    if apps.is_installed("live"):
        from live import runtime  # noqa: PLC0415  (live may be left out)

        await runtime.drain()


async def shutdown() -> None:
    """Stop the live runtime. Safe to call twice."""
    if apps.is_installed("live"):
        from live import runtime  # noqa: PLC0415  (live may be left out)

        await runtime.stop()


async def lifespan(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Implement the ASGI lifespan protocol."""
    await receive()
    try:
        await startup()
    except Exception as error:
        log.exception("startup failed")
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await shutdown()
    await send({"type": "lifespan.shutdown.complete"})
