"""Measures the way from this machine to a server, as a browser would use it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import urlsplit
from urllib.request import (
    HTTPErrorProcessor,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Origin, Subprotocol

from live.doctor.facts import Facts, Redirect, Silence, Socket
from live.doctor.pieces import PIECES_PATH
from live.doctor.reasons import reason_of
from live.noop import noop
from live.protocol import frames
from live.protocol.frames import CloseCode
from live.protocol.received import ConnectionResponse
from live.terminal.server_access import is_on_this_machine

TIMEOUT = 10.0
"""Seconds for each request and each handshake."""
PINGS = 5
ATTEMPTS = 5
"""Requests for the handshake of a probe: any process may answer, and one knows it."""
SILENCE_MARGIN = 10.0
"""Seconds that the last message of a silent socket may be late."""
CONNECTION_PATH = "/api/live/connection/"
COOKIE = "trolley_doctor=1"
MAX_BODY = 100_000
DEFAULT_PORTS = (None, 80, 443)


class _EveryStatus(HTTPErrorProcessor):
    """Returns every response, redirects too."""

    def http_response(self, request: Request, response: Any) -> Any:
        """Return the response as it is."""
        return response

    https_response = http_response


class Way:
    """The way to the server at an address such as `https://list.example.org`."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        silence: float = 0.0,
        on_silence: Callable[[], object] = noop,
    ) -> None:
        """`silence` is how many seconds a socket is silent; 0 leaves that check out.

        `on_silence` is called when it begins.
        """
        parts = urlsplit(url)
        self.scheme, self.host, self._port = parts.scheme, parts.netloc, parts.port
        self._name = parts.hostname or ""
        self._token, self._silence, self._on_silence = token, silence, on_silence
        self._is_local = is_on_this_machine(url)
        handlers: list[Any] = [_EveryStatus, *([ProxyHandler({})] if self._is_local else [])]
        self._opener: OpenerDirector = build_opener(*handlers)

    async def measure(self) -> Facts:
        """Return the facts. Nothing that fails on the way raises."""
        facts = await asyncio.to_thread(self._requests)
        if facts.answer is None:
            return facts
        probe = secrets.token_hex(16)
        opened, is_welcome, round_trips = await self._socket(probe)
        handshake = await asyncio.to_thread(self._handshake, probe)
        silence = await self._silent_socket() if opened.is_open and self._silence else None
        return msgspec.structs.replace(
            facts,
            socket=opened,
            is_welcome=is_welcome,
            round_trips_ms=round_trips,
            handshake=handshake,
            silence=silence,
        )

    async def measure_answer(self) -> ConnectionResponse | None:
        """Return what the server says of a request, None if no Trolley answers."""
        try:
            status, _, body = await asyncio.to_thread(self._get, CONNECTION_PATH)
        except (OSError, HTTPException):
            return None
        return _answer(body) if status == 200 else None

    # Requests.

    def _requests(self) -> Facts:
        facts = Facts(scheme=self.scheme, host=self.host, has_credential=self._token is not None)
        asked_at = time.time()
        try:
            status, headers, body = self._get(CONNECTION_PATH)
        except (OSError, HTTPException) as error:
            return msgspec.structs.replace(facts, page_error=reason_of(error))
        middle = (asked_at + time.time()) / 2
        answer = _answer(body) if status == 200 else None
        facts = msgspec.structs.replace(
            facts, page_status=status, proxy=headers.get("Server"), answer=answer
        )
        if answer is None:
            return facts
        return msgspec.structs.replace(
            facts,
            clock_offset=middle - datetime.fromisoformat(answer.time).timestamp(),
            redirect=self._redirect(),
            piece_times_ms=self._piece_times(),
        )

    def _get(self, path: str, *, scheme: str | None = None) -> tuple[int, HTTPMessage, bytes]:
        with self._open(path, scheme=scheme) as response:
            return response.status, response.headers, response.read(MAX_BODY)

    @contextmanager
    def _open(self, path: str, *, scheme: str | None = None) -> Iterator[Any]:
        url = f"{scheme or self.scheme}://{self.host}{path}"
        with self._opener.open(Request(url, headers=self._headers()), timeout=TIMEOUT) as response:  # noqa: S310  (the scheme is http or https)
            yield response

    def _headers(self) -> dict[str, str]:
        headers = {"Cookie": COOKIE, "User-Agent": "trolley-doctor"}
        return headers if self._token is None else headers | self._authorization()

    def _authorization(self) -> dict[str, str]:
        return {} if self._token is None else {"Authorization": f"Bearer {self._token}"}

    def _redirect(self) -> Redirect | None:
        """Ask with http; another port than 443 does not tell where http is."""
        if self.scheme != "https" or self._port not in DEFAULT_PORTS:
            return None
        try:
            status, headers, _ = self._get("/", scheme="http")
        except (OSError, HTTPException):
            return None
        return Redirect(status, headers.get("Location"))

    def _piece_times(self) -> list[float]:
        """Return when each piece arrived, in ms after the first one; none if it failed."""
        times: list[float] = []
        try:
            with self._open(PIECES_PATH) as response:
                body: IO[bytes] = response
                while response.status == 200 and body.read1(100):  # type: ignore[attr-defined]
                    times.append(time.monotonic() * 1000)
        except (OSError, HTTPException):
            return []
        return [at - times[0] for at in times]

    def _handshake(self, probe: str) -> Any:
        for _ in range(ATTEMPTS):
            try:
                status, _, body = self._get(f"{CONNECTION_PATH}?probe={probe}")
            except (OSError, HTTPException):
                continue
            answer = _answer(body) if status == 200 else None
            if answer is not None and answer.handshake is not None:
                return answer.handshake
        return None

    # Sockets.

    def _connect(self, path: str) -> connect:
        scheme = "wss" if self.scheme == "https" else "ws"
        return connect(
            f"{scheme}://{self.host}{path}",
            origin=Origin(f"{self.scheme}://{self.host}"),
            additional_headers=self._headers(),
            subprotocols=[Subprotocol(frames.SUBPROTOCOL)],
            compression=None,
            open_timeout=TIMEOUT,
            ping_interval=None,
            proxy=None if self._is_local else True,
        )

    async def _socket(self, probe: str) -> tuple[Socket, bool, list[float]]:
        """Open a socket; return how that went, whether it knew the user, and its round trips."""
        is_welcome, round_trips = False, list[float]()
        try:
            async with self._connect(f"/ws/?probe={probe}") as opened:
                try:
                    is_welcome = self._token is not None and await _is_welcome(opened)
                    for number in range(PINGS):
                        round_trips.append(await _round_trip(opened, number))
                except (ConnectionClosed, TimeoutError):
                    # A socket without a user is closed after some seconds: on a slow way
                    # before the last ping.
                    return Socket(is_open=True), is_welcome, round_trips
        except InvalidStatus as refused:
            return Socket(is_open=False, status=refused.response.status_code), False, []
        except (OSError, InvalidHandshake, EOFError) as error:
            return Socket(is_open=False, error=reason_of(error)), False, []
        return Socket(is_open=True), is_welcome, round_trips

    async def _silent_socket(self) -> Silence | None:
        asked = self._silence
        self._on_silence()
        try:
            async with self._connect(f"/ws/silence/?seconds={asked:g}") as opened:
                return await _silence(opened, asked)
        except (OSError, InvalidHandshake, EOFError):
            return None


async def _is_welcome(opened: ClientConnection) -> bool:
    async with asyncio.timeout(TIMEOUT):
        first = str(await opened.recv()).partition("\n")[0]
    return bool(msgspec.json.decode(first)["type"] == "welcome")


async def _round_trip(opened: ClientConnection, number: int) -> float:
    """Return the milliseconds until a ping is answered; a socket without a user gets an error."""
    sent_at = time.monotonic()
    await opened.send(f'{{"type":"ping","id":{number}}}')
    async with asyncio.timeout(TIMEOUT):
        while True:
            lines = str(await opened.recv()).split("\n")
            if any(msgspec.json.decode(line).get("id") == number for line in lines):
                return (time.monotonic() - sent_at) * 1000


async def _silence(opened: ClientConnection, asked: float) -> Silence:
    is_silent = False
    since = time.monotonic()
    try:
        async with asyncio.timeout(asked + SILENCE_MARGIN):
            is_silent = bool(msgspec.json.decode(await opened.recv())["is_silent"])
            since = time.monotonic()
            await opened.recv()
    except (ConnectionClosed, TimeoutError) as ended:
        lasted = min(time.monotonic() - since, asked)
        closed = ended.rcvd if isinstance(ended, ConnectionClosed) else None
        is_refused = closed is not None and closed.code == CloseCode.OVERLOADED
        return Silence(
            asked=asked, lasted=lasted, is_closed=True, is_silent=is_silent, is_refused=is_refused
        )
    return Silence(asked=asked, lasted=asked, is_closed=False, is_silent=is_silent)


def _answer(body: bytes) -> ConnectionResponse | None:
    """Return what the server said, None if it is no Trolley."""
    try:
        answer = msgspec.json.decode(body, type=ConnectionResponse)
    except msgspec.MsgspecError:
        return None
    return answer if answer.service == "trolley" else None
