"""The addresses of sockets, as one ASGI application: `websocket`."""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter  # type: ignore[import-untyped]
from django.urls import path, re_path

from live.consumers import LiveConsumer, Receive, Send


async def nowhere(_scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Refuse a handshake for an address that is none: the server answers 403."""
    await receive()
    await send({"type": "websocket.close"})


websocket = URLRouter(
    [
        path("ws/", LiveConsumer.as_asgi()),
        path("ws/lists/<uuid:list_id>/", LiveConsumer.as_asgi()),
        re_path("", nowhere),  # type: ignore[arg-type]
    ]
)
