"""W1: how smoothly the dashboard is drawn: `python -m bench.dashboard_frames [--rate 100]`.

It starts a server on SQLite, changes an item of one list RATE times a second over REST, and opens
the section Now in Chromium (TROLLEY_CHROMIUM, or `chromium` of the PATH). It prints the frames that
the browser drew in each second, the longest task of its main thread, what this thread did, the
bytes that arrived on the socket, and the memory of the page after a garbage collection.
`--minutes` measures the memory for a longer time, `--rate 0` a server at rest.
"""

from __future__ import annotations

import argparse
import json
import time
from statistics import median
from threading import Event, Thread
from typing import Any

from playwright.sync_api import CDPSession, Page

from bench.page import (
    FOLLOW_FRAMES,
    READ_FRAMES,
    RestClient,
    heap_megabytes,
    metrics,
    running_browser,
    running_server,
    sign_in,
)

WRITERS = 4
THREAD_TIMES = ("TaskDuration", "ScriptDuration", "RecalcStyleDuration", "LayoutDuration")


class Writer:
    """Changes one item again and again, with its own connection."""

    def __init__(self, port: int, token: str, path: str, interval: float) -> None:
        self._client = RestClient(port, token)
        self._path, self._interval = path, interval
        self.changes = 0

    def run(self, stopped: Event) -> None:
        """Change the item at a fixed rate until stopped."""
        due = time.monotonic()
        while not stopped.wait(max(0.0, due - time.monotonic())):
            self.changes += 1
            self._client.send("PATCH", self._path, {"quantity": str(self.changes)})
            due = max(due + self._interval, time.monotonic() - 1)


class SocketBytes:
    """Counts the bytes of the messages that a page receives, by topic or type."""

    def __init__(self, cdp: CDPSession) -> None:
        self.counts: dict[str, int] = {}
        cdp.on("Network.webSocketFrameReceived", self._add)
        cdp.send("Network.enable")

    def _add(self, event: dict[str, Any]) -> None:
        for text in event["response"]["payloadData"].split("\n"):
            frame = json.loads(text)
            name = frame["type"] if frame["type"] != "sample" else frame["topic"]
            self.counts[name] = self.counts.get(name, 0) + len(text.encode()) + 1


def create_items(port: int, token: str) -> list[str]:
    """Create a list with an item for each writer; return the paths of the items."""
    client = RestClient(port, token)
    shopping_list = client.send("POST", "shopping-lists/", {"name": "Groceries"})
    path = f"shopping-lists/{shopping_list['id']}/shopping-items/"
    return [
        f"{path}{client.send('POST', path, {'name': f'Item {number}'})['id']}/"
        for number in range(WRITERS)
    ]


def open_dashboard(page: Page, query: str) -> None:
    """Sign in, and wait for the charts."""
    sign_in(page)
    page.goto(f"/dashboard/{query}")
    page.get_by_role("group", name="Chart: Response time").wait_for()


def thread_times(cdp: CDPSession) -> dict[str, float]:
    """Return the seconds that the main thread of the page has worked, by kind of work."""
    figures = metrics(cdp)
    return {name: figures[name] for name in THREAD_TIMES}


def measure(page: Page, cdp: CDPSession, received: SocketBytes, seconds: float) -> dict[str, float]:
    """Print the frames, tasks and bytes of some seconds; return the most important ones."""
    page.evaluate(READ_FRAMES)
    received.counts.clear()
    before = thread_times(cdp)
    page.wait_for_timeout(seconds * 1000)
    frames = page.evaluate(READ_FRAMES)
    after = thread_times(cdp)
    gaps = [
        later - earlier
        for earlier, later in zip(frames["times"], frames["times"][1:], strict=False)
    ]
    missed = sum(max(0, round(gap / (1000 / 60)) - 1) for gap in gaps)
    print(f"frames a second     {1000 * len(gaps) / sum(gaps):.1f}")
    print(f"frames missed       {missed} of {len(gaps) + missed}")
    print(f"between two frames  median {median(gaps):.1f} ms, longest {max(gaps):.1f} ms")
    longest = max(frames["tasks"], default=0)
    print(f"longest task        {longest:.0f} ms (0: none of 50 ms or more)")
    for name in THREAD_TIMES:
        print(f"{name:19} {1000 * (after[name] - before[name]) / seconds:.1f} ms a second")
    total = sum(received.counts.values()) / seconds
    print(f"bytes a second      {total:.0f}")
    for name, count in sorted(received.counts.items(), key=lambda each: -each[1]):
        print(f"  {name:17} {count / seconds:.0f}")
    return {
        "frames_per_second": 1000 * len(gaps) / sum(gaps),
        "longest_frame_ms": max(gaps),
        "longest_task_ms": longest,
        "bytes_per_second": total,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8340)
    parser.add_argument("--rate", type=float, default=100, help="changes a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--minutes", type=float, default=0, help="how long to watch the memory")
    parser.add_argument("--query", default="", help='the address of the page, such as "?w=1h"')
    parser.add_argument("--json", action="store_true", help="print figures as JSON at the end")
    options = parser.parse_args()
    with running_server(options.port) as token:
        figures = watch(options, token)
    if options.json:
        print(json.dumps(figures))


def watch(options: argparse.Namespace, token: str) -> dict[str, float]:
    """Change items, and measure the page meanwhile."""
    stopped = Event()
    writers = [
        Writer(options.port, token, path, WRITERS / options.rate)
        for path in create_items(options.port, token)
        if options.rate > 0
    ]
    threads = [Thread(target=writer.run, args=(stopped,), daemon=True) for writer in writers]
    with running_browser() as browser:
        page = browser.new_page(
            base_url=f"http://127.0.0.1:{options.port}", viewport={"width": 1440, "height": 900}
        )
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.enable")
        received = SocketBytes(cdp)
        open_dashboard(page, options.query)
        for name, count in received.counts.items():
            if name in ("window", "subscribed"):
                print(f"first {name:13} {count} bytes")
        for thread in threads:
            thread.start()
        page.evaluate(FOLLOW_FRAMES)
        page.wait_for_timeout(3000)
        started, changes = time.monotonic(), sum(writer.changes for writer in writers)
        figures = measure(page, cdp, received, options.seconds)
        rate = (sum(writer.changes for writer in writers) - changes) / (time.monotonic() - started)
        print(f"changes a second    {rate:.1f}")
        figures["memory_mb"] = heap_megabytes(cdp)
        print(f"memory              {figures['memory_mb']:.1f} MB")
        end = time.monotonic() + options.minutes * 60
        while time.monotonic() < end:
            page.wait_for_timeout(30_000)
            page.evaluate(READ_FRAMES)
            print(f"memory              {heap_megabytes(cdp):.1f} MB", flush=True)
        stopped.set()
        for thread in threads:
            thread.join()
    return figures


if __name__ == "__main__":
    main()
