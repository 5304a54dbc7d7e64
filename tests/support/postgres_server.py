"""A PostgreSQL server of its own, which a test may kill, restart and put back."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self

import psutil
import psycopg

from asgi_project.topology.processes import free_ports
from tests.support.processes import TIMEOUT

PROGRAMS = Path("/usr/lib/postgresql")
OPTIONS = ("-c", "max_connections=200", "-c", "shared_buffers=64MB")


class PostgresServer:
    """Runs in a folder of its own, as the user postgres if this process runs as root."""

    def __init__(
        self, environment: Mapping[str, str] | None = None, *, initdb: Sequence[str] = ()
    ) -> None:
        """`environment` is what the server gets in addition, from its next start."""
        self.environment = dict(environment or {})
        self.folder = Path(mkdtemp(prefix="trolley-postgres-"))
        self.data = self.folder / "data"
        (self.port,) = free_ports(1)
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user)
        initial = ["-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        self.run("initdb", *initial, *initdb)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self.process = self.start_process(self.data, self.port)
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("PostgreSQL does not start: " + (self.folder / "log").read_text())

    def start_process(self, data: Path, port: int) -> subprocess.Popen[bytes]:
        """Start a server on this data, with the options of this one."""
        program = _program("postgres")
        command = [program, "-D", str(data), "-p", str(port), "-k", "", *OPTIONS]
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(
                command,
                user=self._user,
                cwd="/",
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )

    def stop(self, mode: str) -> None:
        """Stop the server: `fast` ends connections, `immediate` is a crash."""
        if self.process.poll() is None:
            self.run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")
            self.process.wait(TIMEOUT)

    def kill(self) -> None:
        """Kill all processes of the server at once, as a machine that fails."""
        parent = psutil.Process(self.process.pid)
        processes = [parent, *parent.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait(TIMEOUT)
        psutil.wait_procs(processes, TIMEOUT)

    def execute(self, statement: str) -> None:
        """Run a statement."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def value(self, statement: str) -> Any:
        """Return the first value of the only row of a query."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(statement).fetchone()
        assert row is not None
        return row[0]

    def keep_copy(self) -> None:
        """Keep the data as they are now. The server must have stopped."""
        self._run_command(["cp", "-a", str(self.data), str(self.folder / "copy")])

    def put_copy_back(self) -> None:
        """Replace the data by the copy. The server must have stopped."""
        shutil.rmtree(self.data)
        (self.folder / "copy").rename(self.data)

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL as the user of the server."""
        self._run_command([_program(program), *arguments])

    def _run_command(self, command: list[str]) -> None:
        subprocess.run(command, user=self._user, cwd="/", check=True, capture_output=True)


def _program(name: str) -> str:
    """Return the path of a program of the newest PostgreSQL."""
    paths = sorted(PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    path = str(paths[-1]) if paths else shutil.which(name)
    assert path, f"{name} is not installed"
    return path
