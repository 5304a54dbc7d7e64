"""One socket as the rest of the process sees it: who it is, what it follows, how to tell it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from uuid import UUID

import msgspec

from live import mailbox, protocol
from live.identity import Identity
from live.mailbox import Batch
from live.protocol import CloseCode
from live.session import Session
from live.writer import Send, Writer
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
        "closing",
        "expires",
        "following",
        "id",
        "identity",
        "lagged",
        "left",
        "opened",
        "proving",
        "resync",
        "session",
        "writer",
    )

    def __init__(self, send: Send, *, finish: Callable[[], object]) -> None:
        self.id = f"c_{secrets.token_urlsafe(9)}"
        self.identity: Identity | None = None
        self.opened = time.monotonic()
        self.proving = False
        self.session = Session(now=self.opened, identified=False)
        self.following: dict[str, int] = {}
        self.expires: float | None = None
        self.left: Callable[[Connection, str], None] = _nobody
        self.lagged: Callable[[Connection], None] = _nothing
        self.resync: asyncio.Task[None] | None = None
        self.closing: CloseCode | None = None
        self.writer = Writer(send)
        self.writer.finished = self._finished
        self.writer.drained = self._drained
        self._finish = finish

    @property
    def person(self) -> Identity:
        """Whose socket it is; only for sockets that are signed in."""
        assert self.identity is not None
        return self.identity

    def may_open(self, list_id: UUID) -> bool:
        """Tell whether a narrow token keeps this socket from a list."""
        return self.person.only is None or self.person.only == list_id

    def send(self, frame: msgspec.Struct) -> None:
        """Queue an answer for this socket alone."""
        self.writer.mailbox.put(Batch(encode(frame).decode()))

    def release(self, topic: str) -> None:
        """Take a topic's frames from this socket; it may be about to follow it anew."""
        if self.following.pop(topic, None) is not None:
            self.left(self, topic)
        self.writer.mailbox.forget(topic)

    def leave(self, topic: str) -> None:
        """Stop following a topic, at once and without a word."""
        self.session.dropped(topic)
        self.release(topic)

    def end(self, topic: str, reason: protocol.EndReason) -> None:
        """Stop following a topic, and say why."""
        if topic in self.following:
            self.leave(topic)
            self.send(protocol.Ended(topic=topic, reason=reason))

    def leave_all(self) -> None:
        """Stop following everything."""
        for topic in list(self.following):
            self.leave(topic)

    def close(self, code: CloseCode, reason: str, *, retry_in: float | None = None) -> None:
        """Say `bye` after what is queued for this socket alone, then close."""
        if self.closing is not None:
            return
        self.closing = code
        self.leave_all()
        bye = protocol.Bye(code=code, reason=reason, retry_in=retry_in)
        last_words = Batch(encode(bye).decode())
        self.writer.mailbox.close(last_words, mailbox.closing(int(code), reason))

    def refuse(
        self,
        code: protocol.ErrorCode,
        message: str,
        *,
        frame_id: int | None = None,
        retry_in: float | None = None,
    ) -> None:
        """Answer a frame with an error; the socket stays."""
        self.send(protocol.Error(id=frame_id, code=code, message=message, retry_in=retry_in))

    def give_up(self) -> None:
        """Let go of a peer that takes nothing: there is no way left to tell it why."""
        self.vanish()
        self._end()

    def vanish(self) -> None:
        """Let go of everything: the peer is gone."""
        self.closing = self.closing or CloseCode.TOO_SLOW
        self.leave_all()
        if self.resync is not None:
            self.resync.cancel()
        self.writer.abandon()

    def _finished(self) -> None:
        self.closing = self.closing or CloseCode.TOO_SLOW
        self.leave_all()
        self._end()

    def _end(self) -> None:
        # Once: a second cancel would strike whatever cleans up after the first.
        finish, self._finish = self._finish, _nothing_more
        finish()

    def _drained(self) -> None:
        self.lagged(self)


def _nobody(_connection: Connection, _topic: str) -> None:
    return None


def _nothing(_connection: Connection) -> None:
    return None


def _nothing_more() -> None:
    return None
