"""The services of docker-compose.yml as processes of a test, on a database of their own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asgi_project.topology.compose_file import read_services
from asgi_project.topology.local_services import Place, local_services
from asgi_project.topology.processes import Topology, free_ports
from tests.support.processes import ROOT, TIME_SCALE, process_environment

VARIABLES = {
    "SECRET_KEY": secrets.token_urlsafe(48),
    "POSTGRES_PASSWORD": "postgres-password",
    "REDIS_PASSWORD": "redis-password",
}
"""What .env has for the profile `scale`."""


def compose_text() -> str:
    return (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def local_place(folder: Path, *, count: int, database_url: str, redis_url: str) -> Place:
    site_port, health_port, *app_ports = free_ports(count + 2)
    return Place(
        root=ROOT,
        folder=folder,
        database_url=database_url,
        redis_url=redis_url,
        site_port=site_port,
        health_port=health_port,
        app_ports=tuple(app_ports),
    )


@contextmanager
def local_topology(
    place: Place, *, time_scale: float = TIME_SCALE, **environment: str
) -> Iterator[Topology]:
    """Yield the processes of a place; none is started."""
    variables = {**process_environment(place.folder), **VARIABLES, **environment}
    variables |= {"TROLLEY_TIME_SCALE": str(time_scale), "PATH": os.environ["PATH"]}
    services = local_services(read_services(compose_text(), variables), place)
    with Topology(services, root=ROOT, folder=place.folder, environment=variables) as topology:
        yield topology
