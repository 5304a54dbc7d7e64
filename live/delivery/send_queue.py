"""The bounded outbound queue of one socket.

A full mailbox drops what can be read again and remembers, per topic, the
position before the first frame that it dropped. Whoever drains it replays from
there, so a slow reader costs a bounded amount and still loses nothing.
It does not know what a topic or a position means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from live.protocol.frames import MAX_OUTBOUND_BYTES, MAX_OUTBOUND_FRAMES

SEND = "websocket.send"
CLOSE = "websocket.close"


class Batch:
    """Frames joined once for everyone, in the form that `send` takes.

    `topic` None marks an answer to this socket alone: nothing can replay it, so
    it is never dropped. A `load` (a replay, a part of a snapshot) belongs to a
    topic, but is neither counted nor dropped: its text is shared, and dropping
    it would make a slow reader of a long list start over for ever.
    """

    __slots__ = ("before", "frames", "is_replay", "message", "size", "topic")

    def __init__(
        self,
        text: str,
        *,
        topic: str | None = None,
        before: Any = None,
        frames: int = 1,
        is_replay: bool = False,
    ) -> None:
        self.message: dict[str, Any] = {"type": SEND, "text": text}
        self.topic = topic
        self.before = before
        self.frames = frames
        self.size = len(text) if text.isascii() else len(text.encode())
        self.is_replay = is_replay

    @property
    def closes(self) -> bool:
        """Whether this is the close of the socket."""
        return bool(self.message["type"] == CLOSE)


def close_message(code: int, reason: str) -> Batch:
    """Return the close of a socket, in the form of a batch."""
    batch = Batch("", frames=0)
    batch.message = {"type": CLOSE, "code": code, "reason": reason}
    return batch


class SendQueue:
    """Holds what one socket has yet to send. It is no task and sends nothing.

    `write` is offered what comes while nothing is queued; it returns False if
    it cannot take it now. Then, and after other news, `wake` is called.
    `missed` maps a topic to the position from which it must be replayed (None:
    from scratch).
    """

    __slots__ = (
        "_frames",
        "_queue",
        "_size",
        "closed",
        "full_of_replies",
        "missed",
        "wake",
        "write",
    )

    def __init__(
        self, wake: Callable[[], None], write: Callable[[Batch], bool] = lambda batch: False
    ) -> None:
        self.wake = wake
        self.write = write
        self.missed: dict[str, Any] = {}
        self.closed = False
        """Takes nothing more: a close is queued, or the socket is gone."""
        self.full_of_replies = False
        """Answers alone fill it: it cannot be helped by dropping."""
        self._queue: list[Batch] = []  # a list: an empty deque costs 700 bytes a socket
        self._frames = 0
        self._size = 0

    @property
    def lagging(self) -> bool:
        """Whether something was dropped and not yet replayed."""
        return bool(self.missed)

    @property
    def queued(self) -> tuple[int, int]:
        """The frames and bytes that count against the bounds."""
        return self._frames, self._size

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, batch: Batch) -> None:
        """Queue a batch, unless its topic waits for a replay."""
        if self.closed or batch.topic in self.missed:
            return
        if not self._queue and self.write(batch):
            return
        if self._queue and not batch.is_replay and self._would_overflow(batch):
            self._overflow(batch)
        else:
            self._append(batch)
        self.wake()

    def take(self) -> Batch | None:
        """Return the next batch to send, or None."""
        if not self._queue:
            return None
        batch = self._queue.pop(0)
        if not batch.is_replay:
            self._frames -= batch.frames
            self._size -= batch.size
        return batch

    def mark_missed(self, topic: str, position: Any = None) -> None:
        """Drop what is queued of a topic; it must be replayed from `position`."""
        self._retain(lambda batch: batch.topic != topic)
        self.missed[topic] = position
        self.wake()

    def drop_topic(self, topic: str) -> None:
        """Drop what is queued of a topic for good."""
        self._retain(lambda batch: batch.topic != topic)
        self.missed.pop(topic, None)

    def close(self, *last: Batch) -> None:
        """Queue the last words of this socket, and take nothing more."""
        if self.closed:
            return
        self.closed = True
        self.missed.clear()
        self._retain(lambda batch: batch.topic is None)
        self._queue.extend(last)
        self.wake()

    def discard(self) -> None:
        """Drop everything: the socket is gone."""
        self.closed = True
        self.missed.clear()
        self._retain(lambda batch: False)

    def _would_overflow(self, batch: Batch) -> bool:
        return (
            self._frames + batch.frames > MAX_OUTBOUND_FRAMES
            or self._size + batch.size > MAX_OUTBOUND_BYTES
        )

    def _append(self, batch: Batch) -> None:
        self._queue.append(batch)
        if not batch.is_replay:
            self._frames += batch.frames
            self._size += batch.size

    def _overflow(self, batch: Batch) -> None:
        for dropped in self._queue:
            if dropped.topic is not None and not dropped.is_replay:
                self.missed.setdefault(dropped.topic, dropped.before)
        self._retain(lambda kept: kept.topic is None or kept.is_replay)
        if batch.topic is None:
            self.full_of_replies = bool(self._queue) and self._would_overflow(batch)
            self._append(batch)
        else:
            self.missed.setdefault(batch.topic, batch.before)

    def _retain(self, wanted: Callable[[Batch], bool]) -> None:
        kept = [batch for batch in self._queue if wanted(batch)]
        self._queue, self._frames, self._size = [], 0, 0
        for batch in kept:
            self._append(batch)
