"""Members share a list: guests join by a link, and edits of one member reach the others."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_guest_joins_by_link_edits_and_is_removed(open_session, groceries):
    ana, guest = open_session("ana").open(groceries.path), open_session()
    ana.page.get_by_role("button", name="Members and invites").click()
    ana.page.get_by_label("For a guest without an account").check()
    ana.page.get_by_role("button", name="Create link").click()
    link = ana.page.get_by_label("Send this link").input_value()
    assert "#" in link
    ana.page.get_by_role("button", name="Close").click()

    guest.page.goto(link)
    guest.page.get_by_label("Your name").fill("Gus")
    guest.page.get_by_role("button", name="Join as a guest").click()
    guest.expect_item("Milk")
    assert link.split("#")[1] not in guest.page.url
    expect(ana.main.get_by_text("Here now: Gus")).to_have_count(1)
    guest.tick("Milk")
    ana.expect_item("Milk", ticked=True)

    ana.page.get_by_role("button", name="Members and invites").click()
    ana.page.get_by_role("button", name="Remove Gus").click()
    ana.page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(guest.main).to_contain_text("no longer shared with you")
    guest.expect_no_item("Milk")


def test_member_can_undo_tick_of_another_member_from_timeline(open_session, groceries):
    ana, bob = (open_session(username).open(groceries.path) for username in ("ana", "bob"))
    bob.page.set_viewport_size({"width": 1440, "height": 900})
    ana.tick("Milk")
    bob.page.get_by_role("button", name="Undo: ana ticked Milk").click()
    ana.expect_item("Milk")
    bob.expect_item("Milk")
    expect(bob.page.get_by_text("undone by bob")).to_be_visible()


def test_pasted_lines_are_added_in_one_change_for_both_users(open_session, groceries):
    ana, bob = (open_session(username).open(groceries.path) for username in ("ana", "bob"))
    before = groceries.version
    ana.paste("Jam\noat milk\nMilk")
    ana.page.get_by_role("button", name="Add 2 items").click()
    for name in ("Jam", "oat milk"):
        bob.expect_item(name)
    ana.wait_until_live()
    assert sorted(groceries.ticks) == ["Bread", "Eggs", "Jam", "Milk", "oat milk"]
    assert groceries.version == before + 1
