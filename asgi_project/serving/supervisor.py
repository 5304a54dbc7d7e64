"""Several worker processes on one listening socket."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType

import structlog
from django.conf import settings

from asgi_project.serving.time_scale import scaled

log = structlog.get_logger(__name__)

POLL_INTERVAL = 0.2  # s
# Between two requests to stop; a worker takes at most 10 s for its goodbyes.
STOP_TIMEOUT = 6.0  # s
# A worker that dies younger than this waits as long before it is replaced.
MIN_UPTIME = 2.0  # s


class Supervisor:
    """Keeps N workers alive and passes SIGTERM on. It serves nothing itself."""

    def __init__(self, count: int, server: str, listener: socket.socket) -> None:
        self.command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve"]
        self.command += ["--server", server, "--fd", str(listener.fileno())]
        self.descriptors = (listener.fileno(),)
        self.count = count
        self.workers: dict[subprocess.Popen[bytes], float] = {}
        self.stopping = False

    def run(self) -> None:
        """Return when all workers have stopped after SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self.stopping:
            self._start_missing()
            time.sleep(scaled(POLL_INTERVAL))
        self._end()

    def _end(self) -> None:
        """Wait for the workers, asking again: one may have been born as the signal came."""
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            self._signal_workers(number)
            deadline = time.monotonic() + scaled(STOP_TIMEOUT)
            for worker in self.workers:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    worker.wait(max(0.0, deadline - time.monotonic()))

    def _start_missing(self) -> None:
        for worker, born in list(self.workers.items()):
            if worker.poll() is not None and time.monotonic() - born > scaled(MIN_UPTIME):
                log.warning("worker died", pid=worker.pid, code=worker.returncode)
                del self.workers[worker]
        while len(self.workers) < self.count and not self.stopping:
            worker = subprocess.Popen(  # noqa: S603
                self.command, pass_fds=self.descriptors, stdin=subprocess.PIPE
            )
            self.workers[worker] = time.monotonic()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True
        self._signal_workers(signal.SIGTERM)

    def _signal_workers(self, number: int) -> None:
        for worker in list(self.workers):
            if worker.poll() is None:
                worker.send_signal(number)


def stop_with_parent() -> None:
    """Stop this worker when the supervisor is gone, however it went.

    Its end of our standard input closes with it, and only then.
    """

    def watch() -> None:
        # Not sys.stdin.buffer: its lock would be held when the interpreter ends.
        while os.read(sys.stdin.fileno(), 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()
