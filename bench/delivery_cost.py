"""What it costs to count a delivery to one socket: `python -m bench.delivery_cost`."""

from __future__ import annotations

import asyncio
import time

from live.connections.socket_writer import SocketWriter
from live.delivery.hub import Hub
from live.delivery_meter import DeliveryMeter

SOCKETS = 1_000
CHANGES = 100
RUNS = 7


async def take(_message: dict[str, object]) -> None:
    """Take a message at once, as a server does for a client that reads."""


async def microseconds_per_delivery(*, is_counted: bool) -> float:
    loop, meter = asyncio.get_running_loop(), DeliveryMeter()
    hub = Hub(loop=loop, interval=0.0, meter=meter)
    for _ in range(SOCKETS):
        hub.attach("list", SocketWriter(take, meter=meter).send_queue)
    started_at = time.perf_counter()
    for version in range(CHANGES):
        now = time.perf_counter() if is_counted else None
        hub.publish("list", "x" * 600, before=version, committed_at=None, published_at=now)
        hub.flush_topic("list")
    seconds = time.perf_counter() - started_at
    if is_counted and meter.live != SOCKETS * CHANGES:
        raise RuntimeError(f"{meter.live} deliveries were counted")
    hub.close()
    return seconds / (SOCKETS * CHANGES) * 1e6


async def main() -> None:
    plain = [await microseconds_per_delivery(is_counted=False) for _ in range(RUNS)]
    counted = [await microseconds_per_delivery(is_counted=True) for _ in range(RUNS)]
    before, after = min(plain), min(counted)
    print(
        f"a delivery: {before:.2f} us, counted: {after:.2f} us, difference: {after - before:.2f} us"
    )


if __name__ == "__main__":
    asyncio.run(main())
