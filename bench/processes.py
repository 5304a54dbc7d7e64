"""Server processes: start them on one core, read their CPU time, stop them by their pid."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
SCHEDULER_CLOCK = 2
"""Linux: CPUCLOCK_SCHED, which counts user and system time in nanoseconds."""


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Run this process and the processes that it starts on `core` only."""
    if core is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    previous = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, previous)


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of a process, including threads that have ended.

    Linux has a clock in nanoseconds for each process; /proc counts in steps of 10 ms.
    """
    if sys.platform == "linux":
        return time.clock_gettime((~pid << 3) | SCHEDULER_CLOCK)
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    return psutil.Process(pid).memory_info().rss


class Server:
    """One server process and its output. It does not know what the process serves."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        port: int,
        log: Path,
        env: Mapping[str, str] | None = None,
        core: int | None = None,
    ):
        self.command, self.port, self.log = list(command), port, log
        self.env, self.core = {**os.environ, **(env or {})}, core
        self.start()

    def start(self) -> None:
        if is_listening(self.port):
            raise RuntimeError(f"port {self.port} is in use: choose another with --port")
        with on_core(self.core), self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.pid = self.process.pid

    def wait_until_listening(self, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not is_listening(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the server did not start:\n{self.log_tail()}")
            time.sleep(0.05)

    def log_tail(self, lines: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def traceback_count(self) -> int:
        """Return the number of tracebacks in the server's log."""
        text = self.log.read_text(errors="replace")
        return text.count("Traceback (most recent call last)")

    def kill(self) -> None:
        """End the process as `kill -9` does: it can do nothing about it."""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout: float = 3) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout)
            return
        self.kill()


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_command(command: Sequence[str], env: Mapping[str, str]) -> str:
    """Run a command and return its output; raises RuntimeError if it fails."""
    completed = subprocess.run(
        list(command),
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if completed.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{completed.stdout}\n{completed.stderr}")
    return completed.stdout
