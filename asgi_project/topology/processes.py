"""Starts and stops the processes of a local topology."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from itertools import islice
from pathlib import Path
from typing import Self

from asgi_project.topology.compose_file import Service

START_TIMEOUT = 60.0
"""Seconds until a process must answer."""
LISTENING_PORTS = range(20_000, 32_768)
"""Below the ports of outgoing connections: those begin with 32768 on Linux, 49152 on macOS."""
STOP_TIMEOUT = 20.0
"""Seconds until a process that was asked to stop is killed; `stop_grace_period` in compose."""


class TopologyError(Exception):
    """A service did not start; the message says which, and what it wrote."""


class Topology:
    """The processes of the services, as a context. Each writes to files of its own.

    It knows nothing of what the services do.
    """

    def __init__(
        self,
        services: Iterable[Service],
        *,
        root: Path,
        folder: Path,
        environment: Mapping[str, str],
    ) -> None:
        """`environment` is what every process has; that of a service has precedence."""
        self.services = {service.name: service for service in services}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._root, self._folder, self._environment = root, folder, environment

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Run `migrate`, then start the apps and the proxy, each once the one before answers."""
        self.run("migrate")
        for name in self.app_names:
            self.start_app(name)
        self.start_service("proxy")
        self._wait("proxy", self.services["proxy"].environment["CADDY_HEALTH_PORT"], "/")

    def run(self, name: str) -> None:
        """Run a service that ends; raises TopologyError if it fails."""
        self.start_service(name)
        if self.processes.pop(name).wait(START_TIMEOUT):
            raise TopologyError(f"{name} failed:\n{self.log(name)}")

    @property
    def app_names(self) -> list[str]:
        """The names of the app processes."""
        return [name for name in self.services if name.startswith("app-")]

    def start_app(self, name: str) -> None:
        """Start an app process and wait until it is ready."""
        self.start_service(name)
        self._wait(name, self.services[name].environment["TROLLEY_PORT"], "/readyz")

    def start_service(self, name: str) -> None:
        """Start the process of a service."""
        service = self.services[name]
        output, errors = self._logs(name)
        with output.open("a") as stdout, errors.open("a") as stderr:
            self.processes[name] = subprocess.Popen(  # noqa: S603  (a command of our own file)
                service.command,
                cwd=self._root,
                env={**self._environment, **service.environment},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,  # Ctrl+C in the terminal is for us alone
            )

    def log(self, name: str) -> str:
        """Return what a service has written."""
        return "".join(path.read_text(errors="replace") for path in self._logs(name))

    def stop_app(self, name: str, number: int = signal.SIGTERM) -> float:
        """Signal a process and wait for its end; return the seconds that it took."""
        started_at = time.monotonic()
        process = self.processes.pop(name)
        process.send_signal(number)
        process.wait(STOP_TIMEOUT)
        return time.monotonic() - started_at

    def stop(self) -> None:
        """Stop every process: the proxy first, so that no request reaches what is stopping."""
        proxy = self.processes.pop("proxy", None)
        for group in ([proxy] if proxy else [], list(self.processes.values())):
            for process in group:
                process.terminate()
            for process in group:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_TIMEOUT)
                process.kill()
                process.wait()
        self.processes.clear()

    def ended(self) -> list[str]:
        """Return the names of the processes that ended by themselves."""
        return [name for name, process in self.processes.items() if process.poll() is not None]

    def _logs(self, name: str) -> tuple[Path, Path]:
        """Return the files with the standard output of a service, and with its log."""
        return self._folder / f"{name}.out", self._folder / f"{name}.log"

    def _wait(self, name: str, port: str, path: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and self.processes[name].poll() is None:
            if answers(int(port), path):
                return
            time.sleep(0.05)
        raise TopologyError(f"{name} did not start:\n{self.log(name)}")


def answers(port: int, path: str) -> bool:
    """Tell whether a path of this machine answers with 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def free_ports(count: int) -> list[int]:
    """Return ports on which nothing listens.

    They are not those that a system gives to outgoing connections: until a process listens on
    its port, such a connection could take it.
    """
    ports = random.sample(LISTENING_PORTS, len(LISTENING_PORTS))
    return list(islice(filter(is_free, ports), count))


def is_free(port: int) -> bool:
    """Tell whether a process could listen on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False
