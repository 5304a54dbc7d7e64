"""uvicorn's HTTP protocol with limits for everything that a client sends before it is known."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from asgi_project.serving.refusals import refusal_bytes
from asgi_project.serving.request_limits import (
    BODY,
    COMPLETE,
    FIRST_BYTE,
    HEAD,
    KEEP_ALIVE_TIMEOUT,
    REFUSED,
    Refusal,
    RequestProgress,
)
from asgi_project.serving.time_scale import scaled

if TYPE_CHECKING:
    from asgi_project.serving.connection_table import ConnectionTable

OFFER_TOKENS = (b"upgrade", b"http2-settings")
"""What `Connection` names when an upgrade is offered, to WebSocket, h2c or TLS."""


class LimitedHttpProtocol(HttpToolsProtocol):
    """One HTTP connection. It asks RequestProgress and ConnectionTable what may go on.

    It also ignores an upgrade that it does not take (RFC 9110 7.8): httptools stops to
    parse at every upgrade that a client offers.
    """

    progress: RequestProgress
    network: str | None = None
    held_bytes = 0

    def __init__(self, table: ConnectionTable, **options: Any) -> None:
        super().__init__(**options)
        self.table = table
        self.timeout_keep_alive = scaled(KEEP_ALIVE_TIMEOUT)  # type: ignore[assignment]
        self._read_length = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse the connection if there are too many."""
        super().connection_made(transport)
        self.progress = RequestProgress(self.table.now())
        host = self.client[0] if self.client else None
        descriptor = transport.get_extra_info("socket").fileno()
        if not self.table.admit(self, host=host, descriptor=descriptor):
            self.progress.on_refused(self.table.now())
            transport.write(refusal_bytes(Refusal.BUSY))
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the table."""
        self.table.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, and refuse the request if it exceeds a limit."""
        progress = self.progress
        if progress.is_blank_between_requests(data):
            return
        self._unset_keepalive_if_required()
        self._read_length = len(data)
        progress.on_data(self._read_length, self.table.now())
        if progress.phase is REFUSED:
            self._discard_data()
            return
        try:
            self._feed(data)
        except httptools.HttpParserError:
            message = "Invalid HTTP request received."
            self.logger.warning(message)
            self.send_400_response(message)
            return
        if refusal := progress.excess(self.url):
            self.refuse(refusal)

    def is_idle(self) -> bool:
        """Tell whether the connection waits for a request and has answered all others."""
        has_answered = self.cycle is None or self.cycle.response_complete
        return self.progress.phase is COMPLETE and has_answered

    def close_idle(self) -> None:
        """Close the idle connection, also if the client has not read its last response."""
        self._unset_keepalive_if_required()
        self.transport.abort()

    def on_late(self) -> None:
        """Close the connection, which missed a deadline, unless we were not reading."""
        phase, cycle = self.progress.phase, self.cycle
        if self.progress.is_response_late(self.table.now()):
            self.transport.abort()
        elif phase is REFUSED:
            if cycle is None or cycle.response_complete or cycle.disconnected:
                self.transport.abort()
        elif phase is FIRST_BYTE:
            self.transport.close()
        elif not self.flow.read_paused and not self.transport.is_closing():
            self.refuse(Refusal.TIMED_OUT)

    def refuse(self, refusal: Refusal) -> None:
        """Answer the request that is arriving, and close the connection."""
        is_head = self.progress.phase is not BODY
        self.progress.on_refused(self.table.now())
        self.table.release(self)
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._send_refusal(refusal)
        elif is_head:
            # An earlier request is being answered: its response closes the connection.
            cycle.keep_alive = False
            self.flow.pause_reading()
        elif cycle.response_started or self.pipeline:
            self.transport.close()
        else:
            cycle.disconnected = True
            cycle.message_event.set()
            self._send_refusal(refusal)

    def pause_writing(self) -> None:
        """Expect the client to read what is waiting."""
        super().pause_writing()
        length = self.transport.get_write_buffer_size()
        self.progress.on_response_waiting(length, self.table.now())

    def resume_writing(self) -> None:
        """Stop the deadline of the response."""
        super().resume_writing()
        self.progress.on_response_read()

    def handle_websocket_upgrade(self) -> None:
        """Leave the table: sockets have their own limits."""
        self.table.discard(self)
        super().handle_websocket_upgrade()

    # Callbacks of the parser. After a refusal they ignore the rest of what was read.

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        if self.progress.phase is COMPLETE:
            self.progress.on_pipelined_head(self._read_length, self.table.now())

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header, but no trailer: those would come after all checks of headers."""
        if self.progress.phase is HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the application, or refuse the head."""
        progress = self.progress
        if progress.phase is not HEAD:
            return
        if refusal := progress.head_refusal(self.url, self.headers, len(self.headers)):
            self.refuse(refusal)
        elif not self._ignores_upgrade():
            progress.on_head_complete(self.table.now())
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass on a part of the body, or refuse it because there is too much in all."""
        if self.progress.phase is not BODY:
            return
        self.progress.on_body(len(body))
        if self.table.hold(self, len(body)):
            super().on_body(body)
        else:
            self.refuse(Refusal.BUSY)

    def on_message_complete(self) -> None:
        """Stop the deadlines."""
        if self.progress.phase is BODY:
            self.progress.on_request_complete()
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Forget what the request held."""
        self.table.release(self)
        super().on_response_complete()

    def _feed(self, data: bytes) -> None:
        """Parse `data`. Where an upgrade is ignored, its head is parsed again without it."""
        rest = memoryview(data)
        while rest:
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as upgrade:
                if self.progress.phase is REFUSED or self.parser.get_method() == b"CONNECT":
                    return
                if self._should_upgrade():
                    self.handle_websocket_upgrade()
                    return
                rest = rest[upgrade.args[0] :]
                self._parse_again_without_upgrade()
            else:
                return

    def _parse_again_without_upgrade(self) -> None:
        version, method = self.parser.get_http_version(), self.parser.get_method()
        head = [method, b" ", self.url, b" HTTP/", version.encode(), b"\r\n"]
        for name, value in _without_upgrade(self.headers):
            head += [name, b": ", value, b"\r\n"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"".join([*head, b"\r\n"]))

    def _should_upgrade(self) -> bool:
        """Take the upgrade of a GET to a WebSocket, and no other."""
        return self.parser.get_method() == b"GET" and super()._should_upgrade()

    def _ignores_upgrade(self) -> bool:
        return (
            self.parser.should_upgrade()
            and self.parser.get_method() != b"CONNECT"
            and not self._should_upgrade()
        )

    def _send_refusal(self, refusal: Refusal) -> None:
        """Respond, and discard for a moment what the client is still sending."""
        self.flow.resume_reading()
        self.transport.write(refusal_bytes(refusal))
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _discard_data(self) -> None:
        if self.progress.has_lingered():
            self.transport.abort()


def _without_upgrade(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers without those that offer an upgrade."""
    kept = []
    for name, value in headers:
        if name == b"connection":
            tokens = [token.strip() for token in value.split(b",")]
            hop = [token for token in tokens if token.lower() not in OFFER_TOKENS]
            kept += [(name, b", ".join(hop))] if hop else []
        elif name != b"upgrade":
            kept.append((name, value))
    return kept
