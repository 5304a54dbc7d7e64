"""Virtual time, and an event loop for each process: no threads, no real clock, no real I/O."""

from __future__ import annotations

import asyncio
import contextvars
import heapq
from asyncio.events import _set_running_loop
from collections import deque
from collections.abc import Callable
from typing import Any

STEP = 1e-6
"""Seconds that one callback of an event loop takes."""


class Scheduler:
    """Runs the events of all processes, clients and networks in the order of their times.

    Events of the same time run in the order in which they were added.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.events_run = 0
        self._sequence = 0
        self._events: list[tuple[float, int, Callable[..., object], tuple[Any, ...]]] = []

    def post(self, delay: float, run: Callable[..., object], *args: Any) -> None:
        """Run something after a delay."""
        self.post_at(self.now + delay, run, *args)

    def post_at(self, time: float, run: Callable[..., object], *args: Any) -> None:
        """Run something at a time."""
        self._sequence += 1
        heapq.heappush(self._events, (time, self._sequence, run, args))

    def run_until(self, end: float, is_over: Callable[[], bool] | None = None) -> None:
        """Run all events up to a time, or until `is_over`, which is asked now and then."""
        events = self._events
        while events and events[0][0] <= end:
            time, _, run, args = heapq.heappop(events)
            self.now = max(self.now, time)
            self.events_run += 1
            run(*args)
            if is_over is not None and self.events_run % 16 == 0 and is_over():
                return
        self.now = max(self.now, end)


class ProcessLoop(asyncio.AbstractEventLoop):
    """The event loop of one process. Its callbacks run in the order that asyncio promises.

    After `kill` nothing of the process runs again, and nothing that it still does has an effect.
    `on_step` is called before each callback: a process may be killed or paused there.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        name: str,
        enter: Callable[[], None],
        on_step: Callable[[], float],
        on_error: Callable[[dict[str, Any]], None],
    ) -> None:
        self._scheduler = scheduler
        self.name = name
        self._enter = enter
        self._on_step = on_step
        self._on_error = on_error
        self._ready: deque[asyncio.Handle] = deque()
        self._is_scheduled = False
        self._resume_at = 0.0
        self.is_dead = False
        self.tasks: list[asyncio.Task[Any]] = []

    def on_enter(self, enter: Callable[[], None]) -> None:
        """Call something else before each callback."""
        self._enter = enter

    def kill(self) -> None:
        """End the process at once."""
        self.is_dead = True
        self._ready.clear()

    # asyncio.AbstractEventLoop

    def call_soon(
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._enqueue(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._scheduler.now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        if not self.is_dead:
            self._scheduler.post_at(max(when, self._scheduler.now), self._on_timer, handle)
        return handle

    def time(self) -> float:
        return self._scheduler.now

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Any = None) -> Any:
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name="task", context=context)
        # A process that is killed leaves its tasks behind.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        self.tasks.append(task)
        return task

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self.is_dead:
            self._on_error(context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        pass

    # The world.

    def _on_timer(self, handle: asyncio.TimerHandle) -> None:
        if not (self.is_dead or handle.cancelled()):
            self._enqueue(handle)

    def _enqueue(self, handle: asyncio.Handle) -> None:
        if self.is_dead:
            return
        self._ready.append(handle)
        if not self._is_scheduled:
            self._is_scheduled = True
            self._scheduler.post_at(max(self._scheduler.now, self._resume_at), self._step)

    def _step(self) -> None:
        self._is_scheduled = False
        if self.is_dead:
            return
        pause = self._on_step()
        if self.is_dead:
            return
        if pause:
            self._resume_at = self._scheduler.now + pause
        elif self._ready:
            self._run(self._ready.popleft())
        if self._ready and not self.is_dead:
            self._is_scheduled = True
            self._scheduler.post_at(max(self._scheduler.now + STEP, self._resume_at), self._step)

    def _run(self, handle: asyncio.Handle) -> None:
        if handle.cancelled():
            return
        self._enter()
        _set_running_loop(self)
        try:
            handle._run()
        finally:
            _set_running_loop(None)
