"""What it costs to measure a signal: `python -m bench.signal_cost`."""

from __future__ import annotations

import time
from typing import Any

from django.dispatch import Signal

from live.metrics.signal_meter import SignalMeter

SENDS = 200_000
RUNS = 5


def receive(**_: Any) -> None:
    """Do nothing."""


def microseconds_per_send(signal: Signal) -> float:
    started_at = time.perf_counter()
    for _ in range(SENDS):
        signal.send(None)
    return (time.perf_counter() - started_at) / SENDS * 1e6


def main() -> None:
    plain, measured = Signal(), Signal()
    for signal in (plain, measured):
        signal.connect(receive)
    SignalMeter().measure(measured, "measured")
    before = min(microseconds_per_send(plain) for _ in range(RUNS))
    after = min(microseconds_per_send(measured) for _ in range(RUNS))
    print(f"a send: {before:.2f} us, measured: {after:.2f} us, difference: {after - before:.2f} us")


if __name__ == "__main__":
    main()
