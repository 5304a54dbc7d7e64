"""Django's request handler on a pool of permanent threads, each with its database connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from asgiref.sync import sync_to_async
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import HttpResponseBase
from django.urls import set_script_prefix

from asgi_project.middleware.problem_sender import send_problem
from asgi_project.serving import repeated_reads
from asgi_project.serving.request_slots import BusyError, RequestSlots, Slot, acquire
from rest.throttles import SCOPE_KEY, RequestCharge

if TYPE_CHECKING:
    from asgiref.typing import ASGISendCallable

Event = Mapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

BUSY_RETRY_DELAY = 1
"""Seconds after which a client may retry of which too many requests wait."""


class ThreadedHandler(ASGIHandler):
    """Runs each request on one of a few permanent threads; further requests wait.

    A client that has several at work waits while others have their turn, and a request
    whose client disconnects while it waits is dropped (request_slots.py).

    Django's ASGI handler creates a thread for every request, and with it a new database
    connection. It also goes back and forth between that thread and the event loop: for
    the signals, around the view, to close the response. Our middleware and nearly all
    views are synchronous, so here a request changes to its thread and back once.
    """

    def __init__(self, threads: int, name: str = "request") -> None:
        super().__init__()
        self._slots = RequestSlots(threads)
        self.executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        # Not `run_in_executor`: with asgiref, asynchronous views run on the server's event loop.
        self._run_in_thread = sync_to_async(
            self._respond_in_slot, thread_sensitive=False, executor=self.executor
        )

    def load_middleware(self, is_async: bool = False) -> None:
        """Load the middleware as for WSGI."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Handle one request.

        The thread is free before the response is sent, because a client may read slowly.
        """
        try:
            body = await self.read_body(receive)
            events = await self._respond_in_turn(scope, body, receive)
        except RequestAborted:
            return
        except BusyError:
            await send_problem(
                cast("ASGISendCallable", send),
                *(429, "busy", "Too many of your requests are waiting."),
                {"Retry-After": str(BUSY_RETRY_DELAY)},
            )
            return
        for event in events:
            await send(event)

    async def read_body(self, receive: Receive) -> BytesIO:
        """Return the body. BodyLimitMiddleware limits its length. Raises RequestAborted."""
        body, more = BytesIO(), True
        while more:
            event = await receive()
            if event["type"] != "http.request":
                raise RequestAborted
            body.write(event.get("body", b""))
            more = event.get("more_body", False)
        body.seek(0)
        return body

    async def _respond_in_turn(
        self, scope: dict[str, Any], body: BytesIO, receive: Receive
    ) -> list[Event]:
        """Wait for a slot, then respond. Raises BusyError and RequestAborted."""
        charge: RequestCharge | None = scope.get(SCOPE_KEY)
        key = "" if charge is None else charge.key
        slot = await acquire(self._slots, key, receive, body.getbuffer().nbytes)
        if slot is None:
            raise RequestAborted
        try:
            return await self._run_in_thread(slot, scope, body)
        except asyncio.CancelledError:
            if not slot.is_started:
                slot.release()
            raise

    def _respond_in_slot(self, slot: Slot, scope: dict[str, Any], body: BytesIO) -> list[Event]:
        slot.is_started = True
        try:
            return self._respond(scope, body)
        finally:
            slot.release_from_thread()

    def _respond(self, scope: dict[str, Any], body: BytesIO) -> list[Event]:
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=self.__class__, scope=scope)
        response = self._response(scope, body)
        try:
            return _events(response)
        finally:
            # Sends `request_finished` from this thread, for its database connection.
            response.close()

    def _response(self, scope: dict[str, Any], body: BytesIO) -> Any:
        request: Any
        request, error = self.create_request(scope, body)
        if request is None:
            return error
        response: Any = self.get_response(request)
        if repeated_reads.is_due(request):
            close_old_connections()
            body.seek(0)
            request, _ = self.create_request(scope, body)
            response = self.get_response(request)
        return response


def _events(response: Any) -> list[Event]:
    """Return the whole response as ASGI events; a response that streams is read to its end."""
    content = b"".join(response) if response.streaming else response.content
    return [
        {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": _headers(response),
        },
        {"type": "http.response.body", "body": content},
    ]


def _headers(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    cookies = (cookie.output(header="") for cookie in response.cookies.values())
    return headers + [(b"Set-Cookie", cookie.strip().encode("ascii")) for cookie in cookies]
