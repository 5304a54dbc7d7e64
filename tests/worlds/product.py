"""Puts the product into a world: its clock, its database threads, its channel layer, its limits.

Everything else between the log and the socket is the product's own code.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from django.db import OperationalError

from live import db_threads
from live import runtime as runtime_module
from live.delivery import (
    change_log,
    change_sequence,
    hub,
    local_bus,
    ordered_delivery,
    publisher,
    relay,
    replay,
    send_queue,
)
from live.intervals import Intervals
from live.runtime import Runtime, _runtimes
from tests.worlds.database import START, Database
from tests.worlds.decisions import Decisions
from tests.worlds.layer import LayerOfProcess
from tests.worlds.scheduler import ProcessLoop, Scheduler

READS = (0.001, 0.0, 0.008, 0.05, 0.3, 2.2, None)
"""Seconds that one statement takes. None: the connection is lost."""
NEVER = 1e9
"""Seconds: what has nothing to do with lists is left out."""
INTERVALS = Intervals(
    sample_interval=NEVER,
    rollup_interval=NEVER,
    visit_interval=NEVER,
    health_interval=NEVER,
    guest_expiry_interval=NEVER,
)
LEFT_OUT = ("Sampler", "HistoryRecorder", "LoopLag", "ProcessReader")
"""Parts of the runtime that only measure."""
LIMITS: dict[str, tuple[Any, str]] = {
    "kept_changes": (change_sequence, "MAX_KEPT_CHANGES"),
    "early_changes": (change_sequence, "MAX_EARLY"),
    "queued_frames": (send_queue, "MAX_OUTBOUND_FRAMES"),
    "resumed_changes": (change_log, "MAX_RESUME_CHANGES"),
    "snapshot_items": (change_log, "MAX_SNAPSHOT_ITEMS"),
    "cached_readings": (replay, "MAX_CACHED_READINGS"),
    "batch_frames": (hub, "MAX_BATCH_FRAMES"),
    "slice_deliveries": (hub, "DELIVERIES_PER_SLICE"),
    "message_bytes": (ordered_delivery, "MAX_MESSAGE_BYTES"),
}
"""Limits of the product that a world may lower, so that a few changes exceed them."""


class Process:
    """One process of the product: an event loop and a runtime. `kill` ends it at any callback."""

    def __init__(
        self,
        name: str,
        *,
        scheduler: Scheduler,
        decisions: Decisions,
        database: Database,
        on_error: Callable[[str], None],
    ) -> None:
        self.name = name
        self._scheduler, self._decisions, self._database = scheduler, decisions, database
        self._on_error = on_error
        self.handlers: list[local_bus.Handler] = []
        self._direct_publisher = publisher.DirectPublisher()
        self.kill_in: int | None = None
        """How many more callbacks run before the process is killed."""
        self.on_killed: Callable[[Process], None] = lambda process: None
        self._pause = 0.0
        self._reads = 0
        self.is_stopping = False
        self.loop = ProcessLoop(
            scheduler,
            name=name,
            enter=self.enter,
            on_step=self._on_step,
            on_error=self._on_loop_error,
        )
        self.layer: LayerOfProcess
        self.runtime: Runtime

    def start(self) -> None:
        """Start the runtime, without the parts that have nothing to do with lists."""
        with self.entered():
            self.runtime = runtime = Runtime(INTERVALS)
            runtime.overview_topics.start = lambda: None  # type: ignore[method-assign]
            _runtimes[self.loop] = runtime
            runtime.start()

    def kill(self) -> None:
        """End the process at once, as a power cut does."""
        if not self.loop.is_dead:
            self.loop.kill()
            self.handlers.clear()
            self.on_killed(self)

    def stop(self) -> None:
        """Stop as a signal asks for: close the sockets, leave the groups, end."""
        self.is_stopping = True
        with self.entered():
            task = asyncio.ensure_future(self.runtime.stop())
        task.add_done_callback(lambda _: self.kill())

    def pause(self, seconds: float) -> None:
        """Let the process do nothing for a while, as a busy machine does."""
        self._pause = seconds

    def enter(self) -> None:
        """Let module variables of the product be those of this process."""
        _current.process = self
        local_bus._handlers = self.handlers
        publisher._direct_publisher = self._direct_publisher

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Run code as this process does in a callback of its loop."""
        self.enter()
        asyncio._set_running_loop(self.loop)
        try:
            yield
        finally:
            asyncio._set_running_loop(None)

    async def run_in_thread(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Answer a question to the database. Each statement takes its time."""
        steps = self._database.ask(function, args, kwargs)
        future = self.loop.create_future()
        if steps is not None:
            self._reads += 1
            self._next_step(steps, future, f"read {self.name} {self._reads}")
        return await future

    def _next_step(self, steps: Iterator[None], future: asyncio.Future[Any], key: str) -> None:
        """Run one statement, and the next one later."""
        seconds = READS[self._decisions.decide("read", key, len(READS))]
        if self.loop.is_dead:
            return
        if self._database.is_down or seconds is None:
            self._scheduler.post(0.001, self._answer, future, _lost_connection(), key)
            return
        try:
            next(steps)
        except StopIteration as answer:
            self._scheduler.post(seconds, self._answer, future, answer.value, key)
        else:
            self._scheduler.post(seconds, self._next_step, steps, future, f"{key}+")

    def _answer(self, future: asyncio.Future[Any], answer: Any, _key: str) -> None:
        if future.done() or self.loop.is_dead:
            return
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)

    def _on_step(self) -> float:
        if self.kill_in is not None:
            self.kill_in -= 1
            if self.kill_in < 0:
                self.kill()
        pause, self._pause = self._pause, 0.0
        return pause

    def _on_loop_error(self, context: Mapping[str, Any]) -> None:
        self._on_error(f"{self.name}: {context.get('message')}: {context.get('exception')!r}")


class _Current:
    """What runs at the moment."""

    process: Process | None = None
    hooks: list[Callable[[], None]] | None = None
    """The hooks after the commit of the transaction that records at the moment."""


_current = _Current()


def forget_runtime(process: Process) -> None:
    """Let the memory of a process be freed: a runtime refers to its event loop."""
    _runtimes.pop(process.loop, None)


def hooks_of(process: Process, record: Callable[[], None]) -> list[Callable[[], None]]:
    """Record a change in a thread of a process, and return what runs after its commit."""
    process.enter()
    hooks: list[Callable[[], None]] = []
    _current.hooks = hooks
    try:
        record()
    finally:
        _current.hooks = None
    return hooks


@contextmanager
def installed(
    scheduler: Scheduler,
    database: Database,
    limits: Mapping[str, int],
    *,
    seed: int,
    on_error: Callable[[str], None],
) -> Iterator[None]:
    """Let the product run in a world until the end of the context."""

    def now() -> float:
        return 1000.0 + scheduler.now

    def wall_time() -> float:
        return START.timestamp() + scheduler.now

    handler = _ErrorHandler(on_error)
    logger = logging.getLogger("live")
    level, propagate, handlers = logger.level, logger.propagate, logger.handlers
    replaced = [
        *((runtime_module, name, _LeftOut) for name in LEFT_OUT),
        (time, "monotonic", now),
        (time, "time", wall_time),
        (relay, "get_channel_layer", _layer),
        (publisher, "get_channel_layer", _layer),
        (publisher, "async_to_sync", _to_sync),
        (publisher, "_direct_publisher", None),
        (publisher, "transaction", SimpleNamespace(on_commit=_on_commit)),
        (db_threads, "database_sync_to_async", _to_thread),
        (change_log, "queries", database.queries),
        (local_bus, "_handlers", []),
        *((module, "perf_counter", now) for module in _modules_with_perf_counter()),
        *((*LIMITS[name], value) for name, value in limits.items()),
    ]
    originals = [(module, name, getattr(module, name)) for module, name, _ in replaced]
    state = random.getstate()
    try:
        for module, name, value in replaced:
            setattr(module, name, value)
        random.seed(seed)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.WARNING)
        yield
    finally:
        for module, name, value in originals:
            setattr(module, name, value)
        random.setstate(state)
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)
        _current.process = None


_perf_counter = time.perf_counter


@lru_cache(maxsize=1)
def _modules_with_perf_counter() -> list[Any]:
    return [
        module
        for name, module in sys.modules.items()
        if name.startswith("live.") and module.__dict__.get("perf_counter") is _perf_counter
    ]


class _LeftOut:
    """Stands for a part of the runtime that only measures: every method of it does nothing."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def __getattr__(self, name: str) -> _LeftOut:
        return self

    def __call__(self, *_args: Any, **_kwargs: Any) -> _LeftOut:
        return self

    def __await__(self) -> Iterator[None]:
        return iter(())


class _ErrorHandler(logging.Handler):
    """Passes on what the product logs of errors that it did not expect."""

    def __init__(self, on_error: Callable[[str], None]) -> None:
        super().__init__()
        self._on_error = on_error

    def emit(self, record: logging.LogRecord) -> None:
        process = _current.process
        is_alive = process is None or not process.loop.is_dead
        if is_alive and (record.levelno >= logging.ERROR or record.exc_info):
            error = record.exc_info[1] if record.exc_info else None
            self._on_error(f"{record.name}: {record.getMessage()}: {error!r}")


def _layer() -> LayerOfProcess:
    assert _current.process is not None
    return _current.process.layer


def _on_commit(hook: Callable[[], None], *, robust: bool) -> None:
    assert _current.hooks is not None
    _current.hooks.append(hook)


def _to_sync(function: Callable[..., Any]) -> Callable[..., None]:
    """Return a function that starts the work and, unlike the product's, does not wait for it."""
    process = _current.process
    assert process is not None

    def start(*args: Any) -> None:
        with process.entered():
            task = process.loop.create_task(function(*args))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    return start


def _to_thread(function: Callable[..., Any], **_options: Any) -> Callable[..., Any]:
    process = _current.process
    assert process is not None

    async def run(*args: Any, **kwargs: Any) -> Any:
        return await process.run_in_thread(function, args, kwargs)

    return run


class _LostError(Exception):
    """What a driver raises whose connection is lost."""

    sqlstate = "08006"


def _lost_connection() -> OperationalError:
    error = OperationalError("the connection is lost")
    error.__cause__ = _LostError()
    return error
