"""The main tasks, without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.installation import PASSWORD

pytestmark = pytest.mark.browser
STEPS = 60


def reach(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab until this element has the focus, and check that the focus is visible."""
    expect(wanted).to_be_visible()
    for _ in range(STEPS):
        if wanted.evaluate("it => it === document.activeElement"):
            break
        page.keyboard.press(key)
    assert wanted.evaluate("it => getComputedStyle(it).outlineStyle") != "none"


def test_every_main_action_works_by_keyboard(open_session, groceries):
    ana = open_session()
    page, keys = ana.page, ana.page.keyboard
    page.goto(groceries.path)

    reach(page, page.get_by_label("Username"))
    keys.type("ana")
    reach(page, page.get_by_label("Password"))
    keys.type(PASSWORD)
    keys.press("Enter")
    ana.wait_until_live()

    page.goto("/")
    reach(page, page.locator(f"a[href='{groceries.path}']"))
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Groceries")).to_be_focused()

    reach(page, ana.item_field)
    for name in ("Butter", "Jam"):
        keys.type(name)
        keys.press("Enter")
        ana.expect_item(name)

    reach(page, ana.checkbox("Milk"), "Shift+Tab")
    keys.press("Space")
    ana.expect_item("Milk", ticked=True)

    edit = ana.main.get_by_role("button", name="Edit Bread")
    reach(page, edit)
    keys.press("Enter")
    expect(ana.main.get_by_label("Name")).to_be_focused()
    keys.type("Dark bread")
    keys.press("Enter")
    expect(ana.main.get_by_role("button", name="Edit Dark bread")).to_be_focused()

    reach(page, ana.main.get_by_role("button", name="Remove Eggs"))
    keys.press("Enter")
    ana.expect_no_item("Eggs")
    expect(ana.checkbox("Butter")).to_be_focused()  # the row that follows the removed one
    reach(page, page.get_by_label("Just now").get_by_role("button", name="Undo"))
    keys.press("Enter")
    ana.expect_item("Eggs")

    ana.wait_until_live()
    expected = {"Milk": True, "Dark bread": False, "Eggs": False, "Butter": False, "Jam": False}
    assert groceries.ticks == expected
