"""The main tasks, without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.installation import PASSWORD

pytestmark = pytest.mark.browser
STEPS = 60


def tab_to(page: Page, element: Locator, key: str = "Tab") -> None:
    """Press Tab until this element has the focus, and check that the focus is visible."""
    expect(element).to_be_visible()
    for _ in range(STEPS):
        if element.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press(key)
    assert element.evaluate("element => getComputedStyle(element).outlineStyle") != "none"


def test_every_main_action_works_by_keyboard(open_session, groceries):
    ana = open_session()
    page, keys = ana.page, ana.page.keyboard
    page.goto(groceries.path)

    tab_to(page, page.get_by_label("Username"))
    keys.type("ana")
    tab_to(page, page.get_by_label("Password"))
    keys.type(PASSWORD)
    keys.press("Enter")
    ana.wait_until_live()

    page.goto("/")
    tab_to(page, page.locator(f"a[href='{groceries.path}']"))
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Groceries")).to_be_focused()

    tab_to(page, ana.item_field)
    for name in ("Butter", "Jam"):
        keys.type(name)
        keys.press("Enter")
        ana.expect_item(name)

    tab_to(page, ana.checkbox("Milk"), "Shift+Tab")
    keys.press("Space")
    ana.expect_item("Milk", ticked=True)

    edit = ana.main.get_by_role("button", name="Edit Bread")
    tab_to(page, edit)
    keys.press("Enter")
    expect(ana.main.get_by_label("Name")).to_be_focused()
    keys.type("Dark bread")
    keys.press("Enter")
    expect(ana.main.get_by_role("button", name="Edit Dark bread")).to_be_focused()

    tab_to(page, ana.main.get_by_role("button", name="Remove Eggs"))
    keys.press("Enter")
    ana.expect_no_item("Eggs")
    expect(ana.checkbox("Butter")).to_be_focused()  # the row that follows the removed one
    tab_to(page, page.get_by_label("Just now").get_by_role("button", name="Undo"))
    keys.press("Enter")
    ana.expect_item("Eggs")

    ana.wait_until_live()
    expected = {"Milk": True, "Dark bread": False, "Eggs": False, "Butter": False, "Jam": False}
    assert groceries.ticks == expected
