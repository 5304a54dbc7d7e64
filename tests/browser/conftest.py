"""A real server, a real Chromium, and the browser sessions of users.

Playwright keeps an event loop running in this thread. Its fixtures have package scope, so
that it has ended before asynchronous tests of other packages begin.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.support.browser.installation import BrowserCluster, BrowserInstallation, SharedList
from tests.support.browser.other_browser import OtherBrowser
from tests.support.browser.session import TIMEOUT, BrowserSession
from tests.support.databases import fresh_database
from tests.support.processes import ROOT

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
OpenSession = Callable[..., BrowserSession]


@pytest.fixture(scope="package")
def chromium_path() -> str:
    """The Chromium of the system. A missing one is a failure, not a skip."""
    path = shutil.which(os.environ.get("TROLLEY_CHROMIUM") or "chromium")
    if path is None:
        pytest.fail("no Chromium: ./run test installs one, or set TROLLEY_CHROMIUM")
    return path


@pytest.fixture(scope="package")
def driver() -> Iterator[Playwright]:
    """Playwright, which starts browsers."""
    expect.set_options(timeout=TIMEOUT * 1000)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def chromium(driver, chromium_path) -> Iterator[Browser]:
    """The browser of most sessions."""
    browser = driver.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def other_browser(driver, chromium_path) -> Iterator[OtherBrowser]:
    """A Chromium of its own, as on another device, which can die."""
    browser = OtherBrowser(driver, executable_path=chromium_path, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def dist() -> Path:
    """The built frontend."""
    dist = ROOT / "frontend" / "dist"
    if not (dist / ".vite" / "manifest.en.json").is_file():
        pytest.fail("the frontend is not built: ./run test builds it, or npm run build")
    return dist


@pytest.fixture(scope="package")
def installation(request, dist, tmp_path_factory) -> Iterator[BrowserInstallation]:
    """A served installation with ana and bob: one process, or three with PostgreSQL and Redis."""
    data = tmp_path_factory.mktemp("home") / "data"
    if os.environ.get("TROLLEY_TEST_TOPOLOGY") == "cluster":
        postgres_url = request.getfixturevalue("postgres_url")
        with (
            fresh_database(postgres_url) as database,
            BrowserCluster(data, database=database) as cluster,
        ):
            yield cluster
    else:
        installation = BrowserInstallation(data)
        yield installation
        installation.close()


@pytest.fixture
def new_installation(dist, tmp_path) -> Iterator[BrowserInstallation]:
    """A served installation without an owner."""
    installation = BrowserInstallation(tmp_path / "data")
    yield installation
    installation.close()


@pytest.fixture
def sessions(chromium) -> Iterator[list[BrowserSession]]:
    """The sessions that the test opened; none may have an error at the end."""
    opened: list[BrowserSession] = []
    yield opened
    for session in opened:
        session.close()
    assert [error for session in opened for error in session.errors] == []


@pytest.fixture
def open_session(chromium, installation, sessions) -> OpenSession:
    """Open a browser session, signed in if a user is named."""

    def open_browser_session(
        who: str | None = None, *, of: BrowserInstallation = installation, **options: object
    ) -> BrowserSession:
        state = None if who is None else of.storage_state(who, chromium)
        # Most tests are about the page that the server sends, and not about a stored one.
        options = {"service_workers": "block", **options}
        context = chromium.new_context(base_url=of.url, storage_state=state, **options)
        sessions.append(BrowserSession(context, of.url))
        return sessions[-1]

    return open_browser_session


@pytest.fixture
def groceries(installation) -> SharedList:
    """A list of ana and bob with the open items Milk, Bread and Eggs."""
    return installation.create_list("Milk", "Bread", "Eggs")


@pytest.fixture(scope="package")
def stocked_list(installation) -> SharedList:
    """A realistic list."""
    groceries = installation.create_list()
    groceries.rename("Groceries")
    for name, fields in {
        "Milk": {"quantity": "2 l", "note": "the one with the blue cap", "category": "Dairy"},
        "Butter": {"category": "Dairy"},
        "Bread": {"quantity": "1", "note": "dark, sliced", "category": "Bakery"},
        "Apples": {"quantity": "1 kg"},
        "Something with a rather long name that has to be broken somewhere": {},
        "Coffee": {"quantity": "500 g"},
        "Washing powder": {},
        "Eggs": {"quantity": "10"},
        "Rice": {},
    }.items():
        groceries.add(name, **fields)
    for name in ("Coffee", "Rice"):
        groceries.patch(name, purchased=True)
    return groceries


@pytest.fixture(scope="package")
def axe() -> str:
    """The source code of axe."""
    if not AXE.is_file():
        pytest.fail("axe is not installed: ./run test does it, or npm ci in frontend/")
    return AXE.read_text()
