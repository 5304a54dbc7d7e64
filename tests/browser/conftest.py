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

from tests.support.browser.installation import BrowserInstallation, SharedList
from tests.support.browser.session import TIMEOUT, BrowserSession
from tests.support.processes import ROOT

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
OpenSession = Callable[..., BrowserSession]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Missing is a failure, not a skip."""
    path = shutil.which(os.environ.get("TROLLEY_CHROMIUM") or "/usr/bin/chromium")
    if path is None:
        pytest.fail("no Chromium: ./run test brings one, or set TROLLEY_CHROMIUM")
    expect.set_options(timeout=TIMEOUT * 1000)
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
def installation(dist, tmp_path_factory) -> Iterator[BrowserInstallation]:
    """A served installation with ana and bob."""
    made = BrowserInstallation(tmp_path_factory.mktemp("home") / "data")
    yield made
    made.close()


@pytest.fixture
def sessions(chromium) -> Iterator[list[BrowserSession]]:
    """All that were opened; when the test is over, nothing may have gone wrong in them."""
    opened: list[BrowserSession] = []
    yield opened
    for session in opened:
        session.close()
    assert [error for session in opened for error in session.errors] == []


@pytest.fixture
def open_session(chromium, installation, sessions) -> OpenSession:
    """Open a browser, in which that person is signed in."""

    def open_one(
        who: str | None = None, *, of: BrowserInstallation = installation, **options: object
    ) -> BrowserSession:
        state = None if who is None else of.storage_state(who, chromium)
        context = chromium.new_context(base_url=of.url, storage_state=state, **options)
        sessions.append(BrowserSession(context, of.url))
        return sessions[-1]

    return open_one


@pytest.fixture
def groceries(installation) -> SharedList:
    """A list of ana's with bob on it: Milk, Bread and Eggs are to buy."""
    return installation.create_list("Milk", "Bread", "Eggs")
