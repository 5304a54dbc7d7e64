"""Requests that cost much wait in a bounded queue of their own, and others never wait for them."""

from __future__ import annotations

from collections.abc import Callable

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from asgi_project.middleware.problem_sender import send_problem

RETRY_AFTER = 2  # s; a full queue is empty in less than that


class BoundedQueueMiddleware:
    """Passes the requests that `is_costly` selects to an app with threads of its own.

    `is_costly` gets the method and the path. At most `max_requests` of them are in
    `costly_app`, at work or waiting for a thread; it rejects further ones with a 429.
    """

    def __init__(
        self,
        app: ASGI3Application,
        costly_app: ASGI3Application,
        *,
        is_costly: Callable[[str, str], bool],
        max_requests: int,
    ) -> None:
        self.app = app
        self.costly_app = costly_app
        self.is_costly = is_costly
        self.max_requests = max_requests
        self.request_count = 0

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle a request, or respond with 429."""
        if scope["type"] != "http" or not self.is_costly(scope["method"], scope["path"]):
            await self.app(scope, receive, send)
        elif self.request_count >= self.max_requests:
            detail = "Too many sign-ins at this moment. Try again in a few seconds."
            await send_problem(send, 429, "busy", detail, {"Retry-After": str(RETRY_AFTER)})
        else:
            await self._handle_costly(scope, receive, send)

    async def _handle_costly(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        self.request_count += 1
        try:
            await self.costly_app(scope, receive, send)
        finally:
            self.request_count -= 1
