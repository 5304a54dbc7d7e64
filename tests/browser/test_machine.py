"""The section Machine: staff see the processes, the database and the disk of the server."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser.installation import BrowserInstallation

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_session, installation) -> Page:
    """The section, as olga sees it."""
    installation.ensure_staff("olga")
    page = open_session("olga").page
    page.goto("/dashboard/")
    page.get_by_role("link", name="Machine").click()
    return page


def figure(page: Page, part: str, name: str) -> Locator:
    """Find a figure of a list by its name."""
    figures = page.get_by_label(part).locator("div")
    return figures.filter(has=page.get_by_text(name, exact=True))


def test_staff_see_the_process_that_serves_them(page: Page, installation: BrowserInstallation):
    """MCH-1, MCH-2, MCH-6: after the page has loaded, it asks for nothing."""
    cards = {
        process: page.get_by_role("listitem").filter(has_text=f"pid {process.pid} ")
        for process in installation.processes
    }
    for card in cards.values():
        expect(card).to_have_count(1)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    for process, card in cards.items():
        megabytes = round(process.memory_info().rss / 1e6)
        shown = re.search(r"Memory\s*(\d+)\sMB", card.inner_text())
        assert shown is not None
        assert int(shown[1]) == pytest.approx(megabytes, rel=0.1)
    expect(figure(page, "Figures of the database", "A query")).to_contain_text(re.compile(r"[µm]s"))
    # The disk is shown if the database is on it.
    if installation.redis is None:
        expect(figure(page, "Figures of the disk", "Grows by")).to_contain_text("known after a day")
        expect(page.get_by_role("meter", name="Used part of the disk")).to_be_visible()
    expect(figure(page, "Costs of the dashboard", "This page")).to_contain_text(
        re.compile(r"\d\sk?B/s")
    )
    has_redis = installation.redis is not None
    expect(page.get_by_text("No Redis is connected.")).to_have_count(0 if has_redis else 1)
    assert sent == []


def test_tile_of_the_room_leads_to_the_section(page: Page):
    """MCH-3"""
    page.get_by_role("link", name="Now").click()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="Room left").click()
    expect(page.get_by_role("heading", name="Processes")).to_be_visible()
    expect(page).to_have_url(re.compile("/dashboard/machine/$"))


def test_section_is_not_offered_to_others(open_session):
    """MCH-1"""
    page = open_session("bob").page
    page.goto("/dashboard/machine/")
    expect(page.get_by_text("so it is for staff")).to_be_visible()
    expect(page.get_by_role("link", name="Signals")).to_be_visible()
    expect(page.get_by_role("link", name="Machine")).to_have_count(0)
