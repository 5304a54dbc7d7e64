"""A typed line is split into its parts visibly, and the user can prevent it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def keep_button(phone):
    """Find the button that shows the parts of a line and keeps the line as typed."""
    return phone.page.get_by_role("button", name="keep as typed")


def test_typed_line_is_split_into_quantity_name_and_note(phone, groceries):
    """PAG-2"""
    ana, bob = (phone(who).open(groceries.path) for who in ("ana", "bob"))
    ana.adding.fill("2 l oat milk, cold")
    expect(keep_button(ana)).to_have_text(re.compile("oat milk *2 l *cold"))
    described = re.compile("Adds oat milk, quantity 2 l, note cold")
    expect(ana.adding).to_have_accessible_description(described)
    ana.adding.press("Enter")
    for session in (ana, bob):
        session.sees("oat milk")
    ana.live()
    item = groceries.items["oat milk"]
    assert (item["quantity"], item["note"]) == ("2 l", "cold")
    expect(keep_button(ana)).to_have_count(0)


def test_escape_or_tap_keeps_the_line_as_typed(phone, groceries):
    """PAG-2"""
    ana = phone("ana").open(groceries.path)
    ana.adding.fill("2 l bottle")
    expect(keep_button(ana)).to_be_visible()
    ana.adding.press("Escape")
    expect(keep_button(ana)).to_have_count(0)
    ana.adding.press("Enter")
    ana.sees("2 l bottle")
    ana.adding.fill("6 pack abs")
    keep_button(ana).click()
    expect(ana.adding).to_be_focused()
    ana.adding.press("Enter")
    ana.sees("6 pack abs")
    ana.live()
    assert {name for name, item in groceries.items.items() if item["quantity"]} == set()


def test_known_item_name_is_never_split(phone, home, groceries):
    """PAG-2, QTY-3: also a name that only the server knows."""
    groceries.add("7 Up")
    groceries.add("9 Lives")
    groceries.remove("9 Lives")
    ana = phone("ana").open(groceries.path)
    ana.adding.fill("6 eggs")
    expect(keep_button(ana)).to_be_visible()
    ana.adding.fill("7 up")
    expect(keep_button(ana)).to_have_count(0)
    with ana.page.expect_response("**/api/suggestions/**"):
        ana.adding.fill("9 lives")
    expect(keep_button(ana)).to_have_count(0)


def test_pasted_lines_are_split_like_typed_lines(phone, groceries):
    """PAG-2"""
    groceries.add("7 Up")
    ana = phone("ana").open(groceries.path)
    ana.paste("- [ ] 500 g flour, wholemeal\n7 up\n3 lemons")
    add = ana.page.get_by_role("button", name="Add 2 items")
    expect(add).to_be_focused()
    add.press("Enter")
    ana.sees("flour")
    ana.sees("lemons")
    ana.live()
    items = groceries.items
    assert (items["flour"]["quantity"], items["flour"]["note"]) == ("500 g", "wholemeal")
    assert items["lemons"]["quantity"] == "3"
