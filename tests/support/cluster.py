"""An installation of several processes: PostgreSQL, Redis, and a supervisor with workers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg

from tests.support.installation import SETUP, Place, Redis, World, names_of


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """Make a database on this PostgreSQL for as long as the block runs."""
    name = f"cluster_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Cluster(World):
    """Two workers on one port, with a Redis and a database of their own."""

    def __init__(self, data: Path, *, database: str) -> None:
        self.database = database
        super().__init__(data, server="uvicorn", layer="redis-pubsub", redis=Redis())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.first.process.poll() is None:
            self.first.stop()
        assert self.redis is not None
        self.redis.kill()

    def _start(self) -> dict[str, Any]:
        """Start, and set up a database that cannot be copied."""
        self.first = self.serve("first")
        return names_of(self.shell(SETUP))

    def serve(self, name: str, **environment: str) -> Place:
        """Start a supervisor with two workers."""
        given = {**self.environment, "DATABASE_URL": self.database, **environment}
        place = Place(self.data, name, "--workers", "2", **given)
        self.places.append(place)
        place.__enter__()
        return place

    @property
    def workers(self) -> list[psutil.Process]:
        """The processes that answer."""
        return psutil.Process(self.first.process.pid).children()
