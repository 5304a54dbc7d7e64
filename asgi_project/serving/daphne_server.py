"""Daphne, extended by the lifespan, back pressure and sent messages over 64 KiB."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import structlog
from daphne import server, ws_protocol
from daphne.server import reactor, twisted_loop
from twisted.internet.defer import Deferred

from asgi_project.serving import lifespan, stop_signals
from asgi_project.serving.connection_table import ConnectionTable
from asgi_project.serving.daphne_http import LimitedFactory
from asgi_project.serving.sweep import start_sweeping
from rest import body_limits

log = structlog.get_logger(__name__)


class BackpressureProtocol(ws_protocol.WebSocketProtocol):  # type: ignore[misc]
    """Knows whether its peer reads what was sent, and limits only received messages."""

    maxMessagePayloadSize: int  # noqa: N815  (names of autobahn and Twisted)

    def connectionMade(self) -> None:  # noqa: N802
        """Register as the producer that the transport pauses when its buffer is full."""
        self.writable = asyncio.Event()
        self.writable.set()
        # The HTTP channel of the upgrade is still registered here.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, streaming=True)
        super().connectionMade()
        # Close after an invalid message with a code, instead of cutting the connection.
        self.failByDrop = False

    def sendMessage(self, *args: Any, **kwargs: Any) -> None:  # noqa: N802
        """Send a message of any length: autobahn has one limit for both directions."""
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(*args, **kwargs)
        finally:
            self.maxMessagePayloadSize = limit

    def pauseProducing(self) -> None:  # noqa: N802
        """React to a full buffer: the peer does not keep up."""
        self.writable.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        """React to an empty buffer."""
        self.writable.set()

    def stopProducing(self) -> None:  # noqa: N802
        """React to the end of sending."""
        self.writable.set()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Release the tasks that wait to send."""
        self.writable.set()
        super().connectionLost(reason)


class Server(server.Server):  # type: ignore[misc]
    """Runs the lifespan, limits connections, and makes `send` wait until the peer reads."""

    def __init__(self, application: Any, table: ConnectionTable, **options: Any) -> None:
        super().__init__(application, **options)
        self.table = table

    def run(self) -> None:
        """Serve until a signal stops the reactor."""
        limit_for = body_limits.limit_for_request
        server.HTTPFactory = partial(LimitedFactory, self.table, limit_for)
        stop_signals.handle_signals(lambda: reactor.callFromThread(self.stop))
        ws_protocol.WebSocketFactory.protocol = BackpressureProtocol
        reactor.callWhenRunning(self._start)
        super().run()

    async def handle_reply(self, protocol: Any, message: Any) -> None:
        """Send, and return when the buffer has room again: daphne itself never waits."""
        await super().handle_reply(protocol, message)
        if isinstance(protocol, BackpressureProtocol):
            await protocol.writable.wait()

    def kill_all_applications(self) -> Any:
        """Stop the live runtime before daphne cancels the applications that still run."""
        shutdown = Deferred.fromFuture(
            asyncio.ensure_future(lifespan.shutdown(), loop=twisted_loop)
        )
        return shutdown.addBoth(lambda _: super(Server, self).kill_all_applications())

    def _start(self) -> None:
        start_sweeping(self.table, twisted_loop)
        starting = asyncio.ensure_future(lifespan.startup(), loop=twisted_loop)
        starting.add_done_callback(_stop_if_failed)


def _stop_if_failed(starting: asyncio.Future[None]) -> None:
    if error := starting.exception():
        log.error("startup failed", exc_info=error)
        reactor.stop()
