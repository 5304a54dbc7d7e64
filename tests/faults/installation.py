"""Installations that faults may break: three processes, or one on SQLite."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil

from tests.support.cluster import Cluster
from tests.support.full_disk import FullDisk
from tests.support.installation import Installation
from tests.support.postgres_server import PostgresServer
from tests.support.shifted_clock import ShiftedClock

REAL_TIME = {"TROLLEY_TIME_SCALE": "1", "TROLLEY_ACCESS_LOG": "false"}
IN_PROCESS = Path(__file__).parent / "in_process"
CREATE_USERS = """
from accounts.models import ApiToken, User
for number in range({count}):
    user = User.objects.create_user(f"user{{number}}", password="correct horse battery")
    print("TOKEN", ApiToken.objects.create(user=user, name="faults")[1])
"""


def create_users(installation: Installation, count: int) -> list[str]:
    """Create users, and return the tokens of their scripts."""
    output = installation.shell(CREATE_USERS.format(count=count))
    return [line.split()[1] for line in output.splitlines() if line.startswith("TOKEN ")]


class SqliteInstallation(Installation):
    """One process on SQLite, in real time."""

    preloaded = False

    def __init__(self, folder: Path, disk: FullDisk) -> None:
        """`disk` is that of the folder `data` in `folder`."""
        self.disk = disk
        super().__init__(folder / "data", server="uvicorn", layer="memory", redis=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> dict[str, Any]:
        self.environment |= {**self.disk.environment, **REAL_TIME}
        return super()._start()

    def kill(self) -> None:
        """Kill the process."""
        self.first_server.process.kill()

    @property
    def living_workers(self) -> list[psutil.Process]:
        """The process."""
        return [psutil.Process(self.first_server.process.pid)]


class FaultyInstallation(Cluster):
    """Three processes with a PostgreSQL and a Redis of their own, in real time.

    Its processes know the faults of `in_process`.
    """

    worker_count = 3

    def __init__(
        self, folder: Path, postgres: PostgresServer, clock: ShiftedClock, disk: FullDisk
    ) -> None:
        """`disk` is that of the tables of `postgres`."""
        self.postgres, self.clock, self.disk = postgres, clock, disk
        self.switches = folder / "switches"
        self.switches.mkdir()
        super().__init__(folder / "data", database=postgres.url)

    def _start(self) -> dict[str, Any]:
        self.environment |= {
            **self.clock.environment,
            "PYTHONPATH": str(IN_PROCESS),
            "FAULT_SWITCHES": str(self.switches),
            **REAL_TIME,
        }
        return super()._start()

    def kill(self) -> None:
        """Kill all processes of the installation, also the suspended ones."""
        supervisor = self.first_server.process
        workers = self.workers if supervisor.poll() is None else []
        supervisor.kill()
        for worker in workers:
            with suppress(psutil.NoSuchProcess):
                worker.kill()
        assert self.redis is not None
        self.redis.process.kill()
        if self.postgres.process.poll() is None:
            self.postgres.kill()

    @property
    def living_workers(self) -> list[psutil.Process]:
        """The worker processes that have not ended."""
        return [each for each in self.workers if each.status() != psutil.STATUS_ZOMBIE]


AnyInstallation = FaultyInstallation | SqliteInstallation
