"""The services that the servers need: a database for each run, and Redis.

They are temporary and listen on the loopback interface only.
"""

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
"""Fills the empty database at a URL and returns the tokens of its users."""


class Sqlite:
    """One file for each run, copied from a file that is seeded once."""

    name = "sqlite"

    def __init__(self, folder: Path):
        self.folder = folder
        self.tokens: dict[str, list[str]] = {}
        self.copies = 0

    def new_database(self, key: str, seed: Seed) -> tuple[str, list[str]]:
        """Return the URL of a new seeded database, and its tokens."""
        original = self.folder / f"{key}.sqlite3"
        if key not in self.tokens:
            self.tokens[key] = seed(f"sqlite:///{original}")
        self.copies += 1
        copy = self.folder / f"run{self.copies}.sqlite3"
        for suffix in ("", "-wal", "-shm"):
            if (source := Path(f"{original}{suffix}")).exists():
                shutil.copy(source, f"{copy}{suffix}")
        return f"sqlite:///{copy}", self.tokens[key]

    def stop(self) -> None:
        pass


class Postgres:
    """One database for each run, created from a seeded template.

    It uses the server at BENCH_POSTGRES_URL, or a temporary one.
    """

    name = "postgres"

    def __init__(self, folder: Path, *, port: int, core: int | None):
        self.tokens: dict[str, list[str]] = {}
        self.databases: list[str] = []
        self.server: Server | None = None
        self.url = os.environ.get("BENCH_POSTGRES_URL", "")
        if not self.url:
            self.server = start_postgres(folder / "postgres", port=port, core=core)
            self.url = f"postgres://bench@127.0.0.1:{port}/postgres"

    def new_database(self, key: str, seed: Seed) -> tuple[str, list[str]]:
        """Return the URL of a new seeded database, and its tokens."""
        original = f"bench_{os.getpid()}_{key.replace('-', '_')}"
        if key not in self.tokens:
            self._create(original, "template0")
            self.tokens[key] = seed(self._at(original))
        copy = f"bench_{os.getpid()}_run{len(self.databases)}"
        self._create(copy, original)
        return self._at(copy), self.tokens[key]

    def _at(self, database: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    def _create(self, database: str, template: str) -> None:
        self._execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        self.databases.append(database)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        for database in self.databases:
            self._execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        if self.server:
            self.server.stop()


def start_postgres(folder: Path, *, port: int, core: int | None) -> Server:
    """Start PostgreSQL on a new cluster, as the user postgres if this process runs as root."""
    for program in ("initdb", "postgres"):
        if shutil.which(program) is None:
            raise RuntimeError(
                f"{program} is not on the PATH: install it, or set BENCH_POSTGRES_URL"
            )
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
    """A Redis that stores nothing on disk, or the one at BENCH_REDIS_URL."""

    def __init__(self, folder: Path, *, port: int, core: int | None):
        self.server: Server | None = None
        self.url = os.environ.get("BENCH_REDIS_URL", "")
        if not self.url:
            if shutil.which("redis-server") is None:
                raise RuntimeError(
                    "redis-server is not on the PATH: install it, or set BENCH_REDIS_URL"
                )
            command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1"]
            command += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
            self.server = Server(command, port=port, log=folder / "redis.log", core=core)
            self.server.wait_until_listening()
            self.url = f"redis://127.0.0.1:{port}/0"

    def stop(self) -> None:
        if self.server:
            self.server.stop()
