"""The bounded outbound queue of one socket.

A full mailbox drops what can be read again and remembers, per topic, the
position before the first frame that it dropped. Whoever drains it replays from
there, so a slow reader costs a bounded amount and still loses nothing.
It does not know what a topic or a position means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from live.protocol import OUTBOUND_BYTES, OUTBOUND_FRAMES

SEND = "websocket.send"
CLOSE = "websocket.close"


class Batch:
    """Frames joined once for everyone, in the form that `send` takes.

    `topic` None marks an answer to this socket alone: nothing can replay it, so
    it is never dropped. A `load` (a replay, a part of a snapshot) belongs to a
    topic, but is neither counted nor dropped: its text is shared, and dropping
    it would make a slow reader of a long list start over for ever.
    """

    __slots__ = ("before", "frames", "load", "message", "size", "topic")

    def __init__(
        self,
        text: str,
        *,
        topic: str | None = None,
        before: Any = None,
        frames: int = 1,
        load: bool = False,
    ) -> None:
        self.message: dict[str, Any] = {"type": SEND, "text": text}
        self.topic = topic
        self.before = before
        self.frames = frames
        self.size = len(text) if text.isascii() else len(text.encode())
        self.load = load

    @property
    def closes(self) -> bool:
        """Whether this is the close of the socket."""
        return bool(self.message["type"] == CLOSE)


def closing(code: int, reason: str) -> Batch:
    """Return the close of a socket, in the form of a batch."""
    batch = Batch("", frames=0)
    batch.message = {"type": CLOSE, "code": code, "reason": reason}
    return batch


class Mailbox:
    """Holds what one socket has yet to send. It is no task and sends nothing.

    `write` is offered what comes while nothing is queued; it returns False if
    it cannot take it now. Then, and after other news, `wake` is called.
    `missed` maps a topic to the position from which it must be replayed (None:
    from scratch).
    """

    __slots__ = ("_frames", "_queue", "_size", "closed", "missed", "stuck", "wake", "write")

    def __init__(
        self, wake: Callable[[], None], write: Callable[[Batch], bool] = lambda batch: False
    ) -> None:
        self.wake = wake
        self.write = write
        self.missed: dict[str, Any] = {}
        self.closed = False
        """Takes nothing more: a close is queued, or the socket is gone."""
        self.stuck = False
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
        if self._queue and not batch.load and self._full_with(batch):
            self._overflow(batch)
        else:
            self._append(batch)
        self.wake()

    def take(self) -> Batch | None:
        """Return the next batch to send, or None."""
        if not self._queue:
            return None
        batch = self._queue.pop(0)
        if not batch.load:
            self._frames -= batch.frames
            self._size -= batch.size
        return batch

    def miss(self, topic: str, position: Any = None) -> None:
        """Drop what is queued of a topic; it must be replayed from `position`."""
        self._keep(lambda batch: batch.topic != topic)
        self.missed[topic] = position
        self.wake()

    def forget(self, topic: str) -> None:
        """Drop what is queued of a topic for good."""
        self._keep(lambda batch: batch.topic != topic)
        self.missed.pop(topic, None)

    def close(self, *last: Batch) -> None:
        """Queue the last words of this socket, and take nothing more."""
        if self.closed:
            return
        self.closed = True
        self.missed.clear()
        self._keep(lambda batch: batch.topic is None)
        self._queue.extend(last)
        self.wake()

    def discard(self) -> None:
        """Drop everything: the socket is gone."""
        self.closed = True
        self.missed.clear()
        self._keep(lambda batch: False)

    def _full_with(self, batch: Batch) -> bool:
        return (
            self._frames + batch.frames > OUTBOUND_FRAMES
            or self._size + batch.size > OUTBOUND_BYTES
        )

    def _append(self, batch: Batch) -> None:
        self._queue.append(batch)
        if not batch.load:
            self._frames += batch.frames
            self._size += batch.size

    def _overflow(self, batch: Batch) -> None:
        for dropped in self._queue:
            if dropped.topic is not None and not dropped.load:
                self.missed.setdefault(dropped.topic, dropped.before)
        self._keep(lambda kept: kept.topic is None or kept.load)
        if batch.topic is None:
            self.stuck = bool(self._queue) and self._full_with(batch)
            self._append(batch)
        else:
            self.missed.setdefault(batch.topic, batch.before)

    def _keep(self, wanted: Callable[[Batch], bool]) -> None:
        kept = [batch for batch in self._queue if wanted(batch)]
        self._queue, self._frames, self._size = [], 0, 0
        for batch in kept:
            self._append(batch)
