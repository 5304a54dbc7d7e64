"""The choice of the colours, and pages that say that nobody is signed in."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
DARK, LIGHT = "rgb(16, 20, 18)", "rgb(245, 247, 245)"
ACCENT_IN_DARK, ACCENT_IN_LIGHT = "rgb(102, 209, 156)", "rgb(26, 115, 72)"
EDGE_IN_DARK = "rgb(111, 125, 117)"


def test_theme_of_the_account_sheet_is_that_of_all_pages(open_session):
    """PAG-17"""
    ana = open_session("ana")
    page, body = ana.page, ana.page.locator("body")
    page.goto("/")
    expect(body).to_have_css("background-color", LIGHT)
    page.get_by_role("button", name="Account of ana").click()
    page.get_by_role("dialog").get_by_role("button", name="Dark").click()
    expect(body).to_have_css("background-color", DARK)
    colors = page.locator("meta[name=theme-color]")
    for index in range(2):
        expect(colors.nth(index)).to_have_attribute("content", "#101412")
    for path in ("/", "/dashboard/", "/wall/"):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        expect(body).to_have_css("background-color", DARK)
    page.goto("/")
    page.get_by_role("button", name="Account of ana").click()
    page.get_by_role("dialog").get_by_role("button", name="System").click()
    expect(body).to_have_css("background-color", LIGHT)
    page.emulate_media(color_scheme="dark")
    expect(body).to_have_css("background-color", DARK)
    page.get_by_role("dialog").get_by_role("button", name="Light").click()
    expect(body).to_have_css("background-color", LIGHT)


def test_theme_is_chosen_before_the_sign_in(open_session):
    """PAG-17"""
    nobody = open_session()
    nobody.page.goto("/signin/")
    nobody.page.get_by_role("group", name="Colours").get_by_role("button", name="Dark").click()
    expect(nobody.page.locator("body")).to_have_css("background-color", DARK)


@pytest.mark.parametrize("path", ["/", "/signin/", "/dashboard/", "/join/#x"])
def test_page_asks_nothing_when_nobody_is_signed_in(open_session, path):
    """PAG-18: a response with 401 would be an error in the console."""
    nobody = open_session()
    refused, console = [], []
    nobody.page.on("response", lambda answer: answer.status >= 400 and refused.append(answer.url))
    nobody.page.on("console", lambda message: console.append(message.type))
    nobody.page.goto(path)
    expect(nobody.page.get_by_role("heading", level=1)).to_be_visible()
    nobody.page.wait_for_load_state("networkidle")
    if not path.startswith("/join/"):
        assert refused == []
        assert "error" not in console
        expect(nobody.page.get_by_label("Username")).to_be_focused()


def test_page_of_the_service_worker_asks_nothing_when_nobody_is_signed_in(open_session):
    """PAG-18: its HTML may be older than the session."""
    nobody = open_session(service_workers="allow")
    page = nobody.page
    page.goto("/")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    refused = []
    page.on("response", lambda answer: answer.status >= 400 and refused.append(answer.url))
    page.goto("/")
    expect(page.get_by_label("Username")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert refused == []


def test_checkboxes_have_the_colours_of_the_theme(open_session, stocked_list):
    """PAG-17: not those of the browser, which stay grey in the dark."""
    page = (
        open_session("ana", color_scheme="dark", reduced_motion="reduce")
        .open(stocked_list.path)
        .page
    )
    for opener, name in (("Members and invites", "For a guest"), ("List menu", "Group by aisle")):
        page.get_by_role("button", name=opener).click()
        if opener == "Members and invites":
            page.get_by_role("button", name="Change", exact=True).click()
        box = page.get_by_role("dialog").get_by_role("checkbox", name=name)
        box.check()
        expect(box).to_have_css("background-color", ACCENT_IN_DARK)
        box.uncheck()
        expect(box).to_have_css("border-color", EDGE_IN_DARK)
        expect(box).to_have_css("background-color", "rgba(0, 0, 0, 0)")
        box.check()
        page.get_by_role("button", name="Close").click()
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="List menu").click()
    box = page.get_by_role("dialog").get_by_role("checkbox", name="Group by aisle")
    expect(box).to_have_css("background-color", ACCENT_IN_LIGHT)
