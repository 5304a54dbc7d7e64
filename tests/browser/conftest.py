"""A real server, a real Chromium, and the people who use them.

Playwright keeps an event loop running in this thread. Its fixtures are bound to
this package, so that it has ended before asynchronous tests begin elsewhere.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.browser.installation import Groceries, Home
from tests.support.browser.session import PATIENCE, Phone
from tests.support.server_process import ROOT

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
OpenPhone = Callable[..., Phone]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Missing is a failure, not a skip."""
    path = shutil.which(os.environ.get("TROLLEY_CHROMIUM") or "/usr/bin/chromium")
    if path is None:
        pytest.fail("no Chromium: ./run test brings one, or set TROLLEY_CHROMIUM")
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def dist() -> Path:
    """The built frontend."""
    built = ROOT / "frontend" / "dist"
    if not (built / ".vite" / "manifest.json").is_file():
        pytest.fail("the frontend is not built: ./run test builds it, or npm run build")
    return built


@pytest.fixture(scope="package")
def home(dist, tmp_path_factory) -> Iterator[Home]:
    """A served installation with ana and bob."""
    made = Home(tmp_path_factory.mktemp("home") / "data")
    yield made
    made.close()


@pytest.fixture
def phones(chromium) -> Iterator[list[Phone]]:
    """All that were opened; when the test is over, nothing may have gone wrong in them."""
    opened: list[Phone] = []
    yield opened
    for phone in opened:
        phone.close()
    assert [wrong for phone in opened for wrong in phone.wrong] == []


@pytest.fixture
def phone(chromium, home, phones) -> OpenPhone:
    """Open a browser, in which that person is signed in."""

    def open_one(who: str | None = None, *, of: Home = home, **options: object) -> Phone:
        state = None if who is None else of.signed_in(who, chromium)
        context = chromium.new_context(base_url=of.url, storage_state=state, **options)
        phones.append(Phone(context, of.url))
        return phones[-1]

    return open_one


@pytest.fixture
def groceries(home) -> Groceries:
    """A list of ana's with bob on it: Milk, Bread and Eggs are to buy."""
    return home.groceries("Milk", "Bread", "Eggs")
