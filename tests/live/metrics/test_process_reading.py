"""Memory and CPU of this process."""

from __future__ import annotations

import os
import threading
import time

import psutil
import pytest

from live.cpu_meter import CpuMeter
from live.metrics.process_reading import ProcessReader


def work(seconds: float) -> None:
    """Use the CPU for this time."""
    started_at = time.thread_time()
    while time.thread_time() - started_at < seconds:
        pass


def test_reading_agrees_with_the_operating_system():
    """MCH-1"""
    reader, process = ProcessReader(CpuMeter()), psutil.Process()
    before = process.cpu_times()
    reading = reader.read()
    after = process.cpu_times()
    assert reader.pid == os.getpid()
    assert reading.rss_bytes == pytest.approx(process.memory_info().rss, rel=0.02)
    used = [times.user + times.system for times in (before, after)]
    assert used[0] - 0.03 <= reading.cpu_seconds <= used[1] + 0.03


def test_dashboard_has_its_own_part_on_all_threads():
    """MCH-6"""
    meter = CpuMeter()
    reader = ProcessReader(meter)
    with meter.measuring():
        work(0.05)
    thread = threading.Thread(target=meter.measured(work), args=(0.05,))
    thread.start()
    thread.join()
    work(0.05)  # not of the dashboard
    time.sleep(0.02)  # waiting is no CPU time
    reading = reader.read()
    assert 0.1 <= meter.seconds < 0.2
    assert 0 < reading.dashboard_cpu_percent < reading.cpu_percent
    assert reader.read().dashboard_cpu_percent == 0
