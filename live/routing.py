"""The WebSocket URLs, as one ASGI application: `websocket_application`."""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter  # type: ignore[import-untyped]
from django.urls import path, re_path

from live.consumers import LiveConsumer, Receive, Send
from live.doctor.silent_socket import silent_socket
from rest.converters import ID


async def reject_unknown_path(_scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Refuse the handshake of an unknown path: the server answers with 403."""
    await receive()
    await send({"type": "websocket.close"})


websocket_application = URLRouter(
    [
        path("ws/", LiveConsumer.as_asgi()),
        path("ws/silence/", silent_socket),  # type: ignore[arg-type]
        path(f"ws/lists/<{ID}:list_id>/", LiveConsumer.as_asgi()),
        re_path("", reject_unknown_path),  # type: ignore[arg-type]
    ]
)
