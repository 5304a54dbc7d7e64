"""Memory and CPU of this process, as the operating system counts them."""

from __future__ import annotations

import os
import socket
import time
from typing import NamedTuple

import psutil

from live.cpu_meter import CpuMeter


class ProcessReading(NamedTuple):
    """What the process has used. Shares are percent of one CPU, since the reading before."""

    rss_bytes: int
    cpu_seconds: float
    cpu_percent: float
    dashboard_cpu_percent: float


class _CpuTimes(NamedTuple):
    at: float
    process: float
    dashboard: float


class ProcessReader:
    """Reads this process. Each reading covers the time since the one before.

    It asks the kernel, not a disk, so it may be called on the event loop.
    """

    def __init__(self, dashboard_cpu: CpuMeter) -> None:
        self.pid = os.getpid()
        self.host = socket.gethostname()
        self.started_at = psutil.Process().create_time()
        """When the process was started, in epoch seconds."""
        self._process = psutil.Process()
        self._dashboard_cpu = dashboard_cpu
        self._before = self._cpu_times()

    def read(self) -> ProcessReading:
        """Return the figures of now."""
        before, self._before = self._before, self._cpu_times()
        now = self._before
        seconds = max(now.at - before.at, 1e-9)
        return ProcessReading(
            rss_bytes=self._process.memory_info().rss,
            cpu_seconds=now.process,
            cpu_percent=(now.process - before.process) / seconds * 100,
            dashboard_cpu_percent=(now.dashboard - before.dashboard) / seconds * 100,
        )

    def _cpu_times(self) -> _CpuTimes:
        return _CpuTimes(time.monotonic(), time.process_time(), self._dashboard_cpu.seconds)
