"""A pool of threads for synchronous views. Each thread keeps its database connection."""

from __future__ import annotations

import asyncio

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    ASGISendEvent,
    Scope,
)


class ThreadPoolMiddleware:
    """Runs each request on one of a few permanent threads; further requests wait.

    Django's ASGI handler creates a thread for every request, and with it a new database
    connection. It does so with asgiref's ThreadSensitiveContext, which does nothing if
    a context is set already. So this middleware sets one from a pool.
    """

    def __init__(self, app: ASGI3Application, size: int) -> None:
        self.app = app
        self.idle_contexts = [ThreadSensitiveContext() for _ in range(size)]
        self.available = asyncio.Semaphore(size)

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one request."""
        response = _BufferedResponse()
        async with self.available:
            # Last in, first out: few busy threads keep their caches warm.
            context = self.idle_contexts.pop()
            token = SyncToAsync.thread_sensitive_context.set(context)
            try:
                await self.app(scope, receive, response.collect)
            finally:
                SyncToAsync.thread_sensitive_context.reset(token)
                self.idle_contexts.append(context)
        for event in response.events:
            await send(event)


class _BufferedResponse:
    """Holds a response until its thread is free again: a client may read slowly."""

    def __init__(self) -> None:
        self.events: list[ASGISendEvent] = []

    async def collect(self, event: ASGISendEvent) -> None:
        self.events.append(event)
