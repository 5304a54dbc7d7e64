"""What the servers stand on: a database for each run, and Redis. Temporary, loopback only."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench.processes import Server

Seed = Callable[[str], list[str]]
"""Fills the empty database at this URL and returns the tokens of its users."""


class Sqlite:
    """One file for each run, copied from one that was seeded once."""

    name = "sqlite"

    def __init__(self, folder: Path):
        self.folder = folder
        self.tokens: dict[str, list[str]] = {}
        self.used = 0

    def fresh(self, key: str, seed: Seed) -> tuple[str, list[str]]:
        """Return (url, tokens) of a database of its own, as `seed` leaves it."""
        original = self.folder / f"{key}.sqlite3"
        if key not in self.tokens:
            self.tokens[key] = seed(f"sqlite:///{original}")
        self.used += 1
        copy = self.folder / f"run{self.used}.sqlite3"
        for suffix in ("", "-wal", "-shm"):
            if (part := Path(f"{original}{suffix}")).exists():
                shutil.copy(part, f"{copy}{suffix}")
        return f"sqlite:///{copy}", self.tokens[key]

    def stop(self) -> None:
        pass


class Postgres:
    """One database for each run, made from a seeded template.

    The cluster is the one at BENCH_POSTGRES_URL, or a temporary one.
    """

    name = "postgres"

    def __init__(self, folder: Path, *, port: int, core: int | None):
        self.tokens: dict[str, list[str]] = {}
        self.made: list[str] = []
        self.server: Server | None = None
        self.url = os.environ.get("BENCH_POSTGRES_URL", "")
        if not self.url:
            self.server = temporary_cluster(folder / "postgres", port=port, core=core)
            self.url = f"postgres://bench@127.0.0.1:{port}/postgres"

    def fresh(self, key: str, seed: Seed) -> tuple[str, list[str]]:
        """Return (url, tokens) of a database of its own, as `seed` leaves it."""
        original = f"bench_{os.getpid()}_{key.replace('-', '_')}"
        if key not in self.tokens:
            self._create(original, "template0")
            self.tokens[key] = seed(self._at(original))
        copy = f"bench_{os.getpid()}_run{len(self.made)}"
        self._create(copy, original)
        return self._at(copy), self.tokens[key]

    def _at(self, database: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    def _create(self, database: str, template: str) -> None:
        self._execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        self.made.append(database)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        for database in self.made:
            self._execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        if self.server:
            self.server.stop()


def temporary_cluster(folder: Path, *, port: int, core: int | None) -> Server:
    """Start PostgreSQL on a new cluster; as the user postgres where we are root."""
    for program in ("initdb", "postgres"):
        if shutil.which(program) is None:
            raise RuntimeError(f"{program} is not on the PATH: set BENCH_POSTGRES_URL instead")
    as_user = "postgres" if os.geteuid() == 0 else None
    folder.mkdir()
    if as_user:
        folder.parent.chmod(0o755)
        shutil.chown(folder, as_user)
    init = ["initdb", "-D", str(folder), "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C"]
    subprocess.run(init, user=as_user, check=True, capture_output=True, cwd="/")
    command = ["postgres", "-D", str(folder), "-p", str(port), "-k", "", "-h", "127.0.0.1"]
    if as_user:
        command = ["setpriv", f"--reuid={as_user}", "--clear-groups", *command]
    server = Server(command, port=port, log=folder.parent / "postgres.log", core=core)
    server.wait_until_listening()
    return server


class Redis:
    """A Redis that keeps nothing on disk, or the one at BENCH_REDIS_URL."""

    def __init__(self, folder: Path, *, port: int, core: int | None):
        self.server: Server | None = None
        self.url = os.environ.get("BENCH_REDIS_URL", "")
        if not self.url:
            if shutil.which("redis-server") is None:
                raise RuntimeError("redis-server is not on the PATH: set BENCH_REDIS_URL instead")
            command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1"]
            command += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
            self.server = Server(command, port=port, log=folder / "redis.log", core=core)
            self.server.wait_until_listening()
            self.url = f"redis://127.0.0.1:{port}/0"

    def stop(self) -> None:
        if self.server:
            self.server.stop()
