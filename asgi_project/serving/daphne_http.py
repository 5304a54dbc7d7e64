"""Daphne's HTTP connections and requests, with the limits of http_protocol.py.

No body is written to a temporary file: it is refused before, or it fits in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from daphne import http_protocol
from twisted.web import http

from asgi_project.serving.connection_table import ConnectionTable
from asgi_project.serving.refusals import refusal_bytes
from asgi_project.serving.request_limits import (
    BODY,
    COMPLETE,
    FIRST_BYTE,
    KEEP_ALIVE_TIMEOUT,
    MAX_ADDRESS_BYTES,
    MAX_HEAD_BYTES,
    REFUSED,
    Refusal,
    RequestProgress,
)
from asgi_project.serving.time_scale import scaled

Headers = list[tuple[bytes, bytes]]
LimitFor = Callable[[str, Headers], int]
UNLIMITED = 2**31


class LimitedRequest(http_protocol.WebRequest):  # type: ignore[misc]
    """One request, whose body stays in memory."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Twisted would parse forms that only the application may parse.
        self._parsePOSTFormSubmission = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        """Prepare for the body, which the connection has accepted."""
        self.content = BytesIO()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Keep a part of the body, if the connection may."""
        if self.channel.accepts_body(len(data)):
            super().handleContentChunk(data)

    def process(self) -> None:
        """Call the application. An upgrade is taken from a GET only, as on uvicorn."""
        channel = self.channel
        if self.method != b"GET":
            self.requestHeaders.removeHeader(b"Upgrade")
        super().process()
        if self.transport is None:  # daphne passed it on to the WebSocket
            channel.table.discard(channel)


class LimitedChannel(http.HTTPChannel):  # type: ignore[misc]
    """One HTTP connection. It asks RequestProgress and ConnectionTable what may go on."""

    # Twisted answers 400 to what exceeds its own limits; ours are checked first.
    MAX_LENGTH = MAX_HEAD_BYTES
    totalHeadersSize = maxHeaders = UNLIMITED  # noqa: N815
    network: str | None = None
    held_bytes = 0
    factory: LimitedFactory
    progress: RequestProgress

    @property
    def table(self) -> ConnectionTable:
        """The connections of this process."""
        return self.factory.table

    def connectionMade(self) -> None:  # noqa: N802
        """Refuse the connection if there are too many."""
        super().connectionMade()
        self.progress = RequestProgress(self.table.now())
        host = getattr(self.transport.getPeer(), "host", None)
        if not self.table.admit(self, host=host, descriptor=self.transport.fileno()):
            self.progress.on_refused(self.table.now())
            self.transport.write(refusal_bytes(Refusal.BUSY))
            self.loseConnection()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Leave the table."""
        self.table.discard(self)
        super().connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Parse what arrived, and refuse the request if it exceeds a limit."""
        progress = self.progress
        if self._handlingRequest:  # Twisted calls this method again after the response
            super().dataReceived(data)
            return
        if progress.is_blank_between_requests(data):
            return
        progress.on_data(len(data), self.table.now())
        if progress.phase is REFUSED:
            self._discard_data()
            return
        super().dataReceived(data)
        if refusal := progress.excess(self._address()):
            self.refuse(refusal)

    def is_idle(self) -> bool:
        """Tell whether the connection waits for a request and has answered all others."""
        return self.progress.phase is COMPLETE and not self._handlingRequest

    def close_idle(self) -> None:
        """Close the idle connection, also if the client has not read its last response."""
        self.transport.abortConnection()

    def on_late(self) -> None:
        """Close the connection, which missed a deadline, unless we were not reading."""
        phase = self.progress.phase
        if self.progress.is_response_late(self.table.now()) or phase is REFUSED:
            self.transport.abortConnection()
        elif phase is FIRST_BYTE:
            self.loseConnection()
        elif not self._waitingForTransport:
            self.refuse(Refusal.TIMED_OUT)

    def refuse(self, refusal: Refusal) -> None:
        """Answer the request that is arriving, and close the connection."""
        self.progress.on_refused(self.table.now())
        self.table.release(self)
        self.setTimeout(None)
        self.transport.write(refusal_bytes(refusal))
        self._networkProducer.unregisterProducer()
        self.transport.loseWriteConnection()

    def pauseProducing(self) -> None:  # noqa: N802
        """Expect the client to read what is waiting."""
        super().pauseProducing()
        length = len(self.transport.dataBuffer) + self.transport._tempDataLen
        self.progress.on_response_waiting(length, self.table.now())

    def resumeProducing(self) -> None:  # noqa: N802
        """Stop the deadline of the response."""
        super().resumeProducing()
        self.progress.on_response_read()

    def accepts_body(self, length: int) -> bool:
        """Count a part of the body, and refuse the request if there is too much."""
        if self.progress.phase is not BODY:
            return False
        self.progress.on_body(length)
        if self.progress.body_bytes > self._body_limit:
            self.refuse(Refusal.BODY_TOO_LARGE)
        elif not self.table.hold(self, length):
            self.refuse(Refusal.BUSY)
        return bool(self.progress.phase is BODY)

    # What Twisted calls while it parses. After a refusal the rest is ignored.

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        """Parse a line of a head."""
        if self.progress.phase is REFUSED:
            return
        if self.progress.phase is COMPLETE:
            length = len(line) + len(self._buffer)
            self.progress.on_pipelined_head(length, self.table.now())
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802
        """Refuse a head with a line that is too long by itself."""
        is_address = not hasattr(self, "_command")
        long_address, long_headers = Refusal.ADDRESS_TOO_LONG, Refusal.HEADERS_TOO_LONG
        self.refuse(long_address if is_address else long_headers)

    def allHeadersReceived(self) -> None:  # noqa: N802
        """Refuse the request by its head, or wait for its body."""
        headers = self._headers()
        refusal = self.progress.head_refusal(self._path, headers, len(headers))
        path = unquote(self._path.partition(b"?")[0].decode("latin-1"))
        self._body_limit = self.factory.limit_for(path, headers)
        if refusal is None and (self.length or 0) > self._body_limit:
            refusal = Refusal.BODY_TOO_LARGE
        if refusal is not None:
            self.refuse(refusal)
            return
        self.progress.on_head_complete(self.table.now())
        super().allHeadersReceived()

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        """Parse a part of the body."""
        if self.progress.phase is not REFUSED:
            super().rawDataReceived(data)

    def allContentReceived(self) -> None:  # noqa: N802
        """Stop the deadlines."""
        if self.progress.phase is not REFUSED:
            self.progress.on_request_complete()
            super().allContentReceived()

    def requestDone(self, request: Any) -> None:  # noqa: N802
        """Forget what the request held."""
        self.table.release(self)
        super().requestDone(request)

    def _headers(self) -> Headers:
        raw = self.requests[-1].requestHeaders.getAllRawHeaders()
        return [(name.lower(), value) for name, values in raw for value in values]

    def _address(self) -> bytes:
        """Return the address of the request, or what has arrived of its first line."""
        if hasattr(self, "_path"):
            return bytes(self._path)
        return bytes(self._buffer[: MAX_ADDRESS_BYTES + 1]) if self.line_mode else b""

    def _discard_data(self) -> None:
        if self.progress.has_lingered():
            self.transport.abortConnection()


class LimitedFactory(http_protocol.HTTPFactory):  # type: ignore[misc]
    """Creates the connections of one process."""

    protocol = LimitedChannel

    def __init__(self, table: ConnectionTable, limit_for: LimitFor, server: Any) -> None:
        super().__init__(server)
        self.table = table
        self.limit_for = limit_for
        self.timeOut = scaled(KEEP_ALIVE_TIMEOUT)

    def buildProtocol(self, addr: Any) -> LimitedChannel:  # noqa: N802
        """Return a connection whose requests keep their bodies in memory."""
        channel: LimitedChannel = super().buildProtocol(addr)
        channel.requestFactory = LimitedRequest
        return channel
