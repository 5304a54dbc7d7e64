"""A parent process that forks Python processes with third-party modules already imported.

Half of the time that a server or a management command needs to start goes into importing
packages. The parent imports them once. It imports no module of the product, and none that
needs settings or creates an event loop, so that each child starts like a new process.

The protocol is one Unix connection for each child: the client sends the arguments and the
environment with three file descriptors, and receives the process id and, later, the exit
code. `PreloadedProcess` is the client, with the interface of `subprocess.Popen`.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import selectors
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, Any

MODULES = (
    "argon2",
    "channels.generic.websocket",
    "channels_redis.core",
    "channels_redis.pubsub",
    "cryptography.hazmat.primitives.hashes",
    "django.contrib.admin.options",
    "django.contrib.auth.hashers",
    "django.contrib.staticfiles.handlers",
    "django.core.handlers.asgi",
    "django.core.management.commands.migrate",
    "django.core.management.commands.shell",
    "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base",
    "django.db.migrations.executor",
    "django.forms",
    "django.template.backends.django",
    "django.views.debug",
    "httptools",
    "jsonschema",
    "msgspec",
    "psycopg",
    "redis.asyncio",
    "rest_framework.exceptions",
    "rest_framework.serializers",
    "structlog",
    "uritemplate",
    "uvicorn.loops.auto",
    "uvicorn.main",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
    "whitenoise.base",
    "yaml",
)
NUMBER = struct.Struct("!i")
MAX_REQUEST = 1 << 20
is_available = hasattr(os, "pidfd_open")
"""Only Linux has it; elsewhere processes start without the parent."""


class PreloadedProcess:
    """A child of the parent process. It has what the tests use of `subprocess.Popen`."""

    def __init__(
        self, arguments: Sequence[str], *, env: dict[str, str], stdout: IO[Any], stderr: IO[Any]
    ) -> None:
        """Run `python ARGUMENTS…`: a script with its arguments, or -c with code."""
        self.returncode: int | None = None
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._connection.connect(_parent_address())
        request = json.dumps([list(arguments), env]).encode()
        with open(os.devnull) as stdin:  # noqa: PTH123
            files = [stdin.fileno(), stdout.fileno(), stderr.fileno()]
            socket.send_fds(self._connection, [request], files)
        (self.pid,) = NUMBER.unpack(self._connection.recv(NUMBER.size))

    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs."""
        return self._receive_exit_code(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit code; raises subprocess.TimeoutExpired."""
        code = self._receive_exit_code(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def _receive_exit_code(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                (self.returncode,) = NUMBER.unpack(self._connection.recv(NUMBER.size))
            except (BlockingIOError, TimeoutError):
                return None
            self._connection.close()
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the process."""
        self.send_signal(signal.SIGKILL)


@cache
def _parent_address() -> str:
    """Start the parent process of this test process, and return the address of its socket."""
    folder = mkdtemp(prefix="trolley-preload-")
    address = f"{folder}/socket"
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.support.preload", address],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"ready\n"
    atexit.register(_stop_parent, parent, folder)
    return address


def _stop_parent(parent: subprocess.Popen[bytes], folder: str) -> None:
    assert parent.stdin is not None
    parent.stdin.close()
    parent.wait()
    Path(folder, "socket").unlink()
    Path(folder).rmdir()


class Parent:
    """Forks a child for each connection, and reports its exit code there."""

    def __init__(self, address: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(address)
        self._listener.listen()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(sys.stdin, selectors.EVENT_READ, sys.exit)

    def run(self) -> list[str]:
        """Fork until the test process closes stdin; return, in each child, its arguments."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("ready", flush=True)
        while True:
            for key, _ in self._selector.select():
                if arguments := key.data():
                    return arguments

    def _accept(self) -> list[str] | None:
        connection, _ = self._listener.accept()
        request, files, _, _ = socket.recv_fds(connection, MAX_REQUEST, 3)
        arguments, environment = json.loads(request)
        pid = os.fork()
        if pid == 0:
            connection.close()
            self._prepare_child(environment, files)
            return arguments
        for file in files:
            os.close(file)
        connection.send(NUMBER.pack(pid))
        pidfd = os.pidfd_open(pid)
        report = partial(self._report_exit, connection, pid, pidfd)
        self._selector.register(pidfd, selectors.EVENT_READ, report)
        return None

    def _prepare_child(self, environment: dict[str, str], files: list[int]) -> None:
        """Close what belongs to the parent, and take over the environment and the files."""
        for key in list(self._selector.get_map().values()):
            if key.fileobj is not sys.stdin:
                os.close(key.fd)
        self._selector.close()
        self._listener.detach()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.environ.clear()
        os.environ.update(environment)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def _report_exit(self, connection: socket.socket, pid: int, pidfd: int) -> None:
        self._selector.unregister(pidfd)
        os.close(pidfd)
        status = os.waitpid(pid, 0)[1]
        # The test process may have dropped its end.
        with connection, suppress(OSError):
            connection.send(NUMBER.pack(os.waitstatus_to_exitcode(status)))


def run_python(arguments: list[str]) -> None:
    """Do what `python ARGUMENTS…` does: run a script, or the code after -c."""
    if arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = arguments
        sys.path[0] = str(Path(arguments[0]).parent)
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    for name in MODULES:
        import_module(name)
    run_python(Parent(sys.argv[1]).run())
