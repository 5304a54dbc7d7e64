"""Maps topics to send queues, and joins the frames of a busy moment into batches.

It knows neither the channel layer, nor the database, nor sockets: it puts one
shared batch into each send queue.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from live.delivery.send_queue import Batch, SendQueue
from live.noop import noop
from rest.batches import batched_by_size

FLUSH_INTERVAL = 0.010
"""Seconds between two flushes of a busy hub; an idle hub flushes at once."""
DELIVERIES_PER_SLICE = 250
"""Deliveries after which the event loop runs its other callbacks."""
MAX_BATCH_FRAMES = 128
MAX_BATCH_BYTES = 65_536
"""The limits of one batch; more frames go into the next batch."""


class PendingFrame(NamedTuple):
    """A frame that waits for the flush. `committed_at` is the commit time of a change."""

    text: str
    before: Any
    committed_at: float | None
    is_change: bool


class _Delivery(NamedTuple):
    """One batch, and the send queues that were subscribed at the flush and do not have it yet."""

    batch: Batch
    send_queues: Iterator[SendQueue]
    commit_times: list[float]


class Hub:
    """Delivers frames to the send queues of a topic, in order, each once.

    It calls `on_delivered(commit_times)` when all send queues have a batch.
    """

    def __init__(
        self,
        *,
        loop: asyncio.AbstractEventLoop,
        interval: float = FLUSH_INTERVAL,
        on_delivered: Callable[[list[float]], None] = noop,
    ) -> None:
        self._loop = loop
        self._interval = interval
        self._on_delivered = on_delivered
        self._topics: dict[str, dict[SendQueue, None]] = {}
        self._pending: dict[str, list[PendingFrame]] = {}
        self._deliveries: deque[_Delivery] = deque()
        self._flush_handle: asyncio.Handle | None = None
        self._slice_handle: asyncio.Handle | None = None
        self._flushed_at = float("-inf")

    def attach(self, topic: str, send_queue: SendQueue) -> None:
        """Deliver all frames that are published from now on to a send queue, and none before."""
        self.flush_topic(topic)
        self._topics.setdefault(topic, {})[send_queue] = None

    def detach(self, topic: str, send_queue: SendQueue) -> None:
        """Deliver no more frames of a topic to a send queue, including published ones."""
        send_queues = self._topics.get(topic, {})
        send_queues.pop(send_queue, None)
        if not send_queues:
            self._topics.pop(topic, None)
            self._pending.pop(topic, None)

    def subscribers(self, topic: str) -> tuple[SendQueue, ...]:
        """Return the send queues that are subscribed to a topic."""
        return tuple(self._topics.get(topic, ()))

    def publish(
        self,
        topic: str,
        text: str,
        *,
        before: Any = None,
        committed_at: float | None = None,
        is_change: bool = False,
    ) -> None:
        """Queue a frame for all subscribers; `before` is the position before the frame.

        `is_change` says that it is a change of a list: only these count as delivered.
        """
        if topic not in self._topics:
            return
        self._pending.setdefault(topic, []).append(
            PendingFrame(text, before, committed_at, is_change)
        )
        if self._flush_handle is None:
            self._schedule_flush()

    def flush_topic(self, topic: str) -> None:
        """Deliver all published frames of this topic now."""
        other_deliveries: deque[_Delivery] = deque()
        self._start_deliveries(topic)
        for delivery in self._deliveries:
            if delivery.batch.topic == topic:
                self._deliver(delivery, None)
            else:
                other_deliveries.append(delivery)
        self._deliveries = other_deliveries

    def reset(self, topic: str) -> None:
        """Make all subscribers of the topic read it again from the start."""
        self._pending.pop(topic, None)
        self.flush_topic(topic)
        for send_queue in self.subscribers(topic):
            send_queue.mark_missed(topic, None)

    def close(self) -> None:
        """Stop. Frames that are not delivered are lost."""
        for handle in (self._flush_handle, self._slice_handle):
            if handle is not None:
                handle.cancel()
        self._topics.clear()
        self._pending.clear()
        self._deliveries.clear()

    def _schedule_flush(self) -> None:
        delay = self._flushed_at + self._interval - self._loop.time()
        if delay <= 0:
            # call_soon, not now: frames of the same turn of the loop go into one batch.
            self._flush_handle = self._loop.call_soon(self._flush)
        else:
            self._flush_handle = self._loop.call_later(delay, self._flush)

    def _flush(self) -> None:
        self._flush_handle = None
        self._flushed_at = self._loop.time()
        for topic in list(self._pending):
            self._start_deliveries(topic)
        if self._slice_handle is None:
            self._run_slice()

    def _start_deliveries(self, topic: str) -> None:
        batches = batched_by_size(
            self._pending.pop(topic, []),
            size_of=lambda frame: len(frame.text),
            max_count=MAX_BATCH_FRAMES,
            max_size=MAX_BATCH_BYTES,
        )
        for frames in batches:
            batch = Batch(
                "\n".join(frame.text for frame in frames),
                topic=topic,
                before=frames[0].before,
                frame_count=len(frames),
                change_count=sum(frame.is_change for frame in frames),
            )
            commit_times = [
                frame.committed_at for frame in frames if frame.committed_at is not None
            ]
            self._deliveries.append(_Delivery(batch, iter(self.subscribers(topic)), commit_times))

    def _run_slice(self) -> None:
        self._slice_handle = None
        budget: int | None = DELIVERIES_PER_SLICE
        while self._deliveries and budget:
            budget = self._deliver(self._deliveries[0], budget)
            if budget:
                self._deliveries.popleft()
        if self._deliveries:
            self._slice_handle = self._loop.call_soon(self._run_slice)

    def _deliver(self, delivery: _Delivery, budget: int | None) -> int | None:
        """Deliver to at most `budget` send queues (None: all); return the rest of the budget."""
        subscribed = self._topics.get(delivery.batch.topic or "", {})
        for send_queue in delivery.send_queues:
            if send_queue in subscribed:
                send_queue.put(delivery.batch)
            if budget is not None:
                budget -= 1
                if not budget:
                    return 0
        if delivery.commit_times:
            self._on_delivered(delivery.commit_times)
        return budget
