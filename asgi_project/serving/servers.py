"""The two servers that can run the application, with the same limits."""

from __future__ import annotations

import asyncio
import math
import socket
from functools import partial
from typing import Any

import uvicorn
from django.conf import settings

from asgi_project.serving import allocator, garbage, lifespan, stop_signals
from asgi_project.serving.connection_table import ConnectionTable
from asgi_project.serving.http_protocol import LimitedHttpProtocol
from asgi_project.serving.sweep import new_table, start_sweeping
from asgi_project.serving.time_scale import scaled
from asgi_project.serving.websocket_protocol import CompactWebSocketProtocol

MAX_MESSAGE_BYTES = 65_536
PING_INTERVAL = PING_TIMEOUT = 20.0  # s
SHUTDOWN_TIMEOUT = 10.0  # s


class _DrainingServer(uvicorn.Server):
    """Lets the live runtime close its sockets before uvicorn closes all connections."""

    def __init__(self, config: uvicorn.Config, table: ConnectionTable) -> None:
        super().__init__(config)
        self.table = table

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to look for connections that are late."""
        await super().startup(sockets)
        start_sweeping(self.table, asyncio.get_running_loop())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain after the last accept and before uvicorn closes every socket with code 1012."""
        for server in self.servers:
            server.close()
        await lifespan.drain()
        await super().shutdown(sockets)


def run_uvicorn(app: Any, listener: socket.socket) -> None:
    """Serve until a signal to stop."""
    table = new_table()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=partial(LimitedHttpProtocol, table),  # type: ignore[arg-type]
        ws=CompactWebSocketProtocol,
        ws_max_size=MAX_MESSAGE_BYTES,
        # Compression costs 35 to 40 KB for each socket and a third more CPU.
        ws_per_message_deflate=False,
        ws_ping_interval=scaled(PING_INTERVAL),
        ws_ping_timeout=scaled(PING_TIMEOUT),
        timeout_graceful_shutdown=math.ceil(scaled(SHUTDOWN_TIMEOUT)),
        lifespan="on",
        log_config=None,
        access_log=settings.ACCESS_LOG,
        # asgi.py handles these headers, for both servers.
        proxy_headers=False,
        server_header=False,
    )
    server = _DrainingServer(config, table)
    # Uvicorn handles two signals only while it serves, and raises them again once it has
    # stopped. Before and after that, a signal must stop the server and not kill it.
    stop_signals.handle_signals(lambda: setattr(server, "should_exit", True))
    garbage.settle()
    allocator.settle()
    server.run(sockets=[listener])
    if not server.started and not server.should_exit:
        raise SystemExit(3)


def run_daphne(app: Any, listener: socket.socket) -> None:
    """Serve until a signal to stop."""
    # The import installs Twisted's reactor.
    from asgi_project.serving import daphne_server  # noqa: PLC0415

    garbage.settle()
    allocator.settle()
    daphne_server.Server(
        app,
        new_table(),
        # Twisted duplicates the descriptor and closes this one.
        endpoints=[f"fd:fileno={listener.detach()}"],
        ping_interval=scaled(PING_INTERVAL),
        ping_timeout=scaled(PING_TIMEOUT),
        websocket_timeout=-1,
        websocket_max_message_size=MAX_MESSAGE_BYTES,
        websocket_max_frame_size=MAX_MESSAGE_BYTES,
        application_close_timeout=scaled(SHUTDOWN_TIMEOUT),
        server_name="",
    ).run()


SERVERS = {"uvicorn": run_uvicorn, "daphne": run_daphne}
