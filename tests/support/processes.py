"""Real processes for tests: servers, management commands and a Redis."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import httpx

from tests.support import preload
from tests.support.preload import PreloadedProcess

ROOT = Path(__file__).resolve().parent.parent.parent
TIMEOUT = 60.0  # s
SSL_CONTEXT = ssl.create_default_context()
"""For every httpx client: without it each client reads the certificates, which takes 60 ms."""
TIME_SCALE = 0.2
"""Servers of tests multiply all waiting times by this, unless a test sets TROLLEY_TIME_SCALE."""
LAUNCHER = """
import os, sys
sys.path.insert(0, {root!r})
os.environ["DJANGO_SETTINGS_MODULE"] = "asgi_project.settings"
import manage
{before}
manage.main()
"""
"""Runs code of a test in the process before manage.py does its work."""


def scaled(seconds: float) -> float:
    """Return how long `seconds` of the product's time take in a server of the tests."""
    return seconds * TIME_SCALE


def process_environment(data: Path, **environment: str) -> dict[str, str]:
    """Return the environment of a process of the product on this data directory."""
    result = {
        **os.environ,
        "TROLLEY_ACCESS_LOG": "true",
        "TROLLEY_DATA": str(data),
        "TROLLEY_TIME_SCALE": str(TIME_SCALE),
        **environment,
    }
    # pytest-django sets the settings of the tests, which are not those of the product.
    for name in ("DATABASE_URL", "REDIS_URL", "TROLLEY_LAYER", "DJANGO_SETTINGS_MODULE"):
        if name not in environment:
            result.pop(name, None)
    return result


def shell_command(code: str) -> list[str]:
    """Return the command that runs code in `manage.py shell`."""
    return [sys.executable, str(ROOT / "manage.py"), "shell", "-v", "0", "-c", code]


def start_python(
    command: list[str], *, env: dict[str, str], stdout: IO[Any], stderr: IO[Any]
) -> subprocess.Popen[bytes] | PreloadedProcess:
    """Start a Python command, from the preloading parent where that is available."""
    if preload.is_available:
        return PreloadedProcess(command[1:], env=env, stdout=stdout, stderr=stderr)
    return subprocess.Popen(command, env=env, stdout=stdout, stderr=stderr)


def run_shell(code: str, environment: dict[str, str]) -> str:
    """Run code in `manage.py shell` and return what it prints."""
    with TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
        process = start_python(shell_command(code), env=environment, stdout=stdout, stderr=stderr)
        try:
            exit_code = process.wait(TIMEOUT)
        finally:
            process.kill()
        stdout.seek(0)
        stderr.seek(0)
        assert exit_code == 0, stderr.read()
        return stdout.read()


class ServerProcess:
    """`manage.py serve` on a free port, with its own data directory, as a context.

    Its log goes to `log` and its standard output to `stdout_log` beside it. Both files
    stay for tests/support/secret_leaks.py; a restart renames the older ones.
    """

    def __init__(
        self,
        data: Path,
        *arguments: str,
        name: str | None = None,
        before: str = "",
        preloaded: bool = False,
        **environment: str,
    ) -> None:
        """`name` names the log; the code `before` runs in the process before the server.

        A `preloaded` process is forked with third-party modules imported (preload.py).
        """
        self._start = start_python if preloaded else subprocess.Popen
        self.data = data
        self.log = data.parent / f"{name or data.name}.log"
        start = ["-c", LAUNCHER.format(root=str(ROOT), before=before)]
        start = start if before else [str(ROOT / "manage.py")]
        self.command = [sys.executable, *start, "serve"]
        self.command += ["--host", "127.0.0.1", "--port", "0", *arguments]
        self.environment = process_environment(data, **environment)

    def __enter__(self) -> ServerProcess:
        self._rename_older_logs()
        with self.log.open("w") as log, self.stdout_log.open("w") as stdout:
            self.process = self._start(
                self.command, env=self.environment, stdout=stdout, stderr=log
            )
        self.url = self.wait_for_output(r"serving on (http://\S+?)/\n")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def stdout_log(self) -> Path:
        """The file with the standard output."""
        return self.log.with_suffix(".out")

    def output(self) -> str:
        """Return the standard output and the log so far."""
        return self.stdout_log.read_text() + self.log.read_text()

    def _rename_older_logs(self) -> None:
        for path in (self.log, self.stdout_log):
            if path.exists():
                path.rename(path.with_stem(f"{path.stem}-{time.monotonic_ns()}"))

    def wait_for_output(self, pattern: str) -> str:
        """Wait until the output matches, and return the first group of the pattern."""
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            if match := re.search(pattern, self.output()):
                return match[1] if match.groups() else match[0]
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"the server did not write {pattern!r}:\n{self.output()}")

    def get(self, path: str, **options: object) -> httpx.Response:
        """Request a path of this server."""
        return httpx.get(self.url + path, timeout=TIMEOUT, verify=SSL_CONTEXT, **options)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop the server and return its exit code."""
        self.process.send_signal(how)
        return self.process.wait(TIMEOUT)

    def restart(self) -> None:
        """Start the stopped server again, on the same data and port."""
        self.command[self.command.index("--port") + 1] = self.url.rsplit(":", 1)[1]
        self.__enter__()


def run_failing_start(
    data: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `serve` where it cannot start, and return how it ended."""
    server = ServerProcess(data, *arguments, **environment)
    return subprocess.run(
        server.command,
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


class RedisServer:
    """A redis-server without persistence, on a port of its own."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("redis-server does not start")

    def kill(self) -> None:
        """Kill the server."""
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """Suspend the server: until `kill` it accepts connections and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)


def resident_memory(process: subprocess.Popen[bytes] | PreloadedProcess) -> int:
    """Return the memory of a process in bytes."""
    pages = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
