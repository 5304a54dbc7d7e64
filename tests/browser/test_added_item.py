"""Where an added item went: the list scrolls to it, and a message says what became of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
SHORT, LONG = 25, 400


def names(count: int) -> list[str]:
    return [f"Thing {number:03}" for number in range(count)]


@pytest.fixture(params=[SHORT, LONG], ids=["short list", "long list"])
def scrolled_list(request, installation):
    """A list that is longer than the screen. The long one has only some rows in the page."""
    return installation.create_list(*names(request.param))


def message_of(session) -> Locator:
    return session.page.get_by_label("Last added item")


def row_of(session, name: str) -> Locator:
    checkbox = session.page.get_by_role("checkbox", name=name, exact=True)
    return session.main.get_by_role("listitem").filter(has=checkbox)


def expect_seen_above(session, name: str, above: Locator) -> None:
    """Wait until a row is in sight, and no part of it is below the upper edge of an element."""
    expect(session.checkbox(name)).to_be_in_viewport()
    row, other = row_of(session, name).bounding_box(), above.bounding_box()
    assert row["y"] + row["height"] <= other["y"]


def test_list_scrolls_to_an_added_item(open_session, scrolled_list):
    """PAG-13"""
    ana = open_session("ana", viewport=PHONE).open(scrolled_list.path)
    for name in ("Zucchini", "Yams"):
        ana.add(name)
        message = message_of(ana)
        expect(message.get_by_role("status")).to_have_text(f"Added {name}")
        expect(row_of(ana, name).locator(".highlighted")).to_have_count(1)
        expect_seen_above(ana, name, message)
    expect(ana.item_field).to_be_focused()
    message.get_by_role("button", name="Undo").click()
    ana.expect_no_item("Yams")
    expect(message).to_have_count(0)
    ana.wait_until_live()
    assert "Yams" not in scrolled_list.items
    assert "Zucchini" in scrolled_list.items


def test_added_item_can_be_edited_from_the_message(open_session, scrolled_list):
    """PAG-13"""
    ana = open_session("ana", viewport=PHONE).open(scrolled_list.path)
    ana.add("Zucchini")
    message_of(ana).get_by_role("button", name="Edit").click()
    expect(ana.main.get_by_label("Name")).to_have_value("Zucchini")


def test_message_leads_to_an_item_that_is_on_the_list_already(open_session, scrolled_list):
    """PAG-13"""
    ana = open_session("ana", viewport=PHONE).open(scrolled_list.path)
    ana.add("Zucchini")
    ana.add("thing 003")
    message = message_of(ana)
    expect(message.get_by_role("status")).to_have_text("Thing 003 is on the list already")
    expect(ana.checkbox("Thing 003")).not_to_be_in_viewport()
    message.get_by_role("button", name="Show").click()
    expect(ana.checkbox("Thing 003")).to_be_in_viewport()
    expect(row_of(ana, "Thing 003").locator(".highlighted")).to_have_count(1)


def test_message_says_that_an_item_is_back_from_the_cart(open_session, scrolled_list):
    """PAG-13"""
    scrolled_list.patch("Thing 020", purchased=True)
    ana = open_session("ana", viewport=PHONE).open(scrolled_list.path)
    ana.add("thing 020")
    message = message_of(ana)
    expect(message.get_by_role("status")).to_have_text("Thing 020 is back from the cart")
    expect(ana.checkbox("Thing 020")).to_be_in_viewport()
    ana.expect_item("Thing 020", ticked=False)
    message.get_by_role("button", name="Undo").click()
    ana.expect_item("Thing 020", ticked=True)


def test_item_of_another_member_below_the_screen_is_said(open_session, scrolled_list):
    """PAG-13"""
    ana = open_session("ana", viewport=PHONE).open(scrolled_list.path)
    bob = open_session("bob").open(scrolled_list.path)
    bob.add("Rice")
    pill = ana.page.get_by_role("button", name="bob added Rice")
    pill.click()
    expect(ana.checkbox("Rice")).to_be_in_viewport()
    expect(pill).to_have_count(0)
    bob.add("Salt")
    expect(ana.checkbox("Salt")).to_be_attached()
    # The end of the list is in sight, so the row itself is what is seen.
    expect(ana.page.get_by_role("button", name="bob added Salt")).to_have_count(0)
