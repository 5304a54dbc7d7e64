"""What it costs to store the counts once a second: `python -m bench.history_cost`.

It uses the database of DATABASE_URL, SQLite in a temporary directory without it, and prints
milliseconds: CPU of the process, and elapsed time with the disk.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

RUNS = 300
BUCKETS = 120
"""Buckets of each histogram: durations between 0.9 and 100 ms."""
SIGNAL_ROWS = 25
ROUTE_ROWS, ROUTE_BUCKETS = 15, 90
"""Routes, and the buckets that 5,000 requests of a route take."""


def milliseconds(run: Callable[[], object]) -> tuple[float, float]:
    """Return the medians of CPU and elapsed time."""
    cpu, elapsed = [], []
    for _ in range(RUNS):
        cpu_start, start = time.process_time(), time.perf_counter()
        run()
        cpu.append((time.process_time() - cpu_start) * 1000)
        elapsed.append((time.perf_counter() - start) * 1000)
    return statistics.median(cpu), statistics.median(elapsed)


def stored_signals() -> dict[str, dict[str, int]]:
    """Return the totals of signals, as the topic `signals` stores them."""
    return {f"post_save Model{number}": {"sends": 9, "errors": 0} for number in range(SIGNAL_ROWS)}


def stored_routes(rng: random.Random) -> dict[str, dict[str, int]]:
    """Return the totals of routes, as `ops:routes` stores them."""
    numbers = dict.fromkeys(("aborted", "errors", "queries", "time_us", "query_us"), 70_000)
    return {
        f"GET /api/route/{route}/": {
            **numbers,
            **{f"b{230 + bucket}": rng.randrange(1, 200) for bucket in range(ROUTE_BUCKETS)},
        }
        for route in range(ROUTE_ROWS)
    }


def main() -> None:
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ.setdefault("TROLLEY_DATA", directory)
        os.environ["DJANGO_SETTINGS_MODULE"] = "asgi_project.settings"
        measure()


def measure() -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    from live.history import rollups, stored_counts
    from live.history.counts import Counts, encode
    from live.history.rollup_content import TIERS, RollupContent, encode_content
    from live.history.rollups import Moment, Silence
    from live.history.stored_counts import OwnRow, Snapshot
    from live.history.window_topics import window_text
    from live.history.windows import NUMBERS, WINDOWS
    from live.models import Rollup

    rng = random.Random(1)
    numbers = dict.fromkeys(NUMBERS, 100_000)
    buckets = {230 + number: rng.randrange(1, 5000) for number in range(BUCKETS)}
    topics = {"signals": stored_signals(), "ops:routes": stored_routes(rng)}
    process = OwnRow("bench", "1.0.0", datetime.now(UTC))
    stored_counts.start(process)
    silence = Silence()
    clock = time.time()

    def count() -> Snapshot:
        numbers["started"] += 12
        buckets[230 + rng.randrange(BUCKETS)] += 12
        histograms = {"latency": dict(buckets), "delivery": dict(buckets)}
        return Snapshot(Counts(numbers=dict(numbers), histograms=histograms), topics)

    def save() -> None:
        nonlocal clock
        clock += 1
        stored_counts.save(process, count(), datetime.fromtimestamp(clock, UTC))

    def roll_up() -> None:
        nonlocal clock
        for _ in range(2):
            clock += 10
            stored_counts.save(process, count(), datetime.fromtimestamp(clock, UTC))
        moment = Moment(datetime.fromtimestamp(clock, UTC), clock)
        gauges = {int(clock) // 10 * 10 - 10: {"sockets": 5, "people": 3}}
        rollups.roll_up(
            "bench",
            moment,
            gauges=gauges,
            silence=silence,
            silence_timeout=1e9,
            lease_duration=25,
        )

    cpu, elapsed = milliseconds(save)
    size = sum(len(encode(each)) for each in (count().counts, topics))
    print(f"{connection.vendor}: a write of {size} bytes: {cpu:.2f} ms of CPU, {elapsed:.2f} ms")
    cpu, elapsed = milliseconds(roll_up)
    print(f"two writes and a rollup: {cpu:.2f} ms of CPU, {elapsed:.2f} ms")
    content = encode_content(RollupContent(counts=count().counts, gauges={"sockets": 5}))
    full = [
        Rollup(step=tier.step, start=start, content=content)
        for tier in TIERS
        for start in range(int(time.time()) - tier.retention, int(time.time()), tier.step)
    ]
    Rollup.objects.all().delete()
    Rollup.objects.bulk_create(full, batch_size=500)
    print(f"full history: {len(full)} rows of {len(content)} bytes")
    for length in WINDOWS:
        for update in (False, True):
            start = time.perf_counter()
            text = window_text(f"requests:{length}", update=update)
            duration = (time.perf_counter() - start) * 1000
            print(f"window {length}, update {update}: {duration:.0f} ms, {len(text)} bytes")


if __name__ == "__main__":
    main()
