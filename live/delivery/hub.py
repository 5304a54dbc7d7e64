"""Maps topics to send queues, and joins the frames of a busy moment into batches.

It knows neither the channel layer, nor the database, nor sockets: it puts one
shared batch into each send queue.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from operator import length_hint
from time import perf_counter
from typing import Any, NamedTuple

from live.delivery.send_queue import Batch, SendQueue
from live.delivery_meter import DeliveryMeter
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
    """A frame that waits for the flush. `committed_at` is the commit time of a change.

    `published_at` is set for changes of lists, in seconds of `perf_counter`.
    """

    text: str
    before: Any
    committed_at: float | None
    is_change: bool
    published_at: float | None


class _Delivery(NamedTuple):
    """One batch, and the send queues that were subscribed at the flush and do not have it yet."""

    batch: Batch
    send_queues: Iterator[SendQueue]
    commit_times: list[float]


class Hub:
    """Delivers frames to the send queues of a topic, in order, each once.

    It calls `on_delivered(commit_times)` when all send queues have a batch. `meter` counts
    the changes that subscribers are owed.
    """

    def __init__(
        self,
        *,
        loop: asyncio.AbstractEventLoop,
        interval: float = FLUSH_INTERVAL,
        on_delivered: Callable[[list[float]], None] = noop,
        meter: DeliveryMeter | None = None,
    ) -> None:
        self._meter = meter or DeliveryMeter()
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
        if send_queue in send_queues:
            del send_queues[send_queue]
            self._meter.withdrawn += self._pending_changes(topic)
        if not send_queues:
            self._topics.pop(topic, None)
            self._pending.pop(topic, None)

    def subscribers(self, topic: str) -> tuple[SendQueue, ...]:
        """Return the send queues that are subscribed to a topic."""
        return tuple(self._topics.get(topic, ()))

    @property
    def waiting_changes(self) -> int:
        """The changes that subscribers are owed and their send queues do not have yet."""
        pending = sum(
            self._pending_changes(topic) * len(self._topics[topic]) for topic in self._pending
        )
        return pending + sum(
            delivery.batch.live_count * length_hint(delivery.send_queues)
            for delivery in self._deliveries
        )

    def publish(
        self,
        topic: str,
        text: str,
        *,
        before: Any = None,
        committed_at: float | None = None,
        is_change: bool = False,
        published_at: float | None = None,
    ) -> None:
        """Queue a frame for all subscribers; `before` is the position before the frame.

        `is_change` says that it is a change of a list: only these count as delivered. A change
        has `published_at`, the current time of `perf_counter`.
        """
        subscribers = self._topics.get(topic)
        if subscribers is None:
            return
        if published_at is not None:
            self._meter.promised += len(subscribers)
        frame = PendingFrame(text, before, committed_at, is_change, published_at)
        self._pending.setdefault(topic, []).append(frame)
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

    def reset(self, topic: str, *, change_count: int = 0) -> None:
        """Make all subscribers of the topic read it again from the start.

        `change_count` is the number of changes that they get only by that.
        """
        subscribers = self.subscribers(topic)
        self._meter.promised += change_count * len(subscribers)
        change_count += self._pending_changes(topic)
        self._pending.pop(topic, None)
        self.flush_topic(topic)
        for send_queue in subscribers:
            send_queue.mark_missed(topic, None, change_count=change_count)

    def close(self) -> None:
        """Stop. Frames that are not delivered are lost."""
        for handle in (self._flush_handle, self._slice_handle):
            if handle is not None:
                handle.cancel()
        self._meter.withdrawn += self.waiting_changes
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

    def _pending_changes(self, topic: str) -> int:
        return sum(frame.published_at is not None for frame in self._pending.get(topic, ()))

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
            self._measure(batch, frames, commit_times)
            self._deliveries.append(_Delivery(batch, iter(self.subscribers(topic)), commit_times))

    def _measure(
        self, batch: Batch, frames: Sequence[PendingFrame], commit_times: list[float]
    ) -> None:
        """Note the changes in a batch, when it was handed on, and how old it was by then."""
        batch.handed_at = perf_counter()
        changes = [frame.published_at for frame in frames if frame.published_at is not None]
        batch.live_count = len(changes)
        if commit_times:
            batch.age = max(0.0, time.time() - min(commit_times))
        waiting_times = self._meter.hops["hub"]
        for published_at in changes:
            waiting_times.observe((batch.handed_at - published_at) * 1000)

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
            else:
                self._meter.withdrawn += delivery.batch.live_count
            if budget is not None:
                budget -= 1
                if not budget:
                    return 0
        if delivery.commit_times:
            self._on_delivered(delivery.commit_times)
        return budget
