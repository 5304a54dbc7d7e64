"""Writes one socket's mailbox to its `send`, without a task while nothing blocks.

A task for each delivery costs about as much as the delivery. So the coroutine
that `send` returns is driven by hand for its first step: with room in the
server's buffer it ends there. If it waits instead, the started coroutine is
handed to a task, and the mailbox fills until that task comes back.
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

logger = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]
Step = Generator[Any, Any, None]


@types.coroutine
def _resume(step: Step, waiting: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine whose first step gave `waiting`."""
    while True:
        value, failure = None, None
        try:
            value = yield waiting
        except BaseException as error:
            failure = error
        try:
            waiting = step.send(value) if failure is None else step.throw(failure)
        except StopIteration:
            return


class SocketWriter:
    """Drains a mailbox into a socket. It does not decide what is sent.

    `drained` is called when the mailbox is empty but misses something,
    `finished` when the close was sent or the socket broke.
    """

    __slots__ = (
        "_busy",
        "_send",
        "_since",
        "_task",
        "_waiters",
        "_was_blocked",
        "active",
        "closed",
        "drained",
        "finished",
        "send_queue",
    )

    def __init__(self, send: Send) -> None:
        self.send_queue = SendQueue(self.wake, self.write)
        self.active = False
        """Whether anything was written since the last look (`silent_for`, `stalled`)."""
        self.drained: Callable[[], None] = _nothing
        self.finished: Callable[[], None] = _nothing
        self._send = send if iscoroutinefunction(send) else _as_coroutine(send)
        self._busy = False
        self._task: asyncio.Task[None] | None = None
        self._since = 0.0
        self._was_blocked = False
        self.closed = False
        """Whether the close was sent."""
        self._waiters: list[asyncio.Future[None]] | None = None

    @property
    def blocked(self) -> bool:
        """Whether a send waits for the peer."""
        return self._task is not None

    def write(self, batch: Batch) -> bool:
        """Write one batch now; False if an earlier one still waits for the peer."""
        if self._busy:
            return False
        self._busy = True
        step: Any = self._send(batch.message)
        try:
            waiting = step.send(None)
        except StopIteration:
            self._busy = False
            self.active = True
            counters.delivered += batch.frames
            return True
        except Exception as error:
            self._on_send_error(error)
            self._idle()
            return True
        self._task = asyncio.ensure_future(self._drain_queue(step, waiting, batch))
        # Not `finally`: a task cancelled before its first step never gets there.
        self._task.add_done_callback(partial(self._on_task_done, step))
        return True

    def wake(self) -> None:
        """Write what is queued, until the mailbox is empty or a send blocks."""
        while not self._busy and (batch := self.send_queue.take()) is not None:
            self.write(batch)
            if batch.closes and not self._busy:
                self._closed()
        if not self._busy:
            self._idle()

    def idle_seconds(self, now: float) -> tuple[float, bool]:
        """Return the seconds since the last write (or block), and whether a send blocks.

        Asked once a second for every socket, so that writing itself need not
        read the clock: the answer may be a second short.
        """
        blocks_anew = self.blocked and not self._was_blocked
        if self.active or blocks_anew or not self._since:
            self._since = now
        self.active, self._was_blocked = False, self.blocked
        return now - self._since, self.blocked

    async def drain(self) -> None:
        """Wait until everything queued was written, or the socket broke."""
        if not self._busy and not len(self.send_queue):
            return
        waiter = asyncio.get_running_loop().create_future()
        if self._waiters is None:
            self._waiters = []
        self._waiters.append(waiter)
        await waiter

    def abort(self) -> None:
        """Give up: the socket is gone, or is not worth waiting for."""
        self.send_queue.discard()
        if self._task is not None:
            self._task.cancel()
        self._release()

    def _closed(self) -> None:
        self.closed = True
        self.send_queue.discard()
        self.finished()

    async def _drain_queue(self, step: Step, waiting: Any, batch: Batch) -> None:
        try:
            await _resume(step, waiting)
            self._sent(batch)
            while (following := self.send_queue.take()) is not None:
                await self._send(following.message)
                self._sent(following)
        except Exception as error:
            self._on_send_error(error)

    def _sent(self, batch: Batch) -> None:
        self.active = True
        counters.delivered += batch.frames
        if batch.closes:
            self._closed()

    def _on_task_done(self, step: Step, _task: asyncio.Task[None]) -> None:
        step.close()
        self._task = None
        self._busy = False
        self.wake()

    def _idle(self) -> None:
        self._busy = False
        self._release()
        if self.send_queue.missed:
            self.drained()

    def _release(self) -> None:
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def _on_send_error(self, error: Exception) -> None:
        # Servers say "the client has gone" with exceptions of their own.
        logger.debug("socket broke while sending: %r", error)
        self.send_queue.discard()
        self.finished()


def _as_coroutine(send: Send) -> Send:
    """Wrap a `send` of a server that returns some other awaitable."""

    async def wrapped(message: dict[str, Any]) -> None:
        await send(message)

    return wrapped


def _nothing() -> None:
    return None
