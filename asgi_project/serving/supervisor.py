"""Several worker processes that share one listening socket.

docs/decisions.md says why uvicorn's own `supervisors.Multiprocess` is not used.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import structlog
from django.conf import settings

from asgi_project.serving import stop_signals
from asgi_project.serving.time_scale import scaled

log = structlog.get_logger(__name__)

POLL_INTERVAL = 0.2  # s
# Time between two signals to stop. A worker needs at most 10 s to close its sockets.
STOP_TIMEOUT = 6.0  # s
# A worker that exits within MIN_UPTIME is restarted only after that delay.
MIN_UPTIME = 2.0  # s


class Supervisor:
    """Keeps `count` workers running and passes SIGTERM on. It serves no requests itself."""

    def __init__(self, count: int, server: str, listener: socket.socket) -> None:
        self.command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve"]
        self.command += ["--server", server, "--fd", str(listener.fileno())]
        self.descriptors = (listener.fileno(),)
        self.count = count
        self.workers: dict[subprocess.Popen[bytes], float] = {}
        """Each worker with the time of its start."""
        self.stopping = False

    def run(self) -> None:
        """Return when all workers have stopped after a signal to stop."""
        stop_signals.handle_signals(self._on_stop_signal)
        while not self.stopping:
            self._start_missing()
            time.sleep(scaled(POLL_INTERVAL))
        self._stop_workers()

    def _stop_workers(self) -> None:
        """Wait for the workers. Signal again: one may have been starting at the first signal."""
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            self._signal_workers(number)
            deadline = time.monotonic() + scaled(STOP_TIMEOUT)
            for worker in self.workers:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    worker.wait(max(0.0, deadline - time.monotonic()))

    def _start_missing(self) -> None:
        for worker, started_at in list(self.workers.items()):
            if worker.poll() is not None and time.monotonic() - started_at > scaled(MIN_UPTIME):
                log.warning("worker died", pid=worker.pid, code=worker.returncode)
                del self.workers[worker]
        while len(self.workers) < self.count and not self.stopping:
            worker = subprocess.Popen(  # noqa: S603
                self.command, pass_fds=self.descriptors, stdin=subprocess.PIPE
            )
            self.workers[worker] = time.monotonic()

    def _on_stop_signal(self) -> None:
        self.stopping = True
        self._signal_workers(signal.SIGTERM)

    def _signal_workers(self, number: int) -> None:
        for worker in list(self.workers):
            if worker.poll() is None:
                worker.send_signal(number)


def stop_with_parent() -> None:
    """Stop this worker when its supervisor exits, even if that was killed.

    The supervisor holds the other end of our standard input, which closes when it exits.
    """

    def wait_for_parent() -> None:
        # Not sys.stdin.buffer: its lock would be held when the interpreter exits.
        while os.read(sys.stdin.fileno(), 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_for_parent, daemon=True, name="parent-watch").start()
