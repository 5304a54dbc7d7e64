"""A typed line is split into its parts visibly, and the user can prevent it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def keep_button(session):
    """Find the button that shows the parts of a line and keeps the line as typed."""
    return session.page.get_by_role("button", name="keep as typed")


def test_typed_line_is_split_into_quantity_name_and_note(open_session, groceries):
    """PAG-2"""
    ana, bob = (open_session(username).open(groceries.path) for username in ("ana", "bob"))
    ana.item_field.fill("2 l oat milk, cold")
    expect(keep_button(ana)).to_have_text(re.compile("oat milk *2 l *cold"))
    described = re.compile("Adds oat milk, quantity 2 l, note cold")
    expect(ana.item_field).to_have_accessible_description(described)
    ana.item_field.press("Enter")
    for session in (ana, bob):
        session.expect_item("oat milk")
    ana.wait_until_live()
    item = groceries.items["oat milk"]
    assert (item["quantity"], item["note"]) == ("2 l", "cold")
    expect(keep_button(ana)).to_have_count(0)


def test_escape_or_tap_keeps_the_line_as_typed(open_session, groceries):
    """PAG-2"""
    ana = open_session("ana").open(groceries.path)
    ana.item_field.fill("2 l bottle")
    expect(keep_button(ana)).to_be_visible()
    ana.item_field.press("Escape")
    expect(keep_button(ana)).to_have_count(0)
    ana.item_field.press("Enter")
    ana.expect_item("2 l bottle")
    ana.item_field.fill("6 pack abs")
    keep_button(ana).click()
    expect(ana.item_field).to_be_focused()
    ana.item_field.press("Enter")
    ana.expect_item("6 pack abs")
    ana.wait_until_live()
    assert {name for name, item in groceries.items.items() if item["quantity"]} == set()


def test_known_item_name_is_never_split(open_session, installation, groceries):
    """PAG-2, QTY-3: also a name that only the server knows."""
    groceries.add("7 Up")
    groceries.add("9 Lives")
    groceries.remove("9 Lives")
    ana = open_session("ana").open(groceries.path)
    ana.item_field.fill("6 eggs")
    expect(keep_button(ana)).to_be_visible()
    ana.item_field.fill("7 up")
    expect(keep_button(ana)).to_have_count(0)
    with ana.page.expect_response("**/api/suggestions/**"):
        ana.item_field.fill("9 lives")
    expect(keep_button(ana)).to_have_count(0)


def test_pasted_lines_are_split_like_typed_lines(open_session, groceries):
    """PAG-2"""
    groceries.add("7 Up")
    ana = open_session("ana").open(groceries.path)
    ana.paste("- [ ] 500 g flour, wholemeal\n7 up\n3 lemons")
    add = ana.page.get_by_role("button", name="Add 2 items")
    expect(add).to_be_focused()
    add.press("Enter")
    ana.expect_item("flour")
    ana.expect_item("lemons")
    ana.wait_until_live()
    items = groceries.items
    assert (items["flour"]["quantity"], items["flour"]["note"]) == ("500 g", "wholemeal")
    assert items["lemons"]["quantity"] == "3"
