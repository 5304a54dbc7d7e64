"""The bounded outbound queue of one socket.

A full queue drops what can be read again. For each topic it remembers the
position before the first dropped frame, and the owner of the socket replays the
topic from there. So a slow reader costs a bounded amount of memory and loses
nothing. The queue does not know what a topic or a position means.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from live.delivery.owed_changes import OwedChanges
from live.delivery_meter import DeliveryMeter
from live.protocol.frames import MAX_OUTBOUND_BYTES, MAX_OUTBOUND_FRAMES

SEND = "websocket.send"
CLOSE = "websocket.close"


class Batch:
    """Frames, joined once for all sockets, as the message that `send` takes.

    `topic` None means a reply to one socket: it cannot be replayed, so it is
    never dropped. A replay (missed changes, a part of a snapshot) belongs to a
    topic, but it is neither counted nor dropped: its text is shared, and if it
    were dropped, a slow reader of a long list would start again forever.
    `change_count` is the number of frames that are changes of a list, live or replayed, and
    `live_count` that of live ones. The hub sets `live_count`, and `handed_at` and `age`
    (delivery_meter.WrittenBatch).
    """

    __slots__ = (
        "age",
        "before",
        "change_count",
        "frame_count",
        "handed_at",
        "is_replay",
        "live_count",
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
        self.live_count = 0
        self.handed_at = 0.0
        self.age = 0.0

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
    replayed (None: from the start). `owed` follows the changes that it dropped.
    """

    __slots__ = (
        "_frame_count",
        "_queue",
        "_size",
        "is_closed",
        "is_full_of_replies",
        "meter",
        "missed",
        "owed",
        "wake",
        "write",
    )

    def __init__(
        self,
        wake: Callable[[], None],
        write: Callable[[Batch], bool] = lambda batch: False,
        *,
        meter: DeliveryMeter | None = None,
    ) -> None:
        self.wake = wake
        self.write = write
        self.meter = meter or DeliveryMeter()
        self.owed = OwedChanges(self.meter)
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
        if self.is_closed:
            self.meter.withdrawn += batch.live_count
            return
        if batch.topic in self.missed:
            self._owe(batch)
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

    def mark_missed(self, topic: str, position: Any = None, *, change_count: int = 0) -> None:
        """Drop the queued batches of a topic; it must be replayed from `position`.

        `change_count` are changes of the topic that this queue did not get.
        """
        for batch in self._retain(lambda batch: batch.topic != topic):
            self._owe(batch)
        self.owed.add(topic, change_count, perf_counter())
        self.missed[topic] = position
        self.wake()

    def drop_topic(self, topic: str) -> None:
        """Drop the queued batches of a topic, without a replay."""
        self._withdraw(self._retain(lambda batch: batch.topic != topic))
        self.owed.withdraw(topic)
        self.missed.pop(topic, None)

    def close(self, *last_batches: Batch) -> None:
        """Queue the last batches of this socket and accept no more after them."""
        if self.is_closed:
            return
        self.is_closed = True
        self.missed.clear()
        self._withdraw(self._retain(lambda batch: batch.topic is None))
        self.owed.withdraw_all()
        self._queue.extend(last_batches)
        self.wake()

    def discard(self) -> None:
        """Drop everything: the socket is closed."""
        self.is_closed = True
        self.missed.clear()
        self._withdraw(self._retain(lambda batch: False))
        self.owed.withdraw_all()

    # What this socket is owed.

    @property
    def oldest(self) -> Batch | None:
        """The batch that waits longest."""
        return self._queue[0] if self._queue else None

    @property
    def pending(self) -> tuple[int, int]:
        """The frames and bytes in the queue, with those of replays."""
        frame_count = sum(batch.frame_count for batch in self._queue)
        return frame_count, sum(batch.size for batch in self._queue)

    @property
    def waiting_changes(self) -> int:
        """The changes that this socket is owed and was not sent yet."""
        queued = sum(batch.live_count for batch in self._queue) if self._queue else 0
        return queued + self.owed.count

    def _owe(self, batch: Batch) -> None:
        self.owed.add(batch.topic or "", batch.live_count, batch.handed_at - batch.age)

    def _withdraw(self, dropped: list[Batch]) -> None:
        self.meter.withdrawn += sum(batch.live_count for batch in dropped)

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
        self.meter.errors["hub"].add()
        for queued in self._retain(lambda queued: queued.topic is None or queued.is_replay):
            self.missed.setdefault(queued.topic or "", queued.before)
            self._owe(queued)
        if batch.topic is None:
            self.is_full_of_replies = bool(self._queue) and self._would_overflow(batch)
            self._append(batch)
        else:
            self.missed.setdefault(batch.topic, batch.before)
            self._owe(batch)

    def _retain(self, should_keep: Callable[[Batch], bool]) -> list[Batch]:
        """Drop the other batches and return them."""
        queued, self._queue, self._frame_count, self._size = self._queue, [], 0, 0
        dropped = []
        for batch in queued:
            if should_keep(batch):
                self._append(batch)
            else:
                dropped.append(batch)
        return dropped
