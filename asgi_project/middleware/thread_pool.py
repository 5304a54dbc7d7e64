"""A pool of threads for synchronous views that keep their database connections."""

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
    """Runs each request on one of a few lasting threads; it queues what is more.

    Django's ASGI handler makes a thread for every request, and with it a new
    database connection. It does so through asgiref's ThreadSensitiveContext,
    which steps back when a context is set already: so one is, from a pool.
    """

    def __init__(self, app: ASGI3Application, size: int) -> None:
        self.app = app
        self.idle = [ThreadSensitiveContext() for _ in range(size)]
        self.free = asyncio.Semaphore(size)

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer one request."""
        answer = _BufferedResponse()
        async with self.free:
            # Last in, first out: few busy threads keep their caches warm.
            context = self.idle.pop()
            token = SyncToAsync.thread_sensitive_context.set(context)
            try:
                await self.app(scope, receive, answer.collect)
            finally:
                SyncToAsync.thread_sensitive_context.reset(token)
                self.idle.append(context)
        for event in answer.events:
            await send(event)


class _BufferedResponse:
    """Keeps an answer until its thread is free: a client may read it slowly."""

    def __init__(self) -> None:
        self.events: list[ASGISendEvent] = []

    async def collect(self, event: ASGISendEvent) -> None:
        self.events.append(event)
