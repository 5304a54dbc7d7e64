"""One connection as a state machine: a message in, effects out. No I/O of any kind.

The effects come one by one, because what one does (signing in) decides what the
next frame of the same message may do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import msgspec

from live.protocol import frames
from live.protocol.frames import CloseCode

RETRY_OVERLOADED = 5.0
"""Seconds that a connection which sent too much is asked to stay away."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Send this frame to the client."""

    frame: msgspec.Struct


@dataclass(frozen=True, slots=True)
class StartSubscription:
    """Attach the connection to a topic, from a position where one is given."""

    topic: str
    id: int | None = None
    since: int | None = None
    epoch: str | None = None


@dataclass(frozen=True, slots=True)
class StopSubscription:
    """Detach the connection from a topic."""

    topic: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class SetPresenceState:
    """Tell the others on a topic what this person is doing."""

    topic: str
    state: frames.PresenceState


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Look the token up, and call `signed_in` or close."""

    token: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Say `bye` and close. Nothing comes after it."""

    code: CloseCode
    reason: str
    retry_in: float | None = None


Effect = Reply | StartSubscription | StopSubscription | SetPresenceState | Authenticate | Close


class _Numbered(msgspec.Struct):
    id: int | None = None


_frames = msgspec.json.Decoder(frames.ClientFrame)
_ids = msgspec.json.Decoder(_Numbered)


class TokenBucket:
    """A token bucket. The clock is passed in, in seconds."""

    __slots__ = ("_at", "_left", "burst", "rate")

    def __init__(self, *, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self._left = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Take one token; False if there is none."""
        self._left = min(self.burst, self._left + (now - self._at) * self.rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class ConnectionState:
    """What one connection has said so far, and what its next message calls for."""

    __slots__ = ("_bad_frame_count", "_bucket", "_closed", "authenticated", "topics")

    def __init__(self, *, now: float, identified: bool) -> None:
        self.authenticated = identified
        self.topics: dict[str, None] = {}
        self._bucket = TokenBucket(
            rate=frames.MAX_FRAME_RATE, burst=frames.MAX_FRAME_BURST, now=now
        )
        self._bad_frame_count = 0
        self._closed = False

    def mark_authenticated(self) -> None:
        """Let the connection do what needs a person."""
        self.authenticated = True

    def remove_topic(self, topic: str) -> None:
        """Forget a topic that the connection does not follow (any more)."""
        self.topics.pop(topic, None)

    def receive(self, message: str | bytes, now: float) -> Iterator[Effect]:
        """Yield what a message calls for, frame by frame. Nothing follows a Close."""
        for effect in self._effects(message, now):
            if self._closed:
                return
            self._closed = isinstance(effect, Close)
            yield effect

    def _effects(self, message: str | bytes, now: float) -> Iterator[Effect]:
        if isinstance(message, bytes):
            yield Close(CloseCode.BAD_FRAMES, "binary messages are not understood")
        elif _too_big(message):
            yield Close(CloseCode.TOO_BIG, "message too big")
        else:
            for line in message.removesuffix("\n").split("\n"):
                yield from self._line(line, now)

    def _line(self, line: str, now: float) -> Iterator[Effect]:
        if not self._bucket.take(now):
            yield Close(CloseCode.OVERLOADED, "too many messages", RETRY_OVERLOADED)
            return
        try:
            frame = _frames.decode(line)
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            yield from self._bad_frame(_id_of(line), f"not a frame: {str(error)[:200]}")
            return
        yield from self._frame(frame)

    def _frame(self, frame: frames.ClientFrame) -> Iterator[Effect]:
        if isinstance(frame, frames.Auth):
            yield from self._auth(frame)
        elif not self.authenticated:
            yield _refused(frame.id, "not_signed_in", "send an auth frame first")
        elif isinstance(frame, frames.Ping):
            yield Reply(frames.Pong(id=frame.id))
        elif isinstance(frame, frames.Subscribe):
            yield from self._subscribe(frame)
        elif isinstance(frame, frames.Unsubscribe):
            yield from self._unsubscribe(frame)
        else:
            yield self._presence(frame)

    def _auth(self, frame: frames.Auth) -> Iterator[Effect]:
        if self.authenticated:
            yield from self._bad_frame(frame.id, "already signed in")
        else:
            yield Authenticate(frame.token, frame.id)

    def _subscribe(self, frame: frames.Subscribe) -> Iterator[Effect]:
        if (frame.since is None) != (frame.epoch is None):
            yield from self._bad_frame(frame.id, "since and epoch go together")
        elif frame.topic not in self.topics and len(self.topics) >= frames.MAX_TOPICS:
            yield _refused(frame.id, "too_many_topics", f"at most {frames.MAX_TOPICS} topics")
        else:
            self.topics[frame.topic] = None
            yield StartSubscription(frame.topic, frame.id, frame.since, frame.epoch)

    def _unsubscribe(self, frame: frames.Unsubscribe) -> Iterator[Effect]:
        if frame.topic not in self.topics:
            yield _refused(frame.id, "not_found", "no such topic")
            return
        self.remove_topic(frame.topic)
        yield StopSubscription(frame.topic, frame.id)

    def _presence(self, frame: frames.SetPresence) -> Effect:
        if frame.topic not in self.topics or parse_list_topic(frame.topic) is None:
            return _refused(frame.id, "not_found", "no such topic")
        return SetPresenceState(frame.topic, frame.state)

    def _bad_frame(self, frame_id: int | None, message: str) -> Iterator[Effect]:
        self._bad_frame_count += 1
        yield _refused(frame_id, "bad_frame", message)
        if self._bad_frame_count >= frames.MAX_BAD_FRAMES:
            yield Close(CloseCode.BAD_FRAMES, "too many bad frames")


def parse_list_topic(topic: str) -> UUID | None:
    """Return the list that a topic carries, or None. Only the canonical spelling is one."""
    kind, _, name = topic.partition(":")
    if kind != "list":
        return None
    try:
        list_id = UUID(name)
    except ValueError:
        return None
    return list_id if str(list_id) == name else None


def _refused(frame_id: int | None, code: frames.ErrorCode, message: str) -> Reply:
    return Reply(frames.Error(id=frame_id, code=code, message=message))


def _too_big(message: str) -> bool:
    limit = frames.MAX_MESSAGE_BYTES
    if len(message) > limit:
        return True
    # A character is at most four bytes, so most messages need no encoding to be measured.
    return len(message) * 4 > limit and len(message.encode("utf-8", "surrogatepass")) > limit


def _id_of(line: str) -> int | None:
    try:
        return _ids.decode(line).id
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
