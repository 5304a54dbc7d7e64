"""The bounded outbound queue of one socket.

A full queue drops what can be read again. For each topic it remembers the
position before the first dropped frame, and the owner of the socket replays the
topic from there. So a slow reader costs a bounded amount of memory and loses
nothing. The queue does not know what a topic or a position means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from live.protocol.frames import MAX_OUTBOUND_BYTES, MAX_OUTBOUND_FRAMES

SEND = "websocket.send"
CLOSE = "websocket.close"


class Batch:
    """Frames, joined once for all sockets, as the message that `send` takes.

    `topic` None means a reply to one socket: it cannot be replayed, so it is
    never dropped. A replay (missed changes, a part of a snapshot) belongs to a
    topic, but it is neither counted nor dropped: its text is shared, and if it
    were dropped, a slow reader of a long list would start again forever.
    `change_count` is the number of frames that are changes of a list.
    """

    __slots__ = (
        "before",
        "change_count",
        "frame_count",
        "is_replay",
        "message",
        "size",
        "topic",
    )

    def __init__(
        self,
        text: str,
        *,
        topic: str | None = None,
        before: Any = None,
        frame_count: int = 1,
        change_count: int = 0,
        is_replay: bool = False,
    ) -> None:
        self.message: dict[str, Any] = {"type": SEND, "text": text}
        self.topic = topic
        self.before = before
        self.frame_count = frame_count
        self.change_count = change_count
        self.size = len(text) if text.isascii() else len(text.encode())
        self.is_replay = is_replay

    @property
    def is_close(self) -> bool:
        """Whether this message closes the socket."""
        return bool(self.message["type"] == CLOSE)


def close_message(code: int, reason: str) -> Batch:
    """Return the message that closes a socket, as a batch."""
    batch = Batch("", frame_count=0)
    batch.message = {"type": CLOSE, "code": code, "reason": reason}
    return batch


class SendQueue:
    """Holds the unsent messages of one socket. It has no task and sends nothing.

    While the queue is empty, `put` offers a new batch to `write`, which returns
    False if it cannot take it now. In that case, and after other changes, `wake`
    is called. `missed` maps a topic to the position from which it must be
    replayed (None: from the start).
    """

    __slots__ = (
        "_frame_count",
        "_queue",
        "_size",
        "is_closed",
        "is_full_of_replies",
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
        self.is_closed = False
        """Whether the queue accepts no more batches: a close is queued or the socket is closed."""
        self.is_full_of_replies = False
        """Whether replies alone fill the queue, so that dropping does not help."""
        self._queue: list[Batch] = []  # a list: an empty deque costs 700 bytes a socket
        self._frame_count = 0
        self._size = 0

    @property
    def is_lagging(self) -> bool:
        """Whether the queue dropped something that is not replayed yet."""
        return bool(self.missed)

    @property
    def queued(self) -> tuple[int, int]:
        """The frames and bytes that count against the limits."""
        return self._frame_count, self._size

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, batch: Batch) -> None:
        """Queue a batch, unless its topic waits for a replay."""
        if self.is_closed or batch.topic in self.missed:
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
            self._frame_count -= batch.frame_count
            self._size -= batch.size
        return batch

    def mark_missed(self, topic: str, position: Any = None) -> None:
        """Drop the queued batches of a topic; it must be replayed from `position`."""
        self._retain(lambda batch: batch.topic != topic)
        self.missed[topic] = position
        self.wake()

    def drop_topic(self, topic: str) -> None:
        """Drop the queued batches of a topic, without a replay."""
        self._retain(lambda batch: batch.topic != topic)
        self.missed.pop(topic, None)

    def close(self, *last_batches: Batch) -> None:
        """Queue the last batches of this socket and accept no more after them."""
        if self.is_closed:
            return
        self.is_closed = True
        self.missed.clear()
        self._retain(lambda batch: batch.topic is None)
        self._queue.extend(last_batches)
        self.wake()

    def discard(self) -> None:
        """Drop everything: the socket is closed."""
        self.is_closed = True
        self.missed.clear()
        self._retain(lambda batch: False)

    def _would_overflow(self, batch: Batch) -> bool:
        return (
            self._frame_count + batch.frame_count > MAX_OUTBOUND_FRAMES
            or self._size + batch.size > MAX_OUTBOUND_BYTES
        )

    def _append(self, batch: Batch) -> None:
        self._queue.append(batch)
        if not batch.is_replay:
            self._frame_count += batch.frame_count
            self._size += batch.size

    def _overflow(self, batch: Batch) -> None:
        for queued in self._queue:
            if queued.topic is not None and not queued.is_replay:
                self.missed.setdefault(queued.topic, queued.before)
        self._retain(lambda queued: queued.topic is None or queued.is_replay)
        if batch.topic is None:
            self.is_full_of_replies = bool(self._queue) and self._would_overflow(batch)
            self._append(batch)
        else:
            self.missed.setdefault(batch.topic, batch.before)

    def _retain(self, should_keep: Callable[[Batch], bool]) -> None:
        kept = [batch for batch in self._queue if should_keep(batch)]
        self._queue, self._frame_count, self._size = [], 0, 0
        for batch in kept:
            self._append(batch)
