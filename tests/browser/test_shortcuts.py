"""The keys of the list app, and the search in all lists."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_unsent_edits import expect_stored

pytestmark = pytest.mark.browser


def test_list_is_edited_with_single_keys(open_session, groceries):
    """PAG-20"""
    ana = open_session("ana").open(groceries.path)
    page, keys = ana.page, ana.page.keyboard
    ana.expect_item("Milk")
    expect(ana.main.get_by_role("heading", level=1)).to_be_focused()
    ana.open_by_key("?", "Keyboard shortcuts")
    keys.press("Escape")
    expect(ana.main.get_by_role("heading", level=1)).to_be_focused()
    keys.press("j")
    expect(ana.checkbox("Milk")).to_be_focused()
    keys.press("ArrowDown")
    expect(ana.checkbox("Bread")).to_be_focused()
    keys.press("Space")
    ana.expect_item("Bread", ticked=True)
    keys.press("k")
    expect(ana.checkbox("Milk")).to_be_focused()
    keys.press("Enter")
    expect(ana.main.get_by_label("Name")).to_be_focused()
    keys.type("Milk njks/?")
    keys.press("Enter")
    ana.expect_item("Milk njks/?")
    keys.press("Delete")
    ana.expect_no_item("Milk njks/?")
    keys.press("n")
    expect(ana.item_field).to_be_focused()
    keys.type("Jam")
    keys.press("Control+z")  # the text's own undo
    ana.item_field.fill("Jam")
    keys.press("Enter")
    ana.expect_item("Jam")
    for name in ("Jam", "Milk njks/?"):
        keys.press("Control+z")
        expect(page.get_by_label("Just now")).to_contain_text(f"Undone: {name}")
    ana.expect_no_item("Jam")
    ana.expect_item("Milk njks/?")
    keys.press("Control+z")
    ana.expect_item("Milk")
    keys.press("Control+z")
    ana.expect_item("Bread", ticked=False)
    keys.press("Control+z")
    expect(page.get_by_label("Just now")).to_contain_text("There is nothing to undo.")
    ana.wait_until_live()
    assert groceries.ticks == {"Milk": False, "Bread": False, "Eggs": False}


def test_keys_lead_to_dialogs_and_pages(open_session, groceries):
    """PAG-20"""
    ana = open_session("ana").open(groceries.path)
    page, keys = ana.page, ana.page.keyboard
    expect(ana.main.get_by_role("heading", level=1)).to_be_focused()
    ana.open_by_key("?", "Keyboard shortcuts")
    keys.press("n")  # a dialog has its own keys
    keys.press("Escape")
    expect(ana.item_field).not_to_be_focused()
    keys.press("s")
    expect(page.get_by_role("dialog")).to_contain_text("Members")
    keys.press("Escape")
    keys.press("g")
    keys.press("l")
    expect(page.get_by_role("main").get_by_role("heading", name="Lists")).to_be_visible()
    keys.press("g")
    keys.press("d")
    expect(page).to_have_url(f"{ana.url}/dashboard/")


def test_single_keys_can_be_turned_off(open_session, groceries):
    """PAG-20: WCAG 2.1.4"""
    ana = open_session("ana").open(groceries.path)
    page, keys = ana.page, ana.page.keyboard
    page.get_by_role("button", name="Account of ana").click()
    page.get_by_label("Single-key shortcuts").uncheck()
    keys.press("Escape")
    ana.open(groceries.path)
    ana.expect_item("Milk")
    ana.open_by_key("Control+k", "Find")
    keys.press("Escape")
    keys.press("?")
    keys.press("n")
    keys.press("Control+k")
    expect(page.get_by_role("dialog", name="Find")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(1)


def test_item_of_any_list_is_found(open_session, installation):
    """PAG-21"""
    names = [f"Thing {number:03}" for number in range(200)]
    long, party = installation.create_list(*names), installation.create_list("Cups", "Ice")
    party.rename("Party")
    party.patch("Ice", purchased=True)
    ana = open_session("ana").open(party.path)
    expect_stored(ana, party, installation)
    ana.open(long.path)
    page, keys = ana.page, ana.page.keyboard
    ana.main.get_by_role("button", name="Find").click()
    field = page.get_by_role("combobox", name="Find an item or a list")
    expect(field).to_be_focused()
    keys.type("ice")
    option = page.get_by_role("option").first
    expect(option).to_have_text("Ice · in the cart of Party")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
    keys.press("Enter")
    expect(page).to_have_url(f"{ana.url}{party.path}")
    expect(ana.checkbox("Ice")).to_be_in_viewport()
    expect(ana.checkbox("Ice")).to_be_focused()
    keys.press("Control+k")
    keys.type("thing 15")
    options = page.get_by_role("option")
    expect(options).to_have_count(10)
    for _ in range(3):
        keys.press("ArrowDown")
    expect(options.nth(3)).to_have_attribute("aria-selected", "true")
    keys.press("Enter")
    expect(page).to_have_url(f"{ana.url}{long.path}")
    expect(ana.checkbox("Thing 153")).to_be_in_viewport()
    expect(ana.checkbox("Thing 153")).to_be_focused()


def test_list_that_was_never_opened_is_searched(open_session, installation, groceries):
    """PAG-41"""
    party = installation.create_list("Birthday candles")
    ana = open_session("ana").open(groceries.path)
    page, keys = ana.page, ana.page.keyboard
    ana.open_by_key("Control+k", "Find")
    keys.type("candles")
    expect(page.get_by_role("option", name="Birthday candles")).to_be_visible()
    keys.press("Enter")
    expect(page).to_have_url(f"{ana.url}{party.path}")
    expect(ana.checkbox("Birthday candles")).to_be_focused()


def test_search_says_which_lists_it_cannot_search(open_session, installation, groceries):
    """PAG-41"""
    installation.create_list("Birthday candles")
    ana = open_session("ana").open(groceries.path)
    ana.open_by_key("Control+k", "Find")
    ana.page.keyboard.press("Escape")
    ana.context.set_offline(True)
    ana.open_by_key("Control+k", "Find")
    expect(ana.page.get_by_text(re.compile("not searched: this device has no cop"))).to_be_visible()
    ana.page.keyboard.type("milk")
    expect(ana.page.get_by_role("option", name="Milk").first).to_be_visible()


def test_what_was_not_found_is_added(open_session, groceries):
    """PAG-21"""
    ana = open_session("ana").open(groceries.path)
    expect(ana.main.get_by_role("button", name="Find")).to_have_count(0)  # it is short
    keys = ana.page.keyboard
    keys.press("Control+k")
    keys.type("quinoa")
    option = ana.page.get_by_role("option")
    expect(option).to_contain_text("Add “quinoa” to Groceries")
    keys.press("Enter")
    ana.expect_item("quinoa")
