"""The addresses of sockets, as one ASGI application: `websocket`."""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter  # type: ignore[import-untyped]
from django.urls import path, re_path

from live.consumers import LiveConsumer, Receive, Send


async def reject_unknown_path(_scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Refuse a handshake for an address that is none: the server answers 403."""
    await receive()
    await send({"type": "websocket.close"})


websocket_application = URLRouter(
    [
        path("ws/", LiveConsumer.as_asgi()),
        path("ws/lists/<uuid:list_id>/", LiveConsumer.as_asgi()),
        re_path("", reject_unknown_path),  # type: ignore[arg-type]
    ]
)
