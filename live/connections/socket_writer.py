"""Writes the send queue of one socket to its `send`, without a task while nothing blocks.

A task for each delivery costs about as much as the delivery. So the first step
of the coroutine that `send` returns is run by hand: if the server's buffer has
room, the coroutine ends there. If it waits instead, a task continues the started
coroutine, and the queue fills until this task ends.

A server may offer more: `write_now`, a plain call that writes a message which it can
write at once. It is tried first, and what it refuses is sent as above.
"""

from __future__ import annotations

import asyncio
import logging
import types
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

from live.counters import counters
from live.delivery.send_queue import Batch, SendQueue
from live.delivery_meter import DeliveryMeter
from live.noop import noop

logger = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]
WriteNow = Callable[[dict[str, Any]], bool | None]
"""Writes a message now and returns True, or does nothing."""
StartedSend = Generator[Any, Any, None]


@types.coroutine
def _resume(started_send: StartedSend, future: Any) -> Generator[Any, Any, None]:
    """Continue a coroutine whose first step waits for `future`."""
    while True:
        value, exception = None, None
        try:
            value = yield future
        except BaseException as error:
            exception = error
        try:
            if exception is None:
                future = started_send.send(value)
            else:
                future = started_send.throw(exception)
        except StopIteration:
            return


class SocketWriter:
    """Writes the send queue of a socket. It does not decide what is sent.

    `on_drained` is called when the queue is empty but has missed something,
    `on_finished` when the close was sent or sending failed.
    """

    __slots__ = (
        "_drain_waiters",
        "_has_written",
        "_idle_since",
        "_is_busy",
        "_meter",
        "_send",
        "_sending",
        "_task",
        "_was_blocked",
        "_write_now",
        "is_closed",
        "on_drained",
        "on_finished",
        "send_queue",
    )

    def __init__(
        self, send: Send, *, write_now: WriteNow = noop, meter: DeliveryMeter | None = None
    ) -> None:
        self._meter = meter or DeliveryMeter()
        self._write_now = write_now
        self.send_queue = SendQueue(self.wake, self.write, meter=self._meter)
        self.on_drained: Callable[[], None] = noop
        self.on_finished: Callable[[], None] = noop
        self.is_closed = False
        """Whether the close was sent."""
        self._send = send if iscoroutinefunction(send) else _as_coroutine(send)
        self._is_busy = False
        self._sending: Batch | None = None
        """The batch whose send waits for the client."""
        self._task: asyncio.Task[None] | None = None
        self._has_written = False
        """Whether anything was written since the last call of `idle_seconds`."""
        self._idle_since = 0.0
        self._was_blocked = False
        self._drain_waiters: list[asyncio.Future[None]] | None = None

    @property
    def is_blocked(self) -> bool:
        """Whether a send waits for the client."""
        return self._task is not None

    @property
    def pending(self) -> tuple[int, int]:
        """The frames and bytes that the client has not taken yet."""
        frame_count, size = self.send_queue.pending
        if self._sending is not None:
            frame_count, size = frame_count + self._sending.frame_count, size + self._sending.size
        return frame_count, size

    @property
    def waiting_since(self) -> float | None:
        """When what waits longest was committed or handed over, in seconds of `perf_counter`."""
        since = self.send_queue.owed.since
        oldest = self._sending or self.send_queue.oldest
        if oldest is None or not oldest.handed_at:
            return since
        handed_at = oldest.handed_at - oldest.age
        return handed_at if since is None else min(since, handed_at)

    @property
    def waiting_changes(self) -> int:
        """The changes that this socket is owed and has not taken yet."""
        sending = self._sending
        return self.send_queue.waiting_changes + (0 if sending is None else sending.live_count)

    def write(self, batch: Batch) -> bool:
        """Write one batch now; return False if an earlier one still waits for the client."""
        if self._is_busy:
            return False
        try:
            is_written = self._write_now(batch.message)
            if not is_written:
                self._is_busy = True
                started_send: Any = self._send(batch.message)
                future = started_send.send(None)
        except StopIteration:
            self._is_busy, is_written = False, True
        except Exception as error:
            self._meter.withdrawn += batch.live_count
            self._on_send_error(error)
            self._on_idle()
            return True
        if is_written:
            self._count_written(batch)
            return True
        self._sending = batch
        self._task = asyncio.ensure_future(self._drain_queue(started_send, future, batch))
        # Not `finally`: a task that is cancelled before its first step does not run it.
        self._task.add_done_callback(partial(self._on_task_done, started_send))
        return True

    def wake(self) -> None:
        """Write the queued batches until the queue is empty or a send blocks."""
        while not self._is_busy and (batch := self.send_queue.take()) is not None:
            self.write(batch)
            if batch.is_close and not self._is_busy:
                self._on_close_sent()
        if not self._is_busy:
            self._on_idle()

    def idle_seconds(self, now: float) -> tuple[float, bool]:
        """Return the seconds since the last write or block, and whether a send blocks.

        It is called once a second for every socket, so that `write` need not read
        the clock. The result may be a second too low.
        """
        is_newly_blocked = self.is_blocked and not self._was_blocked
        if self._has_written or is_newly_blocked or not self._idle_since:
            self._idle_since = now
        self._has_written, self._was_blocked = False, self.is_blocked
        return now - self._idle_since, self.is_blocked

    async def drain(self) -> None:
        """Wait until all queued batches were written, or sending failed."""
        if not self._is_busy and not len(self.send_queue):
            return
        waiter = asyncio.get_running_loop().create_future()
        if self._drain_waiters is None:
            self._drain_waiters = []
        self._drain_waiters.append(waiter)
        await waiter

    def abort(self) -> None:
        """Drop all queued batches and cancel the blocked send."""
        self.send_queue.discard()
        if self._task is not None:
            self._task.cancel()
        self._release_waiters()

    async def _drain_queue(self, started_send: StartedSend, future: Any, batch: Batch) -> None:
        try:
            await _resume(started_send, future)
            self._on_batch_sent(batch)
            while (next_batch := self.send_queue.take()) is not None:
                self._sending = next_batch
                await self._send(next_batch.message)
                self._on_batch_sent(next_batch)
        except Exception as error:
            self._on_send_error(error)

    def _count_written(self, batch: Batch) -> None:
        self._has_written = True
        counters.delivered += batch.change_count
        if batch.live_count:
            self._meter.batch_written(batch, self.send_queue)
        elif batch.is_replay:
            self.send_queue.owed.replay_written(batch.topic)

    def _on_batch_sent(self, batch: Batch) -> None:
        self._sending = None
        self._count_written(batch)
        if batch.is_close:
            self._on_close_sent()

    def _on_close_sent(self) -> None:
        self.is_closed = True
        self.send_queue.discard()
        self.on_finished()

    def _on_task_done(self, started_send: StartedSend, _task: asyncio.Task[None]) -> None:
        started_send.close()
        if self._sending is not None:  # the send failed or was cancelled
            self._meter.withdrawn += self._sending.live_count
            self._sending = None
        self._task = None
        self._is_busy = False
        self.wake()

    def _on_idle(self) -> None:
        self._is_busy = False
        self._release_waiters()
        if self.send_queue.missed:
            self.on_drained()

    def _release_waiters(self) -> None:
        waiters, self._drain_waiters = self._drain_waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def _on_send_error(self, error: Exception) -> None:
        # Each server has its own exceptions for a client that disconnected.
        logger.debug("sending to a socket failed: %r", error)
        self._meter.errors["socket"].add()
        self.send_queue.discard()
        self.on_finished()


def _as_coroutine(send: Send) -> Send:
    """Wrap a `send` of a server that returns another kind of awaitable."""

    async def send_coroutine(message: dict[str, Any]) -> None:
        await send(message)

    return send_coroutine
