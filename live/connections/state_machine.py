"""One connection as a state machine: a message goes in, effects come out. No I/O of any kind.

The effects come one by one, because the result of one (authentication) decides
what the next frame of the same message may do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from live.protocol import frames
from live.protocol.frames import CloseCode
from live.protocol.topics import parse_list_topic
from rest.json_words import in_json_words
from rest.rate_limit import TokenBucket

OVERLOADED_RETRY_DELAY = 5.0
"""Seconds after which a client that sent too many frames may reconnect."""
LEAVING_AT_RULE = (
    f"leaving_at: at most {frames.MAX_LEAVING_AGE // 60} minutes ago"
    f" and at most {frames.MAX_LEAVING_DELAY // 3600} hours ahead"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """Send this frame to the client."""

    frame: msgspec.Struct


@dataclass(frozen=True, slots=True)
class StartSubscription:
    """Subscribe the connection to a topic; resume if a whole position is given."""

    topic: str
    id: int | None = None
    since: int | None = None
    epoch: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class StopSubscription:
    """Unsubscribe the connection from a topic."""

    topic: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class SetPresence:
    """Show the other subscribers of a topic what this user is doing."""

    announced: frames.SetPresence


@dataclass(frozen=True, slots=True)
class SetTripPresence:
    """Do the same if the user may tick items there; else reply with an error."""

    announced: frames.SetPresence


@dataclass(frozen=True, slots=True)
class RecordSeen:
    """Remember what the screen of this connection shows of a list."""

    seen: frames.Seen


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Look up the token, then call `mark_authenticated` or close the connection."""

    token: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Send `bye` and close. No effect comes after it."""

    code: CloseCode
    reason: str
    retry_in: float | None = None


Effect = (
    Reply
    | StartSubscription
    | StopSubscription
    | SetPresence
    | SetTripPresence
    | RecordSeen
    | Authenticate
    | Close
)


class _FrameWithId(msgspec.Struct):
    id: frames.FrameId | None = None


_frame_decoder = msgspec.json.Decoder(frames.ClientFrame)
_id_decoder = msgspec.json.Decoder(_FrameWithId)


class ConnectionState:
    """The state of one connection, and the effects of its next message."""

    __slots__ = (
        "_bad_frame_count",
        "_bucket",
        "_is_closed",
        "_unix_time",
        "is_authenticated",
        "topics",
    )

    def __init__(
        self, *, is_authenticated: bool, unix_time: Callable[[], float] = time.time
    ) -> None:
        self.is_authenticated = is_authenticated
        self.topics: dict[str, None] = {}
        self._bucket = TokenBucket(rate=frames.MAX_FRAME_RATE, burst=frames.MAX_FRAME_BURST)
        self._bad_frame_count = 0
        self._is_closed = False
        self._unix_time = unix_time

    def mark_authenticated(self) -> None:
        """Allow the frames that need an authenticated user."""
        self.is_authenticated = True

    def remove_topic(self, topic: str) -> None:
        """Remove a topic to which the connection is not subscribed any more."""
        self.topics.pop(topic, None)

    def receive(self, message: str | bytes, now: float) -> Iterator[Effect]:
        """Yield the effects of a message, frame by frame. No effect follows a Close."""
        for effect in self._effects(message, now):
            if self._is_closed:
                return
            self._is_closed = isinstance(effect, Close)
            yield effect

    def _effects(self, message: str | bytes, now: float) -> Iterator[Effect]:
        if isinstance(message, bytes):
            yield Close(CloseCode.BAD_FRAMES, "binary messages are not allowed")
        elif _is_too_big(message):
            yield Close(CloseCode.TOO_BIG, "message too big")
        else:
            for line in message.removesuffix("\n").split("\n"):
                yield from self._handle_line(line, now)

    def _handle_line(self, line: str, now: float) -> Iterator[Effect]:
        if not self._bucket.take(now):
            yield Close(CloseCode.OVERLOADED, "too many messages", OVERLOADED_RETRY_DELAY)
            return
        try:
            frame = _frame_decoder.decode(line)
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            yield from self._refuse_bad_frame(_frame_id(line), f"not a frame: {_reason_of(error)}")
            return
        yield from self._handle_frame(frame)

    def _handle_frame(self, frame: frames.ClientFrame) -> Iterator[Effect]:
        if isinstance(frame, frames.Auth):
            yield from self._authenticate(frame)
        elif not self.is_authenticated:
            yield _error_reply(frame.id, "not_signed_in", "send an auth frame first")
        elif isinstance(frame, frames.Ping):
            yield Reply(frames.Pong(id=frame.id))
        elif isinstance(frame, frames.Subscribe):
            yield from self._subscribe(frame)
        elif isinstance(frame, frames.Unsubscribe):
            yield from self._unsubscribe(frame)
        elif isinstance(frame, frames.Seen):
            if frame.topic in self.topics:
                yield RecordSeen(frame)
        else:
            yield from self._set_presence(frame)

    def _authenticate(self, frame: frames.Auth) -> Iterator[Effect]:
        if self.is_authenticated:
            yield from self._refuse_bad_frame(frame.id, "already signed in")
        else:
            yield Authenticate(frame.token, frame.id)

    def _subscribe(self, frame: frames.Subscribe) -> Iterator[Effect]:
        if frame.topic not in self.topics and len(self.topics) >= frames.MAX_TOPICS:
            yield _error_reply(frame.id, "too_many_topics", f"at most {frames.MAX_TOPICS} topics")
        else:
            self.topics[frame.topic] = None
            yield StartSubscription(frame.topic, frame.id, frame.since, frame.epoch, frame.digest)

    def _unsubscribe(self, frame: frames.Unsubscribe) -> Iterator[Effect]:
        if frame.topic not in self.topics:
            yield _error_reply(frame.id, "not_found", "no such topic")
            return
        self.remove_topic(frame.topic)
        yield StopSubscription(frame.topic, frame.id)

    def _set_presence(self, frame: frames.SetPresence) -> Iterator[Effect]:
        if not self._can_leave_at(frame.leaving_at):
            yield from self._refuse_bad_frame(frame.id, f"not a frame: {LEAVING_AT_RULE}")
        elif frame.topic not in self.topics or parse_list_topic(frame.topic) is None:
            yield _error_reply(frame.id, "not_found", "no such topic")
        else:
            yield SetTripPresence(frame) if frame.is_trip else SetPresence(frame)

    def _can_leave_at(self, at: datetime | msgspec.UnsetType | None) -> bool:
        if not isinstance(at, datetime):
            return True
        delay = at.timestamp() - self._unix_time()
        return -frames.MAX_LEAVING_AGE <= delay <= frames.MAX_LEAVING_DELAY

    def _refuse_bad_frame(self, frame_id: int | None, message: str) -> Iterator[Effect]:
        self._bad_frame_count += 1
        yield _error_reply(frame_id, "bad_frame", message)
        if self._bad_frame_count >= frames.MAX_BAD_FRAMES:
            yield Close(CloseCode.BAD_FRAMES, "too many bad frames")


def _error_reply(frame_id: int | None, code: frames.ErrorCode, message: str) -> Reply:
    return Reply(frames.Error(id=frame_id, code=code, message=message))


def _is_too_big(message: str) -> bool:
    limit = frames.MAX_MESSAGE_BYTES
    if len(message) > limit:
        return True
    # A character has at most four bytes, so most messages are measured without encoding them.
    return len(message) * 4 > limit and len(message.encode("utf-8", "surrogatepass")) > limit


def _reason_of(error: Exception) -> str:
    """Say what is wrong with the text, where the words of the decoder do not."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if str(error) == "Input data was truncated":
        return "it ends too early, or has half of a surrogate pair"
    return in_json_words(str(error))[:200]


def _frame_id(line: str) -> int | None:
    try:
        return _id_decoder.decode(line).id
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
