"""Take the pictures of the documentation: every section of the dashboard, with the demo running.

./run pictures                     # those of docs/images
./run pictures --all --out /tmp/p  # each section on both screens and in both themes
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "frontend" / "src" / "stores" / "section.svelte.ts"
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
PORT = int(os.environ.get("TROLLEY_PICTURES_PORT", "8765"))
START_TIMEOUT = 60
TRAFFIC_SECONDS = 75
"""Seconds of traffic before the first picture: the charts and the last minute are full."""
DRILL_SECONDS = 30
"""Seconds after a fault in which the verdict is read."""
SECTION_SECONDS = 4
"""Seconds that a section is open before its picture: what it shows on demand arrives."""


def main() -> None:
    """Start the demo, take the pictures, stop the demo."""
    parser = argparse.ArgumentParser(description=__doc__, prog="./run pictures")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--all", action="store_true", help="both screens, both themes")
    parser.add_argument("--drill", action="store_true", help="each fault, in order")
    parser.add_argument("--only", help="one section, such as delivery")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with running_demo() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        if arguments.drill:
            take_drill(browser, demo, arguments.out)
            return
        for size in SIZES:
            for theme in ("light", "dark"):
                if arguments.all or (size, theme) == ("desktop", "light"):
                    names = [arguments.only] if arguments.only else sections()
                elif (size, theme) == ("phone", "dark"):
                    names = ["now"]
                else:
                    continue
                take(browser, demo, (size, theme), names, arguments.out)
        browser.close()


class Demo(NamedTuple):
    """A running demo."""

    url: str
    password: str
    process: subprocess.Popen[bytes]


def chromium_path() -> str:
    """Return the path of the browser."""
    path = shutil.which(os.environ.get("TROLLEY_CHROMIUM") or "chromium")
    if path is None:
        sys.exit("no Chromium: install it, or set TROLLEY_CHROMIUM")
    return path


def sections() -> list[str]:
    """Return the names of the sections, as the page has them."""
    return re.findall(r"name: '(\w+)'", SOURCE.read_text())


@contextmanager
def running_demo() -> Iterator[Demo]:
    """Run the demo, and wait until it has had traffic."""
    with tempfile.TemporaryDirectory() as data:
        log = Path(data, "log")
        environment = {**os.environ, "TROLLEY_DATA": data}
        command = [sys.executable, str(ROOT / "manage.py"), "demo", "--port", str(PORT)]
        with log.open("w") as output:
            demo = subprocess.Popen(command, env=environment, stdout=output, stderr=output)  # noqa: S603
        try:
            deadline = time.monotonic() + START_TIMEOUT
            while (match := re.search(r"the password (\S+)", log.read_text())) is None:
                if demo.poll() is not None or time.monotonic() > deadline:
                    sys.exit(log.read_text())
                time.sleep(0.2)
            time.sleep(TRAFFIC_SECONDS)
            yield Demo(f"http://127.0.0.1:{PORT}", match[1], demo)
        finally:
            demo.terminate()
            demo.wait()


def take(browser: Browser, demo: Demo, look: tuple[str, str], names: list[str], out: Path) -> None:
    """Take a picture of each section with one size of the screen, in one theme."""
    size, theme = look
    width, height = SIZES[size]
    scheme = "dark" if theme == "dark" else "light"
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB"
    )
    page = sign_in(context, demo.url, demo.password)
    # A second page shows a list, so that there is a screen to follow.
    reader = context.new_page()
    reader.goto(demo.url)
    reader.get_by_role("link", name=re.compile("Groceries")).first.click()
    for name in names:
        open_section(page, demo.url, name)
        page.screenshot(path=out / f"{name}-{size}-{theme}.png", full_page=True)
        sys.stdout.write(f"{name}-{size}-{theme}.png\n")
    context.close()


def take_drill(browser: Browser, demo: Demo, out: Path) -> None:
    """Cause each fault, and take a picture whenever the sentence of the verdict changes."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = sign_in(context, demo.url, demo.password)
    open_section(page, demo.url, "now")
    page.get_by_text("Cause a fault, and watch the screens.").click()
    faults = page.locator("details.card li button").all_inner_texts()
    for number, fault in enumerate(faults, 1):
        sys.stdout.write(f"{fault}\n")
        page.get_by_role("button", name=fault).click()
        begin, pictures, last = time.monotonic(), 0, ""
        while (seconds := time.monotonic() - begin) < DRILL_SECONDS:
            sentence = page.locator("p.verdict .text").inner_text().strip()
            # Numbers of seconds and screens change all the time.
            if (kind := re.sub(r"[\d.,:]+", "#", sentence)) != last:
                last, pictures = kind, pictures + 1
                name = f"drill-{number}-{pictures}.png"
                page.screenshot(path=out / name)
                sys.stdout.write(f"  {seconds:5.1f} s  {name}  {sentence}\n")
            page.wait_for_timeout(200)
        sys.stdout.flush()
    open_section(page, demo.url, "delivery")
    page.screenshot(path=out / "drill-delivery.png")
    budget = page.get_by_role("region", name="Did every screen get every change?").inner_text()
    sys.stdout.write(re.sub(r"\s+", " ", budget) + "\n")
    context.close()


def sign_in(context: BrowserContext, url: str, password: str) -> Page:
    """Return a page in which ana is signed in."""
    page = context.new_page()
    page.goto(f"{url}/signin/")
    page.get_by_label("Username").fill("ana")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")
    return page


def open_section(page: Page, url: str, name: str) -> None:
    """Open a section and wait until it shows figures."""
    page.bring_to_front()
    page.goto(f"{url}/dashboard/" + ("" if name == "now" else f"{name}/"))
    page.wait_for_timeout(SECTION_SECONDS * 1000)


if __name__ == "__main__":
    main()
