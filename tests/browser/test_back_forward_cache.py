"""A page that the browser restores from its memory, as Back does.

Playwright switches this cache off, and the headless shell of Chromium has none.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Error, expect

from tests.browser.conftest import ARGUMENTS
from tests.support.browser.session import BrowserSession

pytestmark = pytest.mark.browser
OTHER_PAGE = "/api/live/asyncapi.json"


@pytest.fixture
def open_restorable(chromium, installation, sessions) -> Iterator[Callable[[], BrowserSession]]:
    """Open a session of ana in a browser that keeps left pages in its memory."""
    path = os.environ.get("TROLLEY_CHROMIUM") or "chromium"
    if path.endswith("headless-shell"):
        path = "chromium"
    executable = shutil.which(path)
    if executable is None:
        pytest.skip("the headless shell keeps no pages: this needs the whole Chromium")
    browser = chromium.browser_type.launch(
        executable_path=executable,
        args=ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )

    def open_session() -> BrowserSession:
        context = browser.new_context(
            base_url=installation.url,
            storage_state=installation.storage_state("ana", chromium),
            service_workers="block",
        )
        sessions.append(BrowserSession(context, installation.url))
        return sessions[-1]

    yield open_session
    for session in sessions:
        session.context.close()
    browser.close()


def leave_and_return(session: BrowserSession, meanwhile: Callable[[], object]) -> None:
    """Open another page, and go back to the one that the browser has kept."""
    session.page.evaluate("window.isKept = true")
    session.page.goto(OTHER_PAGE)
    meanwhile()
    # Playwright waits for a load that a kept page does not have.
    with contextlib.suppress(Error):
        session.page.evaluate("history.back()")
    session.page.wait_for_function("() => document.querySelector('#app') !== null")
    assert session.page.evaluate("window.isKept") is True


def test_kept_page_gets_what_it_missed(open_restorable, groceries):
    """OFF-9"""
    ana = open_restorable().open(groceries.path)
    ana.expect_item("Milk")
    leave_and_return(ana, lambda: groceries.add("Cheese"))
    ana.expect_item("Cheese")
    ana.wait_until_live()
    ana.tick("Cheese")
    ana.wait_until_live()
    assert groceries.ticks["Cheese"] is True


def test_kept_page_of_signed_out_user_shows_nothing(open_restorable, installation, groceries):
    """OFF-9"""
    ana = open_restorable().open(groceries.path)
    ana.expect_item("Milk")
    leave_and_return(ana, ana.context.clear_cookies)
    expect(ana.page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(ana.page.get_by_text("Milk")).to_have_count(0)
