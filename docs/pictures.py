"""Take the pictures of the documentation, with the demo running: a list, and every section.

./run pictures                     # those of docs/images
./run pictures --all --out /tmp/p  # each section on both screens and in both themes
./run pictures --shop --out /tmp/p  # two phones in shop mode, in order, in both languages
./run pictures --states --out /tmp/p  # the same with traffic, empty, stale, disconnected, degraded
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
from typing import Literal, NamedTuple

import psutil
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from shop_pictures import Studio, take_shop

Theme = Literal["light", "dark"]
ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "frontend" / "src" / "stores" / "section.svelte.ts"
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
LIST = "shopping-list"
"""The picture of a list of the app. All others are sections of the dashboard."""
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
THEMES: tuple[Theme, ...] = ("light", "dark")
OWN_VARIABLES = ("TROLLEY_PICTURES_PORT", "TROLLEY_CHROMIUM")
PORT = int(os.environ.get("TROLLEY_PICTURES_PORT", "8765"))
START_TIMEOUT = 60
TRAFFIC_SECONDS = 75
"""Seconds of traffic before the first picture: the charts and the last minute are full."""
DRILL_SECONDS = 40
"""Seconds after a fault in which the verdict is read."""
STALE_SECONDS = 16
"""Seconds after the last sample in which the page says that it is silent."""
OUTAGE_SECONDS = 5
"""Seconds after Redis stopped in which the verdict says so."""
PASSWORD = "correct horse battery"  # noqa: S105 it is that of an empty installation
SECTION_SECONDS = 4
"""Seconds that a section is open before its picture: what it shows on demand arrives."""


def main() -> None:
    """Start the demo, take the pictures, stop the demo."""
    parser = argparse.ArgumentParser(description=__doc__, prog="./run pictures")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--all", action="store_true", help="both screens, both themes")
    parser.add_argument("--drill", action="store_true", help="each fault, in order")
    parser.add_argument("--states", action="store_true", help="each section in each state")
    parser.add_argument("--shop", action="store_true", help="two phones in shop mode, in order")
    parser.add_argument("--only", help="one section, such as delivery")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    names = [arguments.only] if arguments.only else [LIST, *sections()]
    with sync_playwright() as playwright:
        if arguments.shop:
            launch = {"executable_path": chromium_path(), "args": ARGUMENTS}
            with tempfile.TemporaryDirectory() as data, running("serve", data, r"setup/#\S+"):
                url = f"http://127.0.0.1:{PORT}"
                take_shop(Studio(playwright, launch, url, data, arguments.out))
            return
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        if arguments.states:
            names = [name for name in names if name != LIST]
            take_empty(browser, names, arguments.out)
            with running_demo() as demo:
                take_states(browser, demo, names, arguments.out)
        else:
            with running_demo() as demo:
                take_all(browser, demo, names, arguments)
        browser.close()


def take_all(browser: Browser, demo: Demo, names: list[str], arguments: argparse.Namespace) -> None:
    """Take the pictures of a demo with traffic, or of its faults."""
    if arguments.drill:
        take_drill(browser, demo, arguments.out)
    else:
        for size in SIZES:
            for theme in THEMES:
                if arguments.all or (size, theme) == ("desktop", "light"):
                    take(browser, demo, (size, theme), names, arguments.out)
                elif (size, theme) == ("phone", "dark"):
                    shown = [name for name in names if name in (LIST, "now")]
                    take(browser, demo, (size, theme), shown, arguments.out)


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
def running(
    command: str, data: str, pattern: str, **variables: str
) -> Iterator[tuple[subprocess.Popen[bytes], re.Match[str]]]:
    """Run a command of manage.py until its log has a pattern."""
    log = Path(data, "log")
    inherited = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
    environment = {**inherited, "TROLLEY_DATA": data, **variables}
    arguments = [sys.executable, str(ROOT / "manage.py"), command, "--port", str(PORT)]
    with log.open("w") as output:
        process = subprocess.Popen(arguments, env=environment, stdout=output, stderr=output)  # noqa: S603
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while (match := re.search(pattern, log.read_text())) is None:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(log.read_text())
            time.sleep(0.2)
        yield process, match
    finally:
        process.terminate()
        process.wait()


@contextmanager
def running_demo() -> Iterator[Demo]:
    """Run the demo, and wait until it has had traffic."""
    with (
        tempfile.TemporaryDirectory() as data,
        running("demo", data, r"the password (\S+)") as (demo, match),
    ):
        time.sleep(TRAFFIC_SECONDS)
        yield Demo(f"http://127.0.0.1:{PORT}", match[1], demo)


def take(
    browser: Browser, demo: Demo, look: tuple[str, Theme], names: list[str], out: Path
) -> None:
    """Take a picture of each section with one size of the screen, in one theme."""
    size, theme = look
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, locale="en-GB"
    )
    page = sign_in(context, demo.url, demo.password)
    # A second page shows a list, so that there is a screen to follow.
    reader = context.new_page()
    open_list(reader, demo.url)
    for name in names:
        if name == LIST:
            open_list(page, demo.url)
        else:
            open_section(page, demo.url, name)
        page.screenshot(path=out / f"{name}-{size}-{theme}.png", full_page=True)
        sys.stdout.write(f"{name}-{size}-{theme}.png\n")
    context.close()


def take_empty(browser: Browser, names: list[str], out: Path) -> None:
    """Take pictures of a new installation: its owner has no list, and nobody else is there."""
    owner = {"DJANGO_SUPERUSER_USERNAME": "ana", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    url = f"http://127.0.0.1:{PORT}"
    with (
        tempfile.TemporaryDirectory() as data,
        running("serve", data, "Trolley is serving", **owner),
    ):
        context = browser.new_context(locale="en-GB")
        page = sign_in(context, url, PASSWORD)
        open_section(page, url, "now")
        take_looks(page, names, "empty", out, SECTION_SECONDS)
        context.close()


def take_states(browser: Browser, demo: Demo, names: list[str], out: Path) -> None:
    """Take pictures with traffic, without Redis, without answers and without a server."""
    context = browser.new_context(locale="en-GB")
    page = sign_in(context, demo.url, demo.password)
    open_section(page, demo.url, "now")
    take_looks(page, names, "traffic", out, SECTION_SECONDS)
    processes = psutil.Process(demo.process.pid).children(recursive=True)
    redis = [process for process in processes if process.name() == "redis-server"]
    servers = [process for process in processes if process not in redis]
    with suspended(redis):
        time.sleep(OUTAGE_SECONDS)
        take_looks(page, names, "degraded", out, SECTION_SECONDS)
    time.sleep(OUTAGE_SECONDS)
    with suspended([psutil.Process(demo.process.pid), *servers]):
        time.sleep(STALE_SECONDS)
        take_looks(page, names, "stale", out, 0.2)
    demo.process.terminate()
    demo.process.wait()
    time.sleep(OUTAGE_SECONDS)
    take_looks(page, names, "disconnected", out, 0.2)
    context.close()


@contextmanager
def suspended(processes: list[psutil.Process]) -> Iterator[None]:
    """Let processes do nothing, as a machine without memory does."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def take_looks(page: Page, names: list[str], state: str, out: Path, seconds: float) -> None:
    """Take a picture of each section in both sizes and themes. The page is not loaded again."""
    for name in names:
        page.keyboard.press(str(sections().index(name) + 1))
        page.wait_for_timeout(seconds * 1000)
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                page.wait_for_timeout(200)
                page.screenshot(path=out / f"{state}-{name}-{size}-{theme}.png", full_page=True)
        sys.stdout.write(f"{state} {name}\n")
        sys.stdout.flush()


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


def open_list(page: Page, url: str) -> None:
    """Open the list of the household that shops, and wait until others are there."""
    page.bring_to_front()
    page.goto(url)
    page.get_by_role("link", name=re.compile("Groceries")).first.click()
    page.mouse.move(0, 0)  # the row under the pointer looks different
    page.wait_for_timeout(SECTION_SECONDS * 1000)


def open_section(page: Page, url: str, name: str) -> None:
    """Open a section and wait until it shows figures."""
    page.bring_to_front()
    page.goto(f"{url}/dashboard/" + ("" if name == "now" else f"{name}/"))
    page.wait_for_timeout(SECTION_SECONDS * 1000)


if __name__ == "__main__":
    main()
