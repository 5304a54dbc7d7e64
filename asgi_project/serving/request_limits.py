"""What one connection may send, and until when. docs/security.md has the table of all limits.

This module decides and does no I/O. Both servers ask it (http_protocol.py for uvicorn,
daphne_http.py for daphne). Times are seconds of a clock that the caller reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sized
from enum import Enum, auto

MAX_HEAD_BYTES = 32 * 1024
"""Length of the request line and all headers; also of the trailers of a chunked body."""
MAX_ADDRESS_BYTES = 8 * 1024
MAX_HEADERS = 200
HEAD_TIMEOUT = 10.0  # s, from the first byte, and for the first byte of a connection
BODY_TIMEOUT = 10.0  # s, and in addition one second for each MIN_RATE bytes received
RESPONSE_TIMEOUT = 10.0  # s, and in addition one second for each MIN_RATE bytes to be read
MIN_RATE = 16 * 1024  # bytes/s
# Usual proxies close an idle connection after 60 s. Ours must not be the first to close:
# the proxy could be sending a request at that moment, and would answer 502.
KEEP_ALIVE_TIMEOUT = 75.0  # s
# A refused client may be sending still. If the connection was closed at once, the kernel
# would discard the response that explains it.
LINGER_TIMEOUT = 2.0  # s
MAX_LINGER_BYTES = 1024 * 1024
HEADER_OVERHEAD = len(": \r\n")
NEVER = float("inf")


class Refusal(Enum):
    """Why a request or a connection is refused before the application sees it."""

    TIMED_OUT = auto()
    ADDRESS_TOO_LONG = auto()
    HEADERS_TOO_LONG = auto()
    BODY_TOO_LARGE = auto()
    BUSY = auto()


class Phase(Enum):
    """What a connection is to send next."""

    FIRST_BYTE = auto()
    """Nothing has arrived yet."""
    HEAD = auto()
    BODY = auto()
    COMPLETE = auto()
    """The request has arrived. The server closes an idle connection by its own timer."""
    REFUSED = auto()
    """What arrives is discarded."""


FIRST_BYTE, HEAD, BODY = Phase.FIRST_BYTE, Phase.HEAD, Phase.BODY
COMPLETE, REFUSED = Phase.COMPLETE, Phase.REFUSED


class RequestProgress:
    """How much of its current request a connection has sent, and since when."""

    __slots__ = (
        "_received",
        "_response_deadline",
        "_since",
        "_without_body",
        "body_bytes",
        "phase",
    )

    def __init__(self, now: float) -> None:
        self.phase = FIRST_BYTE
        self.body_bytes = 0
        self._since = now
        self._received = 0
        self._without_body = 0
        self._response_deadline = NEVER

    def on_data(self, length: int, now: float) -> None:
        """Count bytes that have arrived, before they are parsed."""
        if self.phase is FIRST_BYTE or self.phase is COMPLETE:
            self._begin_head(now)
        self._received += length
        self._without_body += length

    def on_pipelined_head(self, length: int, now: float) -> None:
        """Begin the next request, which arrived together with the end of another one.

        `length` is that of all that arrived, so `head_refusal` counts exactly.
        """
        self._begin_head(now)
        self._received = length

    def on_head_complete(self, now: float) -> None:
        """Expect a body."""
        self.phase = BODY
        self._since = now

    def on_body(self, length: int) -> None:
        """Count bytes of the body itself, without the framing of its chunks."""
        self.body_bytes += length
        self._without_body = 0

    def on_request_complete(self) -> None:
        """Stop all deadlines until the next request begins."""
        self.phase = COMPLETE

    def on_refused(self, now: float) -> None:
        """Discard what arrives from now on."""
        self.phase = REFUSED
        self._since = now
        self._received = 0

    def on_response_waiting(self, length: int, now: float) -> None:
        """Expect the client to read these bytes of a response, more than the kernel takes."""
        self._response_deadline = now + RESPONSE_TIMEOUT + length / MIN_RATE

    def on_response_read(self) -> None:
        """Stop the deadline of a response."""
        self._response_deadline = NEVER

    def is_response_late(self, now: float) -> bool:
        """Tell whether the client reads its response too slowly."""
        return now > self._response_deadline

    def is_blank_between_requests(self, data: bytes) -> bool:
        """Tell whether these are line breaks before a request, which begin none."""
        is_between = self.phase is COMPLETE or self.phase is FIRST_BYTE
        return is_between and data[:1] in b"\r\n" and not data.strip(b"\r\n")

    def is_late(self, now: float) -> bool:
        """Tell whether the deadline of this phase has passed."""
        return now - self._since > self._timeout() or self.is_response_late(now)

    def head_refusal(
        self, address: Sized, headers: Iterable[tuple[bytes, bytes]] = (), count: int = 0
    ) -> Refusal | None:
        """Return why a head, complete or not, may not go on."""
        if len(address) > MAX_ADDRESS_BYTES:
            return Refusal.ADDRESS_TOO_LONG
        if count > MAX_HEADERS:
            return Refusal.HEADERS_TOO_LONG
        if self._received <= MAX_HEAD_BYTES:
            return None
        # What arrived may contain the body too, so the head is measured.
        lengths = (len(name) + len(value) + HEADER_OVERHEAD for name, value in headers)
        exceeds = len(address) + sum(lengths) > MAX_HEAD_BYTES
        return Refusal.HEADERS_TOO_LONG if exceeds else None

    def excess(self, address: Sized) -> Refusal | None:
        """Return why the rest of an unfinished request may not be awaited.

        The bytes of a chunked body that belong to no chunk are trailers or extensions.
        """
        if self.phase is HEAD and self._received > MAX_HEAD_BYTES:
            return self.head_refusal(address) or Refusal.HEADERS_TOO_LONG
        if self.phase is HEAD:
            return self.head_refusal(address)
        if self.phase is BODY and self._without_body > MAX_HEAD_BYTES:
            return Refusal.HEADERS_TOO_LONG
        return None

    def has_lingered(self) -> bool:
        """Tell whether a refused client has sent more than it is worth to discard."""
        return self.phase is REFUSED and self._received > MAX_LINGER_BYTES

    def _begin_head(self, now: float) -> None:
        self.phase = HEAD
        self.body_bytes = self._received = self._without_body = 0
        self._since = now

    def _timeout(self) -> float:
        match self.phase:
            case Phase.FIRST_BYTE | Phase.HEAD:
                return HEAD_TIMEOUT
            case Phase.BODY:
                return BODY_TIMEOUT + self.body_bytes / MIN_RATE
            case Phase.REFUSED:
                return LINGER_TIMEOUT
            case Phase.COMPLETE:
                return NEVER
