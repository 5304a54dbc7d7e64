"""A standby of a PostgreSQL server, which falls behind and takes over."""

from __future__ import annotations

import shutil
import signal
import time

import psutil

from asgi_project.topology.processes import free_ports
from tests.support.postgres_server import PostgresServer
from tests.support.processes import TIMEOUT


class PostgresStandby:
    """Follows a server by streaming replication. It gets the address of the server afterwards."""

    def __init__(self, primary: PostgresServer) -> None:
        """Copy the running server, and follow it."""
        self._primary, self._data = primary, primary.folder / "standby"
        (port,) = free_ports(1)
        primary.run("pg_basebackup", "-D", str(self._data), "-R", "-c", "fast", "-d", primary.url)
        self._process = primary.start_process(self._data, port)
        self._wait_until_it_follows()

    def fall_behind(self) -> None:
        """Get nothing any more, as when the network between the two is gone."""
        (sender,) = self._senders()
        sender.send_signal(signal.SIGSTOP)

    def take_over(self) -> None:
        """Become the primary with what has arrived, at its address. The primary crashes."""
        self._primary.kill()
        self._run("promote")
        self._run("-m", "fast", "stop")
        self._process.wait(TIMEOUT)
        shutil.rmtree(self._primary.data)
        self._data.rename(self._primary.data)
        self._primary.start()

    def _run(self, *arguments: str) -> None:
        self._primary.run("pg_ctl", "-D", str(self._data), "-w", *arguments)

    def _senders(self) -> list[psutil.Process]:
        processes = psutil.Process(self._primary.process.pid).children()
        return [each for each in processes if "walsender" in " ".join(each.cmdline())]

    def _wait_until_it_follows(self) -> None:
        deadline = time.monotonic() + TIMEOUT
        query = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
        while self._primary.value(query) == 0:
            assert time.monotonic() < deadline, "the standby does not follow"
            time.sleep(0.05)
