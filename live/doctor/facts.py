"""What was measured on the way to a server. The values are plain, so that tests can write them.

None means: not measured. The page measures the same facts in the browser
(frontend/src/stores/doctor-facts.ts).
"""

from __future__ import annotations

import msgspec

from live.protocol.received import ConnectionResponse, ProbedHandshake


class Redirect(msgspec.Struct, frozen=True):
    """The answer to a request with http."""

    status: int
    location: str | None


class Socket(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to open the socket with the Origin of the address.

    `status` is the HTTP status that came in place of the socket, None where it is not known.
    """

    is_open: bool
    status: int | None = None
    error: str | None = None


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """A socket on which nothing was sent, in seconds.

    `is_silent` tells whether the server left out its pings.
    """

    asked: float
    lasted: float
    is_closed: bool
    is_silent: bool
    is_refused: bool = False


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The way from a client to a server.

    `clock_offset` is the clock of this device minus that of the server, in seconds.
    `is_welcome` tells whether the socket knew its user. `proxy` is the header `Server`.
    """

    scheme: str
    host: str
    page_status: int | None = None
    page_error: str | None = None
    proxy: str | None = None
    answer: ConnectionResponse | None = None
    redirect: Redirect | None = None
    socket: Socket | None = None
    handshake: ProbedHandshake | None = None
    has_credential: bool = False
    is_welcome: bool = False
    round_trips_ms: list[float] = []
    piece_times_ms: list[float] = []
    silence: Silence | None = None
    silence_seconds: float = 70.0
    clock_offset: float | None = None

    @property
    def origin(self) -> str:
        """The origin of the pages at this address."""
        return f"{self.scheme}://{self.host}"
