"""Runs rounds: each lets users edit lists, causes one fault meanwhile, and judges."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Self

from tests.faults.catalogue import Database, Fault
from tests.faults.installation import (
    AnyInstallation,
    FaultyInstallation,
    SqliteInstallation,
    create_users,
)
from tests.faults.members import LastingSocket, findings_of_left, visit
from tests.faults.oracle import Round
from tests.faults.resources import Sample
from tests.support.full_disk import FullDisk
from tests.support.native_library import merged
from tests.support.postgres_server import PostgresServer
from tests.support.shifted_clock import ShiftedClock
from trolley_check.history import History
from trolley_check.judge import Finding
from trolley_check.trial import Options, Outcome, Trial

GRACE = 180.0
"""Seconds that the threads of a round that hangs have to end after its processes were killed."""


@dataclass(frozen=True)
class Load:
    """What the users do in each round. `timeout` is in seconds, and for the whole round."""

    users: int
    sockets: int
    rate: float
    seconds: float
    timeout: float
    histories: Path | None = None
    """Where histories with findings are kept."""


class Runner:
    """Runs all rounds on one installation, and goes on with another one after a round that hangs.

    It does not decide which rounds there are.
    """

    def __init__(self, load: Load, on_stuck: Callable[[Round], None]) -> None:
        """`on_stuck` gets a round that cannot be ended. Then this process exits."""
        self._load, self._on_stuck = load, on_stuck
        self._stack = ExitStack()
        self._loop = asyncio.Runner()
        self._installation: AnyInstallation | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def run(self, fault: Fault, seed: int) -> Round:
        """Run one round."""
        this, began = Round(fault.name, seed), time.monotonic()
        if self._installation and self._database != fault.database:
            self._close()
        installation = self._installation or self._start(fault.database)
        watchdog = threading.Timer(self._load.timeout + GRACE, self._give_up, (this, installation))
        watchdog.daemon = True
        watchdog.start()
        try:
            is_over = self._loop.run(self._round(installation, fault, this))
            if not is_over:
                self._close()
        finally:
            watchdog.cancel()
        this.seconds = time.monotonic() - began
        return this

    def _start(self, database: Database) -> AnyInstallation:
        enter = self._stack.enter_context
        folder = Path(enter(TemporaryDirectory(prefix="trolley-faults-")))
        installation: AnyInstallation
        if database == "sqlite":
            disk = enter(FullDisk(folder / "data"))
            installation = enter(SqliteInstallation(folder, disk))
        else:
            clock, postgres = enter(ShiftedClock()), PostgresServer()
            disk = enter(FullDisk(postgres.data / "base"))
            postgres.environment = merged(clock.environment, disk.environment)
            enter(postgres)
            installation = enter(FaultyInstallation(folder, postgres, clock, disk))
        self._tokens = create_users(installation, self._load.users)
        self._lasting = LastingSocket(installation)
        self._loop.run(self._lasting.start())
        self._database, self._installation = database, installation
        return installation

    def _close(self) -> None:
        """End the installation, after the threads of its rounds."""
        self._installation = None
        self._loop.close()
        self._loop = asyncio.Runner()
        self._stack.close()

    async def _round(self, installation: AnyInstallation, fault: Fault, this: Round) -> bool:
        """Run a round, and tell whether it has ended in time; otherwise kill its processes."""
        load = self._load
        trials = [self._trial(installation, token, this.seed) for token in self._tokens]
        running = [asyncio.create_task(trial.run()) for trial in trials]
        causing = asyncio.create_task(cause(installation, fault, Random(this.seed), load.seconds))
        visiting = asyncio.create_task(visit(installation, Random(this.seed), load.seconds))
        _, late = await asyncio.wait([*running, causing, visiting], timeout=load.timeout)
        if late:
            this.findings.append(hung(load.timeout))
            await asyncio.to_thread(installation.kill)
            for task in late:
                task.cancel()
        outcomes = await asyncio.gather(*running, return_exceptions=True)
        injected, visited = await asyncio.gather(causing, visiting, return_exceptions=True)
        if late:
            return False
        self._judge(this, fault, outcomes, injected)
        if isinstance(visited, BaseException):
            this.findings.append(broken_off("a visitor", visited))
        await self._look_afterwards(installation, this)
        return True

    async def _look_afterwards(self, installation: AnyInstallation, this: Round) -> None:
        """Add what the clients that have gone leave behind, and what the processes take."""
        try:
            this.findings += await findings_of_left(installation)
            this.oldest_socket = await self._lasting.receive()
            this.samples += samples_of(installation)
        except Exception as error:  # an error of the installation is a finding, too
            this.findings.append(broken_off("the look at what is left", error))

    def _trial(self, installation: AnyInstallation, token: str, seed: int) -> Trial:
        options = Options(
            url=installation.first_server.url,
            token=token,
            seconds=self._load.seconds,
            sockets=self._load.sockets,
            edits_per_second=self._load.rate,
            seed=seed,
        )
        return Trial(options, lambda _: None)

    def _judge(
        self,
        this: Round,
        fault: Fault,
        outcomes: list[Outcome | BaseException],
        injected: int | BaseException,
    ) -> None:
        """Add what the judge says of each trial. One that an error has ended is a finding."""
        for number, outcome in enumerate(outcomes):
            if isinstance(outcome, BaseException):
                this.findings.append(broken_off("a trial", outcome))
                continue
            before = len(this.findings)
            this.add(outcome, loses_edits=fault.loses_edits)
            if len(this.findings) > before and self._load.histories:
                keep(outcome.history, self._load.histories / f"{this.seed}-{number}.jsonl")
        if isinstance(injected, BaseException):
            this.findings.append(broken_off("the fault", injected))
        else:
            this.injected = injected

    def _give_up(self, this: Round, installation: AnyInstallation) -> None:
        """End everything: a thread of the round has not ended although no process is left."""
        installation.kill()
        if not this.findings:
            this.findings.append(hung(self._load.timeout))
        self._on_stuck(this)
        os._exit(1)


async def cause(installation: AnyInstallation, fault: Fault, rng: Random, seconds: float) -> int:
    """Cause a fault again and again while clients edit; return how often."""
    end, count = time.monotonic() + seconds, 0
    await asyncio.sleep(rng.uniform(2, 4))
    while time.monotonic() < end:
        await asyncio.to_thread(fault.run, installation, rng)
        count += 1
        await asyncio.sleep(min(rng.uniform(*fault.pause), max(0, end - time.monotonic())))
    return count


def samples_of(installation: AnyInstallation) -> list[Sample]:
    """Return what each process takes now."""
    now, processes = time.monotonic(), installation.living_workers
    return [Sample(now, each.pid, each.memory_info().rss, each.num_fds()) for each in processes]


def hung(timeout: float) -> Finding:
    """Return the finding of a round that did not end."""
    return Finding("hung", "", f"the round did not end within {timeout:.0f} s")


def broken_off(what: str, error: BaseException) -> Finding:
    """Return the finding of a round that an error has ended."""
    return Finding("broken off", "", f"{what} ended with {error!r}")


def keep(history: History, path: Path) -> None:
    """Write the history of a trial in which a promise was broken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    history.write(path)
