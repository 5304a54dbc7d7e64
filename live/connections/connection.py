"""One socket as the rest of the process sees it: who it is, what it follows, how to tell it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from uuid import UUID

import msgspec

from live.connections.identity import Identity
from live.connections.socket_writer import Send, SocketWriter
from live.connections.state_machine import ConnectionState
from live.delivery import send_queue
from live.delivery.send_queue import Batch
from live.protocol import frames
from live.protocol.frames import CloseCode
from shopping_list.rows import encode


class Connection:
    """Holds the parts of one socket together. It decides nothing about lists.

    `proving` is true while a session or token is being looked up: the time to
    show one is over then only for those who showed none, however slow the
    database. `following` maps each topic to the version at which this socket joined it
    (0 where there are none); `left` is called with each topic that it leaves,
    `lagged` when it reads again and misses something.
    """

    __slots__ = (
        "_finish",
        "authenticating",
        "closing",
        "expires",
        "id",
        "identity",
        "on_lagging",
        "on_unsubscribe",
        "opened",
        "resync",
        "session",
        "subscriptions",
        "writer",
    )

    def __init__(self, send: Send, *, finish: Callable[[], object]) -> None:
        self.id = f"c_{secrets.token_urlsafe(9)}"
        self.identity: Identity | None = None
        self.opened = time.monotonic()
        self.authenticating = False
        self.session = ConnectionState(now=self.opened, identified=False)
        self.subscriptions: dict[str, int] = {}
        self.expires: float | None = None
        self.on_unsubscribe: Callable[[Connection, str], None] = _nobody
        self.on_lagging: Callable[[Connection], None] = _nothing
        self.resync: asyncio.Task[None] | None = None
        self.closing: CloseCode | None = None
        self.writer = SocketWriter(send)
        self.writer.finished = self._finished
        self.writer.drained = self._drained
        self._finish = finish

    @property
    def person(self) -> Identity:
        """Whose socket it is; only for sockets that are signed in."""
        assert self.identity is not None
        return self.identity

    def token_allows(self, list_id: UUID) -> bool:
        """Tell whether a narrow token keeps this socket from a list."""
        return self.person.restricted_to_list is None or self.person.restricted_to_list == list_id

    def send(self, frame: msgspec.Struct) -> None:
        """Queue an answer for this socket alone."""
        self.writer.send_queue.put(Batch(encode(frame).decode()))

    def release(self, topic: str) -> None:
        """Take a topic's frames from this socket; it may be about to follow it anew."""
        if self.subscriptions.pop(topic, None) is not None:
            self.on_unsubscribe(self, topic)
        self.writer.send_queue.drop_topic(topic)

    def unsubscribe(self, topic: str) -> None:
        """Stop following a topic, at once and without a word."""
        self.session.remove_topic(topic)
        self.release(topic)

    def end_subscription(self, topic: str, reason: frames.EndReason) -> None:
        """Stop following a topic, and say why."""
        if topic in self.subscriptions:
            self.unsubscribe(topic)
            self.send(frames.Ended(topic=topic, reason=reason))

    def unsubscribe_all(self) -> None:
        """Stop following everything."""
        for topic in list(self.subscriptions):
            self.unsubscribe(topic)

    def close(self, code: CloseCode, reason: str, *, retry_in: float | None = None) -> None:
        """Say `bye` after what is queued for this socket alone, then close."""
        if self.closing is not None:
            return
        self.closing = code
        self.unsubscribe_all()
        bye = frames.Bye(code=code, reason=reason, retry_in=retry_in)
        last_words = Batch(encode(bye).decode())
        self.writer.send_queue.close(last_words, send_queue.close_message(int(code), reason))

    def refuse(
        self,
        code: frames.ErrorCode,
        message: str,
        *,
        frame_id: int | None = None,
        retry_in: float | None = None,
    ) -> None:
        """Answer a frame with an error; the socket stays."""
        self.send(frames.Error(id=frame_id, code=code, message=message, retry_in=retry_in))

    def abort(self) -> None:
        """Let go of a peer that takes nothing: there is no way left to tell it why."""
        self.discard()
        self._end()

    def discard(self) -> None:
        """Let go of everything: the peer is gone."""
        self.closing = self.closing or CloseCode.TOO_SLOW
        self.unsubscribe_all()
        if self.resync is not None:
            self.resync.cancel()
        self.writer.abort()

    def _finished(self) -> None:
        self.closing = self.closing or CloseCode.TOO_SLOW
        self.unsubscribe_all()
        self._end()

    def _end(self) -> None:
        # Once: a second cancel would strike whatever cleans up after the first.
        finish, self._finish = self._finish, _nothing_more
        finish()

    def _drained(self) -> None:
        self.on_lagging(self)


def _nobody(_connection: Connection, _topic: str) -> None:
    return None


def _nothing(_connection: Connection) -> None:
    return None


def _nothing_more() -> None:
    return None
