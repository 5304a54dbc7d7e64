"""What differs when the services of docker-compose.yml run on one machine. Pure.

Containers have addresses and folders of their own, and Caddy has https. On one machine each
process has a port and a folder of its own, and users open http://localhost.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from asgi_project.topology.compose_file import Service

LOOPBACK = "127.0.0.1"
CONTAINER_CADDYFILE = "/etc/caddy/Caddyfile"


@dataclass(frozen=True)
class Place:
    """Where the services run on this machine."""

    root: Path
    """The project."""
    folder: Path
    """For the files of the processes."""
    database_url: str
    redis_url: str
    site_port: int
    health_port: int
    app_ports: tuple[int, ...]

    @property
    def url(self) -> str:
        """The URL that users open."""
        return f"http://localhost:{self.site_port}"


def local_services(services: Mapping[str, Service], place: Place) -> list[Service]:
    """Return `migrate`, as many apps as there are ports, and `proxy`, in the order of their start.

    The apps are all like app-1: the compose file makes them equal.
    """
    apps = [
        _trolley(services["app-1"], f"app-{number}", place, port=port)
        for number, port in enumerate(place.app_ports, 1)
    ]
    migrate = _trolley(services["migrate"], "migrate", place, port=place.site_port)
    return [migrate, *apps, _proxy(services["proxy"], place)]


def _trolley(service: Service, name: str, place: Place, *, port: int) -> Service:
    own = {
        "TROLLEY_HOST": LOOPBACK,
        "TROLLEY_PORT": str(port),
        "TROLLEY_DATA": str(place.folder / name),
        "TROLLEY_HTTPS": "false",
        "TROLLEY_URL": place.url,
        "ALLOWED_HOSTS": "localhost",
        "TROLLEY_TRUSTED_PROXIES": LOOPBACK,
        "DATABASE_URL": place.database_url,
        "REDIS_URL": place.redis_url,
    }
    return replace(
        service,
        name=name,
        command=[sys.executable if word == "python" else word for word in service.command],
        environment={**service.environment, **own},
    )


def _proxy(service: Service, place: Place) -> Service:
    caddyfile = str(place.root / "Caddyfile")
    own = {
        "CADDY_SITE": place.url,
        "CADDY_UPSTREAMS": " ".join(f"{LOOPBACK}:{port}" for port in place.app_ports),
        "CADDY_HEALTH_PORT": str(place.health_port),
        "HOME": str(place.folder),
        "XDG_DATA_HOME": str(place.folder / "caddy"),
        "XDG_CONFIG_HOME": str(place.folder / "caddy"),
    }
    return replace(
        service,
        command=[caddyfile if word == CONTAINER_CADDYFILE else word for word in service.command],
        environment={**service.environment, **own},
    )
