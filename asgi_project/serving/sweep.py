"""The connection table of a process, and the timer that closes what is late in it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol, cast

import structlog
from django.conf import settings

from asgi_project.serving import descriptors
from asgi_project.serving.connection_table import ConnectionTable
from asgi_project.serving.peers import network_of_peers
from asgi_project.serving.time_scale import scaled

if TYPE_CHECKING:

    class Closable(Protocol):
        """A connection that knows how to end a late request."""

        def on_late(self) -> None:
            """Refuse the request, or close the connection."""


log = structlog.get_logger(__name__)

SWEEP_INTERVAL = 1.0  # s
REFUSAL_LOG_INTERVAL = 60.0  # s


def new_table() -> ConnectionTable:
    """Return the table of this process, for as many descriptors as the system allows.

    Its clock counts seconds of the product, which tests run faster.
    """
    scale = scaled(1.0)
    return ConnectionTable(
        lambda: time.monotonic() / scale,
        max_per_network=settings.CONNECTIONS_PER_ADDRESS,
        max_descriptor=descriptors.max_client_descriptor(descriptors.raise_limit()),
        network_of=network_of_peers(settings.TRUSTED_PROXIES),
    )


def start_sweeping(table: ConnectionTable, loop: asyncio.AbstractEventLoop) -> None:
    """Close late connections every second, by one timer for all of them."""
    logged_count, logged_at = 0, -REFUSAL_LOG_INTERVAL

    def sweep() -> None:
        nonlocal logged_count, logged_at
        loop.call_later(scaled(SWEEP_INTERVAL), sweep)
        for connection in table.late():
            cast("Closable", connection).on_late()
        new_refusals = table.refused_count - logged_count
        if new_refusals and table.now() - logged_at >= REFUSAL_LOG_INTERVAL:
            log.warning("connections refused", count=new_refusals, open=len(table))
            logged_count, logged_at = table.refused_count, table.now()

    sweep()
