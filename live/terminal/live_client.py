"""A client of the socket that reconnects by the rules of docs/protocol.md."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Protocol

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    WebSocketException,
)
from websockets.typing import Subprotocol

from live.protocol import frames
from live.protocol.frames import CloseCode
from live.terminal.follower import Follower, Frame

BASE_DELAY, MAX_DELAY = 0.5, 30.0
"""Seconds: the first delay before a reconnect, and the longest."""
RECONNECT_CODES = frozenset({1001, 1005, 1006, 1011, 1012, 1013})
ABNORMAL_CLOSURE = 1006
SILENCE = "the server sent nothing"
_REFUSALS: Mapping[int, str] = {
    CloseCode.NOT_SIGNED_IN: "the server does not accept the token",
    CloseCode.REVOKED: "the token was revoked",
}


class Credentials(Protocol):
    """Gives the token with which each connection is opened."""

    is_for_this_machine: bool
    """Whether the server is on this machine, so that no proxy of the environment is used."""

    def token(self) -> str:
        """Return a valid token. It is called in a thread, once for each connection."""


class ConnectionRefusedForGoodError(Exception):
    """The server cannot be used, and trying again would not help. The text says why."""


class _ConnectionLostError(Exception):
    """The connection ended, and the client may connect again."""


def should_reconnect(code: int) -> bool:
    """Tell whether a client connects again after a close code."""
    return code in RECONNECT_CODES or 4000 <= code < 4500


def backoff_delay(failures: int, rng: random.Random) -> float:
    """Return the seconds before the next attempt: full jitter below a limit that doubles."""
    return rng.uniform(0, min(MAX_DELAY, BASE_DELAY * 2 ** min(failures, 16)))


class LiveClient:
    """Passes the frames of a server to a follower, also after restarts and outages.

    Only the first connection must succeed: a wrong address is an error, a restart is none.
    """

    def __init__(
        self, url: str, credentials: Credentials, *, rng: random.Random | None = None
    ) -> None:
        """`url` is the address of `/ws/`."""
        self._url = url
        self._credentials = credentials
        self._rng = rng or random.Random()  # noqa: S311  (spreads clients over time)
        self._was_welcomed = False
        self._failures = 0
        self._retry_in = 0.0

    async def run(self, follower: Follower) -> None:
        """Follow until the task is cancelled.

        Raises ConnectionRefusedForGoodError, and FollowingEndedError of the follower.
        """
        while True:
            self._retry_in = 0.0
            try:
                await self._connection(follower)
            except _ConnectionLostError as lost:
                if not self._was_welcomed:
                    raise ConnectionRefusedForGoodError(f"{self._url}: {lost}") from None
                follower.on_disconnect(str(lost))
            delay = backoff_delay(self._failures, self._rng)
            self._failures += 1
            await asyncio.sleep(max(delay, self._retry_in))

    async def _connection(self, follower: Follower) -> None:
        """Handle one connection to its end. Raises _ConnectionLostError."""
        token = await asyncio.to_thread(self._credentials.token)
        try:
            async with connect(
                self._url,
                additional_headers={"Authorization": f"Bearer {token}"},
                subprotocols=[Subprotocol(frames.SUBPROTOCOL)],
                compression=None,
                max_size=None,
                proxy=None if self._credentials.is_for_this_machine else True,
            ) as socket:
                await self._receive(socket, follower)
        except ConnectionClosed as closed:
            raise self._lost(closed) from None
        except InvalidStatus as error:
            raise self._refused(error.response.status_code) from None
        except TimeoutError:
            raise _ConnectionLostError(SILENCE) from None
        except OSError as error:
            raise _ConnectionLostError(_reason(error)) from None
        except (InvalidHandshake, WebSocketException, EOFError) as error:
            raise _ConnectionLostError(f"it is no server of Trolley ({error})") from None

    async def _receive(self, socket: ClientConnection, follower: Follower) -> None:
        timeout = 2.0 * frames.HEARTBEAT_INTERVAL
        while True:
            async with asyncio.timeout(timeout):
                message = await socket.recv(decode=True)
            for text in str(message).split("\n"):
                frame: Frame = msgspec.json.decode(text)
                self._failures = 0
                if frame["type"] == "welcome":
                    self._was_welcomed = True
                    timeout = 2.0 * frame["heartbeat"]
                    answers = follower.on_welcome(frame)
                else:
                    if frame["type"] == "bye":
                        self._retry_in = frame.get("retry_in") or 0.0
                    answers = follower.on_frame(frame, text)
                for answer in answers:
                    await socket.send(msgspec.json.encode(answer).decode())

    def _lost(self, closed: ConnectionClosed) -> Exception:
        code = closed.rcvd.code if closed.rcvd else ABNORMAL_CLOSURE
        reason = closed.rcvd.reason if closed.rcvd else ""
        text = reason or f"the connection was closed ({code})"
        if should_reconnect(code):
            return _ConnectionLostError(text)
        return ConnectionRefusedForGoodError(f"{self._url}: {_REFUSALS.get(code, text)}")

    def _refused(self, status: int) -> Exception:
        # A proxy answers so while the server behind it restarts.
        if self._was_welcomed and status >= 500:
            return _ConnectionLostError(f"status {status}")
        return ConnectionRefusedForGoodError(
            f"{self._url}: the answer is status {status}, and no WebSocket"
        )


def _reason(error: OSError) -> str:
    """Return why a connection failed, in few words."""
    if isinstance(error, ConnectionRefusedError) or "Connect call failed" in str(error):
        return "nothing answers there"
    return (error.strerror or str(error)).lower()
