"""What somebody types is taken apart before their eyes, and only if they let it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def keep(session):
    """Find what shows the parts of a line, and keeps it whole."""
    return session.page.get_by_role("button", name="keep as typed")


def test_a_typed_line_becomes_quantity_name_and_note(open_session, groceries):
    """PAG-2"""
    ana, bob = (open_session(who).open(groceries.path) for who in ("ana", "bob"))
    ana.item_field.fill("2 l oat milk, cold")
    expect(keep(ana)).to_have_text(re.compile("oat milk *2 l *cold"))
    described = re.compile("Adds oat milk, quantity 2 l, note cold")
    expect(ana.item_field).to_have_accessible_description(described)
    ana.item_field.press("Enter")
    for one in (ana, bob):
        one.expect_item("oat milk")
    ana.wait_until_live()
    found = groceries.items["oat milk"]
    assert (found["quantity"], found["note"]) == ("2 l", "cold")
    expect(keep(ana)).to_have_count(0)


def test_escape_and_a_tap_keep_it_as_it_was_typed(open_session, groceries):
    """PAG-2"""
    ana = open_session("ana").open(groceries.path)
    ana.item_field.fill("2 l bottle")
    expect(keep(ana)).to_be_visible()
    ana.item_field.press("Escape")
    expect(keep(ana)).to_have_count(0)
    ana.item_field.press("Enter")
    ana.expect_item("2 l bottle")
    ana.item_field.fill("6 pack abs")
    keep(ana).click()
    expect(ana.item_field).to_be_focused()
    ana.item_field.press("Enter")
    ana.expect_item("6 pack abs")
    ana.wait_until_live()
    assert {name for name, item in groceries.items.items() if item["quantity"]} == set()


def test_a_name_of_old_is_never_taken_apart(open_session, installation, groceries):
    """PAG-2, QTY-3: also one that only the server remembers."""
    groceries.add("7 Up")
    groceries.add("9 Lives")
    groceries.remove("9 Lives")
    ana = open_session("ana").open(groceries.path)
    ana.item_field.fill("6 eggs")
    expect(keep(ana)).to_be_visible()
    ana.item_field.fill("7 up")
    expect(keep(ana)).to_have_count(0)
    with ana.page.expect_response("**/api/suggestions/**"):
        ana.item_field.fill("9 lives")
    expect(keep(ana)).to_have_count(0)


def test_pasted_lines_are_taken_apart_as_typed_ones(open_session, groceries):
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
    found = groceries.items
    assert (found["flour"]["quantity"], found["flour"]["note"]) == ("500 g", "wholemeal")
    assert found["lemons"]["quantity"] == "3"
