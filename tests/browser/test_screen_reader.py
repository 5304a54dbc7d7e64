"""What a screen reader reads on the dashboard: names, an order, and no talk of its own."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.installation import BrowserInstallation, SharedList

pytestmark = pytest.mark.browser
SECTIONS = {
    "": "Edits and events",
    "delivery/": "Rejoins and endings",
    "signals/": "The way of an edit",
    "requests/": "Answers by code",
    "lists/": "My lists, the newest change first",
    "machine/": "What the dashboard costs",
    "doctor/": "Connection",
}
UNNAMED = re.compile(
    r"- (link|button|combobox|checkbox|searchbox|img|meter|slider|region|cell|rowheader|"
    r"columnheader|definition|term|heading|paragraph)( \[[^]]*\])?$"
)
FOLLOW_ANNOUNCEMENTS = """() => {
  const LIVE = '[role=status], [role=alert], [role=log], [aria-live]';
  window.announced = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
      const text = element?.closest(LIVE)?.textContent.trim();
      if (text) window.announced.push(text);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@pytest.fixture(scope="module")
def staffed(dist, tmp_path_factory):
    """An installation in which ana is staff, with a list that bob has open."""
    installation = BrowserInstallation(tmp_path_factory.mktemp("screen-reader") / "data")
    installation.shell(
        "from accounts.models import User\n"
        "User.objects.filter(username='ana').update(is_staff=True)"
    )
    yield installation
    installation.close()


@pytest.fixture
def shared(staffed: BrowserInstallation, open_session) -> SharedList:
    """A list with changes, that bob has open."""
    shared = staffed.create_list("Milk", "Bread")
    bob = open_session("bob", of=staffed)
    bob.page.goto(shared.path)
    shared.patch("Milk", purchased=True)
    bob.expect_item("Milk", ticked=True)
    return shared


def open_section(page: Page, path: str, heading: str) -> list[str]:
    """Open a section, wait for its figures, and return the lines that are read."""
    page.goto(f"/dashboard/{path}")
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(page.get_by_text("Looking…")).to_have_count(0)
    return page.locator("body").aria_snapshot().splitlines()


@pytest.mark.parametrize(("path", "heading"), SECTIONS.items(), ids=list(SECTIONS.values()))
def test_section_is_read_by_names_in_order(staffed, shared, open_session, path, heading):
    """DSH-11"""
    lines = open_section(open_session("ana", of=staffed).page, path, heading)
    assert [line for line in lines if UNNAMED.search(line)] == []
    assert [line for line in lines if re.search("[→←▲■◆✕✓●◉◐]", line)] == []
    for before, line in pairwise(lines):
        if line.lstrip().startswith("- definition"):  # its term is read first
            assert before.lstrip().startswith(("- term", "- definition")), line


def test_figures_that_change_are_not_announced(staffed, open_session):
    """DSH-11: an owner who reads a figure is not interrupted by all others."""
    shared = staffed.create_list("Milk")
    page = open_session("ana", of=staffed).page
    open_section(page, "", "Edits and events")
    page.evaluate(FOLLOW_ANNOUNCEMENTS)
    feed = page.get_by_label("Activity, newest first")
    for number in range(4):
        shared.add(f"Thing {number}")
        expect(feed.get_by_text(f"Thing {number}")).to_be_visible()
    edits = page.get_by_role("link", name=re.compile("^Edits "))
    text = edits.inner_text()
    expect(edits).not_to_have_text(text)
    assert page.evaluate("() => window.announced") == []
    page.get_by_role("button", name="Pause the figures").click()
    page.wait_for_function("() => window.announced.some((text) => text.startsWith('Paused at'))")
