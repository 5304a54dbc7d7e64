"""Topic -> mailboxes, and the tick that joins the frames of a busy moment.

It knows neither the channel layer nor the database, and no socket: it hands
one shared batch to each mailbox.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from live.delivery.send_queue import Batch, SendQueue

FLUSH_INTERVAL = 0.010
"""Seconds between two flushes when busy; a quiet hub flushes at once."""
DELIVERIES_PER_SLICE = 250
"""Deliveries before the loop gets a turn for everything else."""
MAX_BATCH_FRAMES = 128
MAX_BATCH_BYTES = 65_536
"""The most that travels in one message; what exceeds it goes in another."""


class PendingFrame(NamedTuple):
    """A frame that waits for the tick. `committed` is when its change was, if it is one."""

    text: str
    before: Any
    committed: float | None


class _Delivery(NamedTuple):
    """One batch on its way to the mailboxes that were attached at the tick."""

    batch: Batch
    mailboxes: Iterator[SendQueue]
    committed: list[float]


class Hub:
    """Fans frames out to the mailboxes of a topic, in order, once each.

    `delivered(committed)` is called with the commit times of a batch when its
    last mailbox has it.
    """

    def __init__(
        self,
        *,
        loop: asyncio.AbstractEventLoop,
        interval: float = FLUSH_INTERVAL,
        delivered: Callable[[list[float]], None] = lambda committed: None,
    ) -> None:
        self._loop = loop
        self._interval = interval
        self._delivered = delivered
        self._topics: dict[str, dict[SendQueue, None]] = {}
        self._pending: dict[str, list[PendingFrame]] = {}
        self._rounds: deque[_Delivery] = deque()
        self._tick: asyncio.Handle | None = None
        self._turn: asyncio.Handle | None = None
        self._flushed_at = float("-inf")

    def attach(self, topic: str, send_queue: SendQueue) -> None:
        """Give a mailbox every frame published from now on, and none before."""
        self.flush_topic(topic)
        self._topics.setdefault(topic, {})[send_queue] = None

    def detach(self, topic: str, send_queue: SendQueue) -> None:
        """Give a mailbox nothing more of a topic, not even what is on its way."""
        mailboxes = self._topics.get(topic, {})
        mailboxes.pop(send_queue, None)
        if not mailboxes:
            self._topics.pop(topic, None)
            self._pending.pop(topic, None)

    def subscribers(self, topic: str) -> tuple[SendQueue, ...]:
        """Return who is attached to a topic."""
        return tuple(self._topics.get(topic, ()))

    def publish(
        self, topic: str, text: str, *, before: Any = None, committed: float | None = None
    ) -> None:
        """Queue a frame for everybody on the topic; `before` is the position before it."""
        if topic not in self._topics:
            return
        self._pending.setdefault(topic, []).append(PendingFrame(text, before, committed))
        if self._tick is None:
            self._schedule()

    def flush_topic(self, topic: str) -> None:
        """Hand out at once everything of this topic that is on its way."""
        later: deque[_Delivery] = deque()
        self._start_rounds(topic)
        for on_its_way in self._rounds:
            if on_its_way.batch.topic == topic:
                self._deliver(on_its_way, None)
            else:
                later.append(on_its_way)
        self._rounds = later

    def reset(self, topic: str) -> None:
        """Make everybody on the topic start from scratch."""
        self._pending.pop(topic, None)
        self.flush_topic(topic)
        for mailbox in self.subscribers(topic):
            mailbox.mark_missed(topic, None)

    def close(self) -> None:
        """Stop the tick; what is queued is lost."""
        for handle in (self._tick, self._turn):
            if handle is not None:
                handle.cancel()
        self._topics.clear()
        self._pending.clear()
        self._rounds.clear()

    def _schedule(self) -> None:
        due = self._flushed_at + self._interval - self._loop.time()
        if due <= 0:
            # call_soon, not now: the frames of this turn of the loop travel together.
            self._tick = self._loop.call_soon(self._flush)
        else:
            self._tick = self._loop.call_later(due, self._flush)

    def _flush(self) -> None:
        self._tick = None
        self._flushed_at = self._loop.time()
        for topic in list(self._pending):
            self._start_rounds(topic)
        if self._turn is None:
            self._run_slice()

    def _start_rounds(self, topic: str) -> None:
        frames = self._pending.pop(topic, [])
        for some in _batches(frames):
            batch = Batch(
                "\n".join(frame.text for frame in some),
                topic=topic,
                before=some[0].before,
                frames=len(some),
            )
            committed = [frame.committed for frame in some if frame.committed is not None]
            mailboxes = iter(tuple(self._topics.get(topic, ())))
            self._rounds.append(_Delivery(batch, mailboxes, committed))

    def _run_slice(self) -> None:
        self._turn = None
        budget: int | None = DELIVERIES_PER_SLICE
        while self._rounds and budget:
            budget = self._deliver(self._rounds[0], budget)
            if budget:
                self._rounds.popleft()
        if self._rounds:
            self._turn = self._loop.call_soon(self._run_slice)

    def _deliver(self, on_its_way: _Delivery, budget: int | None) -> int | None:
        """Deliver to at most `budget` mailboxes (None: all); return what is left of it."""
        batch = on_its_way.batch
        attached = self._topics.get(batch.topic or "", {})
        for mailbox in on_its_way.mailboxes:
            if mailbox in attached:
                mailbox.put(batch)
            if budget is not None:
                budget -= 1
                if not budget:
                    return 0
        if on_its_way.committed:
            self._delivered(on_its_way.committed)
        return budget


def _batches(frames: list[PendingFrame]) -> Iterator[list[PendingFrame]]:
    """Split frames so that no message grows beyond what one should."""
    some: list[PendingFrame] = []
    size = 0
    for frame in frames:
        if some and (len(some) == MAX_BATCH_FRAMES or size + len(frame.text) > MAX_BATCH_BYTES):
            yield some
            some, size = [], 0
        some.append(frame)
        size += len(frame.text)
    if some:
        yield some
