"""Keep the dashboard of the demo open for a long time, and print what it costs each minute.

    python -m bench.dashboard_soak [minutes] [section]

The demo runs with its two processes and three people who edit. A Chromium shows one section.
The columns: the heap of the page's scripts after a collection, the memory of the processes of the
browser and of the server, frames and bytes that the socket received in that minute, and the
requests that the page has sent since it was loaded.
"""

from __future__ import annotations

import re
import sys
import time
from typing import Any

import psutil
from playwright.sync_api import CDPSession, Page, sync_playwright

from docs import pictures

COLUMNS = "{:>6} {:>9} {:>11} {:>11} {:>8} {:>8} {:>9}"


class Traffic:
    """What one page has sent and received."""

    def __init__(self, page: Page, devtools: CDPSession) -> None:
        self.frames = 0
        self.bytes = 0
        self.requests: list[str] = []
        devtools.send("Network.enable")
        devtools.on("Network.webSocketFrameReceived", self._on_frame)
        page.on("request", lambda request: self.requests.append(request.url))

    def take(self) -> tuple[int, int]:
        """Return the frames and bytes since the last call."""
        taken = self.frames, self.bytes
        self.frames = self.bytes = 0
        return taken

    def _on_frame(self, event: dict[str, Any]) -> None:
        self.frames += 1
        self.bytes += len(event["response"]["payloadData"].encode())


def main() -> None:
    """Open the page, and print a line each minute."""
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    section = sys.argv[2] if len(sys.argv) > 2 else "now"
    with pictures.running_demo() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=pictures.chromium_path(), args=pictures.ARGUMENTS
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = pictures.sign_in(context, demo.url, demo.password)
        devtools = context.new_cdp_session(page)
        pictures.open_section(page, demo.url, section)
        traffic = Traffic(page, devtools)
        processes = [demo.process, *psutil.Process(demo.process.pid).children(recursive=True)]
        servers = [psutil.Process(each.pid) for each in processes]
        print(
            COLUMNS.format(
                "minute", "heap MB", "browser MB", "server MB", "frames", "kB/s", "requests"
            )
        )
        for minute in range(minutes + 1):
            devtools.send("HeapProfiler.collectGarbage")
            frames, size = traffic.take()
            figures = (
                minute,
                round(page.evaluate("performance.memory.usedJSHeapSize") / 1e6, 1),
                round(memory(browser_processes()) / 1e6),
                round(memory(servers) / 1e6),
                frames,
                round(size / 60 / 1000, 2),
                len(traffic.requests),
            )
            print(COLUMNS.format(*figures), flush=True)
            if minute < minutes:
                page.wait_for_timeout(60_000)
        cost = page.locator("footer").inner_text() if page.locator("footer").count() else ""
        print(re.sub(r"\s+", " ", cost))
        browser.close()


def browser_processes() -> list[psutil.Process]:
    """Return the processes of the browser that this process has started."""
    own = psutil.Process().children(recursive=True)
    return [each for each in own if "chrom" in each.name()]


def memory(processes: list[psutil.Process]) -> int:
    """Return the memory that belongs to these processes alone, in bytes."""
    return sum(each.memory_full_info().uss for each in processes if each.is_running())


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"{(time.monotonic() - started) / 60:.0f} minutes")
