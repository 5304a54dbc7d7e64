"""The server of the demo and its Redis, as processes that a fault can kill and start again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil
from django.conf import settings

STARTUP_TIMEOUT = 30.0
"""Seconds until the server must answer."""
STOP_TIMEOUT = 15.0
"""Seconds for a server that was asked to stop."""
WORKERS = 2


class StartupError(Exception):
    """The server or Redis did not start."""


class DemoServer:
    """Trolley with two processes and Redis, or with one process where Redis is not installed."""

    def __init__(self, host: str, port: int, control: Path) -> None:
        self.host, self.port = host, port
        self._control = control
        self._lock = threading.Lock()
        self._is_stopping = False
        self._redis_port = free_port() if shutil.which("redis-server") else None
        self._redis: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def has_redis(self) -> bool:
        """Whether the processes are connected by Redis."""
        return self._redis_port is not None

    def start(self) -> None:
        """Start Redis and the server, and wait until it answers; raises StartupError."""
        if self.has_redis:
            self.start_redis()
        self._start_server()
        deadline = time.monotonic() + STARTUP_TIMEOUT
        while not self.answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise StartupError("the server did not start")
            time.sleep(0.05)

    def run(self) -> None:
        """Start the server again whenever it ends, until `stop`."""
        while not self._is_stopping:
            self._process.wait()
            with self._lock:
                if not self._is_stopping:
                    self._start_server()

    def stop(self) -> None:
        """Stop the server and Redis."""
        with self._lock:
            self._is_stopping = True
        if self._server is not None:
            self._server.terminate()
            self._server.wait(STOP_TIMEOUT)
        self.kill_redis()

    def kill_process(self) -> None:
        """Kill one process that serves, as a lack of memory would. Another one replaces it."""
        workers = psutil.Process(self._process.pid).children()
        victim = workers[0].pid if workers else self._process.pid
        os.kill(victim, signal.SIGKILL)

    def kill_redis(self) -> None:
        """Kill Redis. The processes go on without it."""
        if self._redis is not None:
            self._redis.kill()
            self._redis.wait()

    def start_redis(self) -> None:
        """Start Redis with nothing in it, and wait until it listens; raises StartupError.

        Another program may have its port for a moment: a port that nobody listens on is
        given to outgoing connections too. So it is started again if it ends.
        """
        command = ["redis-server", "--port", str(self._redis_port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no"]
        deadline = time.monotonic() + STARTUP_TIMEOUT
        while time.monotonic() < deadline:
            # Ctrl+C reaches every process of a terminal, and the server must end first.
            self._redis = subprocess.Popen(  # noqa: S603
                command, stdout=subprocess.DEVNULL, start_new_session=True
            )
            while self._redis.poll() is None:
                if self._redis_listens():
                    return
                time.sleep(0.02)
        raise StartupError("Redis did not start")

    def _redis_listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._redis_port), 1):
            return True
        return False

    def answers(self) -> bool:
        """Tell whether the server answers."""
        connection = HTTPConnection(self.host, self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        assert self._server is not None
        return self._server

    def _start_server(self) -> None:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve"]
        command += ["--host", self.host, "--port", str(self.port)]
        environment = {**os.environ, "TROLLEY_DEMO_CONTROL": str(self._control)}
        if self.has_redis:
            environment["REDIS_URL"] = f"redis://127.0.0.1:{self._redis_port}/0"
            environment["TROLLEY_WORKERS"] = str(WORKERS)
        self._server = subprocess.Popen(  # noqa: S603  (our own server)
            command, env=environment, stdout=subprocess.DEVNULL
        )


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
