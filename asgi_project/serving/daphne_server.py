"""Daphne, with what it lacks: lifespan, back pressure, messages over 64 KiB."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from daphne import server, ws_protocol
from daphne.server import reactor, twisted_loop
from twisted.internet.defer import Deferred

from asgi_project.serving import lifespan

log = structlog.get_logger(__name__)


class BackpressureProtocol(ws_protocol.WebSocketProtocol):  # type: ignore[misc]
    """Knows whether its peer takes what is sent, and limits only what comes in."""

    maxMessagePayloadSize: int  # noqa: N815  (autobahn's names, and Twisted's)

    def connectionMade(self) -> None:  # noqa: N802
        """Become the producer that the transport tells when its buffer is full."""
        self.writable = asyncio.Event()
        self.writable.set()
        # The HTTP channel, from which this connection was upgraded, left itself here.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, streaming=True)
        super().connectionMade()
        # What is no message gets a close code, not a connection that is cut.
        self.failByDrop = False

    def sendMessage(self, *args: Any, **kwargs: Any) -> None:  # noqa: N802
        """Send a message of any length: autobahn limits both ways by one setting."""
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(*args, **kwargs)
        finally:
            self.maxMessagePayloadSize = limit

    def pauseProducing(self) -> None:  # noqa: N802
        """Hear that the peer does not keep up."""
        self.writable.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        """Hear that the buffer is empty."""
        self.writable.set()

    def stopProducing(self) -> None:  # noqa: N802
        """Hear that nothing will be sent any more."""
        self.writable.set()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Let go of whoever waits to send."""
        self.writable.set()
        super().connectionLost(reason)


class Server(server.Server):  # type: ignore[misc]
    """Runs our lifespan, and lets a `send` wait for its peer."""

    def run(self) -> None:
        """Serve until a signal stops the reactor."""
        ws_protocol.WebSocketFactory.protocol = BackpressureProtocol
        reactor.callWhenRunning(self._start)
        super().run()

    async def handle_reply(self, protocol: Any, message: Any) -> None:
        """Send, and return once the peer has taken enough: daphne never waits by itself."""
        await super().handle_reply(protocol, message)
        if isinstance(protocol, BackpressureProtocol):
            await protocol.writable.wait()

    def kill_all_applications(self) -> Any:
        """Stop the live runtime before what still runs is cancelled."""
        shutdown = Deferred.fromFuture(
            asyncio.ensure_future(lifespan.shutdown(), loop=twisted_loop)
        )
        return shutdown.addBoth(lambda _: super(Server, self).kill_all_applications())

    def _start(self) -> None:
        starting = asyncio.ensure_future(lifespan.startup(), loop=twisted_loop)
        starting.add_done_callback(_stop_if_failed)


def _stop_if_failed(starting: asyncio.Future[None]) -> None:
    if error := starting.exception():
        log.error("startup failed", exc_info=error)
        reactor.stop()
