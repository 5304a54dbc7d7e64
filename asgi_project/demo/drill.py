"""Faults that the host of a demo can cause on purpose, to see what the screens do then."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from asgi_project.demo.server import DemoServer
from asgi_project.demo.stalled_reader import StalledReader

log = structlog.get_logger(__name__)

KILL_AFTER_SECONDS = 1.0
"""The process that is killed may be the one that still has to respond to the button."""
REDIS_SECONDS = 10.0
STALL_SECONDS = 15.0


@dataclass(frozen=True)
class Fault:
    """One fault: what the button says, what happens, and the function that does it."""

    title: str
    explanation: str
    run: Callable[[], None]


class UnknownFaultError(Exception):
    """There is no fault of this name in this demo."""


class FaultRunningError(Exception):
    """A fault is running; the next one can start when it has ended."""


class Drill:
    """Runs one fault at a time, each in a thread of its own, and tells what it does."""

    def __init__(self, faults: Mapping[str, Fault], prepare: Callable[[], None]) -> None:
        """`prepare` is called when a page shows at the faults, before one of them runs."""
        self._faults = faults
        self._prepare = prepare
        self._lock = threading.Lock()
        self._running: str | None = None
        self._since: dict[str, datetime] = {}
        self._error: str | None = None

    def start(self, name: str) -> None:
        """Start a fault; raises UnknownFaultError and FaultRunningError."""
        if name not in self._faults:
            raise UnknownFaultError(name)
        with self._lock:
            if self._running is not None:
                raise FaultRunningError(self._running)
            self._running, self._error = name, None
            self._since[name] = datetime.now(UTC)
        threading.Thread(target=self._run, args=(name,), daemon=True).start()

    def look(self) -> dict[str, Any]:
        """Prepare the faults, and return what `state` returns."""
        if self._running is None:
            self._prepare()
        return self.state()

    def state(self) -> dict[str, Any]:
        """Return the faults, which of them runs, and when each began last."""
        return {
            "running": self._running,
            "error": self._error,
            "faults": [
                {
                    "name": name,
                    "title": fault.title,
                    "explanation": fault.explanation,
                    "since": since.isoformat() if (since := self._since.get(name)) else None,
                }
                for name, fault in self._faults.items()
            ],
        }

    def _run(self, name: str) -> None:
        try:
            self._faults[name].run()
        except Exception as error:
            log.exception("the fault %s failed", name)
            self._error = str(error)
        finally:
            self._running = None


class OlderCopy:
    """A copy of the database of the demo, to be put back later under the running server."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._copy = database.with_name("older-copy.sqlite3")
        self.take()

    def take(self) -> None:
        """Copy the database as it is now."""
        _copy_database(self._database, self._copy)

    def put_back(self) -> None:
        """Make the database what it was."""
        _copy_database(self._copy, self._database)


def _copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)


def faults_of(
    server: DemoServer,
    copy: OlderCopy,
    reader: StalledReader,
    wait: Callable[[float], object],
) -> dict[str, Fault]:
    """Return the faults that this demo can have. `wait` waits for a number of seconds."""

    def kill_process() -> None:
        wait(KILL_AFTER_SECONDS)
        server.kill_process()

    def drop_redis() -> None:
        server.kill_redis()
        wait(REDIS_SECONDS)
        server.start_redis()

    def stall_reader() -> None:
        with reader.stalled():
            wait(STALL_SECONDS)

    faults = {
        "kill": Fault(
            "Kill a process",
            "One process that serves ends at once. Its screens connect again and get what "
            "they missed.",
            kill_process,
        ),
        "stall": Fault(
            "Stall a reader",
            f"Cleo's tablet reads nothing for {STALL_SECONDS:.0f} s. Others wait for nothing.",
            stall_reader,
        ),
        "restore": Fault(
            "Put an older copy back",
            "The database is what it was when this page was opened. Every screen notices that its "
            "history is another one.",
            copy.put_back,
        ),
    }
    if server.has_redis:
        faults["redis"] = Fault(
            "Stop Redis",
            f"Redis is away for {REDIS_SECONDS:.0f} s. Edits are saved; screens of other "
            "processes read them from the database.",
            drop_redis,
        )
    return faults
