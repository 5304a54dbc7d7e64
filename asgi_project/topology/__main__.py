"""Run the profile `scale` of docker-compose.yml as processes, until Ctrl+C: `./run scale`.

1. Read the environment and .env, as compose does.
2. Take DATABASE_URL and REDIS_URL, or the servers that `./run` has started or found.
3. Prepare the database, start the processes and Caddy, and print the URL.
4. Start again what ends by itself.
5. At a signal to stop, stop everything, and delete the database if it is a temporary one.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from asgi_project.topology.compose_file import read_services
from asgi_project.topology.env_file import EnvFileError, read_env_file
from asgi_project.topology.local_services import Place, local_services
from asgi_project.topology.processes import Topology, TopologyError, free_ports, is_free
from asgi_project.topology.temporary_database import temporary_database

ROOT = Path(__file__).resolve().parents[2]
MAX_PROCESSES = 32
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
RESTART_INTERVAL = 1.0
"""Seconds between two looks at the processes, and before an ended one is started again."""


def main() -> None:
    """Run until a signal to stop. Every error is one line, or the log of what did not start."""
    arguments = _arguments()
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    try:
        _require_port(arguments.port)
        variables = {**_env_file(), **os.environ}
        with TemporaryDirectory(prefix="trolley-scale-") as folder, _database(variables) as url:
            _serve(_place(arguments, Path(folder), url, variables), variables)
    except (TopologyError, EnvFileError) as error:
        sys.exit(f"trolley: {error}")


def _stop(*_: object) -> NoReturn:
    """End, and let no second signal interrupt the end: a terminal sends it to us and to `./run`."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run scale")
    parser.add_argument("count", nargs="?", type=_count, default=3, help="processes (default: 3)")
    parser.add_argument("--port", type=int, default=8000, help="port of Caddy (default: 8000)")
    return parser.parse_args()


def _require_port(port: int) -> None:
    if not is_free(port):
        message = "stop what uses it, or choose another with --port"
        raise TopologyError(f"port {port} is in use: {message}")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_PROCESSES:
        raise ArgumentTypeError(f"{text} is not a number of processes from 1 to {MAX_PROCESSES}")
    return int(text)


def _env_file() -> dict[str, str]:
    path = ROOT / ".env"
    return read_env_file(path.read_text(encoding="utf-8")) if path.is_file() else {}


@contextmanager
def _database(variables: dict[str, str]) -> Iterator[str]:
    """Yield the URL of the configured database, or of a temporary one."""
    if url := variables.get("DATABASE_URL"):
        yield url
        return
    variables.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
    with temporary_database(variables["TROLLEY_TEST_POSTGRES"]) as url:
        yield url


def _place(arguments: Namespace, folder: Path, url: str, variables: dict[str, str]) -> Place:
    health_port, *app_ports = free_ports(arguments.count + 1)
    return Place(
        root=ROOT,
        folder=folder,
        database_url=url,
        redis_url=variables.get("REDIS_URL") or variables["TROLLEY_TEST_REDIS"],
        site_port=arguments.port,
        health_port=health_port,
        app_ports=tuple(app_ports),
    )


def _serve(place: Place, variables: dict[str, str]) -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    services = local_services(read_services(compose, variables), place)
    with Topology(services, root=ROOT, folder=place.folder, environment=variables) as topology:
        topology.start()
        _print_instructions(place, topology)
        while True:
            time.sleep(RESTART_INTERVAL)
            for name in topology.ended():
                print(f"trolley: {name} ended, and is started again", file=sys.stderr)  # noqa: T201
                topology.start_service(name)


def _print_instructions(place: Place, topology: Topology) -> None:
    link = re.search(r"^Create the owner.*$", topology.log("migrate"), re.MULTILINE)
    ports = ", ".join(map(str, place.app_ports))
    lines = [
        f"Trolley is serving on {place.url}/ by Caddy, with processes on the ports {ports}",
        *([link[0]] if link else []),
        f"Their logs are in {place.folder}. Press Ctrl+C to stop.",
    ]
    print("\n".join(lines), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
