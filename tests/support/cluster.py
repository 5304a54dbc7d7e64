"""An installation of several processes: PostgreSQL, Redis, and a supervisor with workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import psutil

from tests.support.databases import SETUP, parse_fixtures
from tests.support.installation import Installation
from tests.support.processes import RedisServer, ServerProcess


class Cluster(Installation):
    """Two workers on one port, with a Redis and a database of their own."""

    worker_count = 2

    def __init__(self, data: Path, *, database: str) -> None:
        self.database = database
        super().__init__(data, server="uvicorn", layer="redis-pubsub", redis=RedisServer())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.first_server.process.poll() is None:
            self.first_server.stop()
        assert self.redis is not None
        self.redis.kill()

    def _start(self) -> dict[str, Any]:
        """Start the workers, then create the fixtures: this database cannot be copied."""
        self.first_server = self.start_server("first")
        return parse_fixtures(self.shell(SETUP))

    def start_server(self, name: str, *, before: str = "", **environment: str) -> ServerProcess:
        """Start a supervisor with its workers."""
        server = ServerProcess(
            self.data,
            "--workers",
            str(self.worker_count),
            name=name,
            before=before,
            preloaded=True,
            **{**self.environment, "DATABASE_URL": self.database, **environment},
        )
        server.__enter__()
        self.servers.append(server)
        return server

    @property
    def workers(self) -> list[psutil.Process]:
        """The worker processes."""
        return psutil.Process(self.first_server.process.pid).children()
