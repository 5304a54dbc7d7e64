"""Server processes: start them on one core, read their clocks, end them by pid."""

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


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Let what is started in this block run on `core` only; children inherit it."""
    if core is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """Return user + system seconds of a process, with all threads that it ever had.

    Linux has a clock with nanoseconds for each process; /proc counts in 10 ms.
    """
    if sys.platform == "linux":
        return time.clock_gettime((~pid << 3) | SCHEDULER_CLOCK)
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def user_share(pid: int) -> tuple[float, float]:
    """Return (user, system) seconds so far, in steps of 10 ms."""
    times = psutil.Process(pid).cpu_times()
    return times.user, times.system


def resident(pid: int) -> int:
    """Return the resident bytes of a process."""
    return psutil.Process(pid).memory_info().rss


class Server:
    """One server process and its output; it knows nothing of what it serves."""

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
        if listening(self.port):
            raise RuntimeError(f"port {self.port} is taken: pass another --port")
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

    def wait_until_listening(self, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not listening(self.port):
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"the server did not come up:\n{self.tail()}")
            time.sleep(0.05)

    def tail(self, lines: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def complaints(self) -> int:
        """Return how many errors the server logged."""
        text = self.log.read_text(errors="replace")
        return text.count("Traceback (most recent call last)")

    def stop(self, grace: float = 3) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(grace)
            return
        self.process.kill()
        self.process.wait()


def listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_once(command: Sequence[str], env: Mapping[str, str]) -> str:
    """Run a command to its end and return its output; raise with its errors if it fails."""
    done = subprocess.run(
        list(command),
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout
