"""Members share a list: guests join by a link, and edits of one member reach the others."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_guest_joins_by_link_edits_and_is_removed(open_session, groceries):
    ana, guest = open_session("ana").open(groceries.path), open_session()
    ana.page.get_by_role("button", name="Members and invites").click()
    ana.page.get_by_role("button", name="Change", exact=True).click()
    ana.page.get_by_label("For a guest without an account").check()
    ana.page.get_by_role("button", name="Copy link").click()
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
    expect(guest.main).to_contain_text(re.compile("ana removed you from Groceries .* at "))
    guest.expect_no_item("Milk")


def test_member_who_opens_an_invite_is_taken_to_the_list(open_session, groceries):
    """INV-15"""
    link = groceries.invite()
    page = open_session("ana").page
    page.goto(link)
    page.wait_for_url(f"**{groceries.path}")
    expect(page.get_by_text("You are a member of this list already.")).to_be_visible()


def test_one_press_makes_a_link_and_shows_its_code(open_session, groceries):
    """INV-14"""
    page = open_session("ana", viewport={"width": 390, "height": 700}).open(groceries.path).page
    page.get_by_role("button", name="Members and invites").click()
    expect(page.get_by_text("Anyone with the link can edit, for 7 days.")).to_be_visible()
    page.get_by_role("button", name="QR code").click()
    expect(page.get_by_label("QR code of the link")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("This link works only on this computer.")).to_be_visible()
    link = page.get_by_label("Send this link").input_value()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_label("Send this link")).to_have_value(link)
    links = page.get_by_role("list", name="Active links").get_by_role("listitem")
    expect(links).to_have_count(1)
    expect(links).to_contain_text("Not used yet")
    bob = open_session()
    bob.page.goto(link)
    bob.page.get_by_label("Your name").fill("Cleo")
    bob.page.get_by_label("Username").fill("cleo-of-the-link")
    bob.page.get_by_label("Password").fill("correct horse battery")
    bob.page.get_by_role("button", name="Create account and join").click()
    bob.expect_item("Milk")
    expect(links).to_contain_text("Used once")


def test_no_member_and_no_link_is_changed_while_server_is_away(open_session, groceries):
    """PAG-43"""
    groceries.invite()
    session = open_session("ana").open(groceries.path)
    session.wait_until_loaded()
    session.page.get_by_role("button", name="Members and invites").click()
    sheet = session.page.get_by_role("dialog")
    # These two work without the server: they close the sheet and open a form.
    controls = sheet.locator("button, select").and_(sheet.locator(":not([aria-label=Close])"))
    controls = controls.filter(has_not_text=re.compile(r"^Change$"))
    expect(sheet.get_by_role("button", name=re.compile("^Revoke"))).to_be_enabled()
    expect(sheet.get_by_role("button", name="Remove bob")).to_be_enabled()
    session.context.set_offline(True)
    for control in controls.all():
        expect(control).to_be_disabled()
        # The last owner cannot leave, with the server or without it.
        reason = re.compile("^No connection|another owner|only owner", re.IGNORECASE)
        expect(control).to_have_accessible_description(reason)
    session.context.set_offline(False)
    expect(sheet.get_by_role("button", name="Remove bob")).to_be_enabled()


def test_member_can_undo_tick_of_another_member_from_timeline(open_session, groceries):
    ana, bob = (open_session(username).open(groceries.path) for username in ("ana", "bob"))
    bob.page.set_viewport_size({"width": 1440, "height": 900})
    ana.tick("Milk")
    bob.page.get_by_role("button", name="Undo: ana ticked Milk").click()
    ana.expect_item("Milk")
    bob.expect_item("Milk")
    expect(bob.page.get_by_text("undone by bob")).to_be_visible()


def test_one_change_of_a_run_is_undone_alone(open_session, groceries):
    """HIS-2"""
    for name in ("Milk", "Bread", "Eggs"):
        groceries.patch(name, purchased=True)
    page = open_session("bob", viewport={"width": 1440, "height": 900}).open(groceries.path).page
    history = page.get_by_role("complementary", name="Activity")
    expect(history.get_by_role("button", name="Undo: ana ticked")).to_have_count(0)
    history.get_by_text("ticked Eggs, Bread, and Milk").click()
    history.get_by_role("button", name="Undo: ana ticked Bread").click()
    expect(history.get_by_text("undone by bob")).to_be_visible()
    expect(history.get_by_role("button", name="Undo: ana ticked Milk")).to_be_visible()
    assert groceries.ticks == {"Milk": True, "Bread": False, "Eggs": True}


def test_editor_of_an_item_shows_its_changes(open_session, groceries):
    """HIS-3"""
    groceries.patch("Milk", quantity="2 l")
    groceries.patch("Bread", quantity="1")
    groceries.patch("Milk", quantity="3 l")
    page = open_session("bob").open(groceries.path).page
    page.get_by_role("button", name="Edit Milk").click()
    editor = page.get_by_role("form", name="Edit Milk")
    # Who changed it is known only if the history beside the list is loaded.
    foot = re.compile("Added by ana just now.*changed (by ana )?just now")
    expect(editor.locator(".foot")).to_have_text(foot)
    editor.get_by_role("button", name="History").click()
    expect(editor.get_by_role("list", name="History").get_by_role("listitem")).to_contain_text(
        ["changed Milk from 2 l to 3 l", "set Milk to 2 l", "added"]
    )
    editor.get_by_role("button", name="Undo: ana changed Milk from 2 l to 3 l").click()
    expect(editor.get_by_text("undone by bob")).to_be_visible()
    assert groceries.items["Milk"]["quantity"] == "2 l"


def test_history_of_an_item_is_shown_when_server_answers_again(open_session, groceries):
    """PAG-43: its part of the page is there, although it is opened without the server."""
    groceries.patch("Milk", quantity="2 l")
    session = open_session("ana").open(groceries.path)
    session.wait_until_loaded()
    session.context.set_offline(True)
    session.page.get_by_role("button", name="Edit Milk").click()
    editor = session.page.get_by_role("form", name="Edit Milk")
    editor.get_by_role("button", name="History").click()
    away = editor.get_by_text("No connection to the server.")
    expect(away).to_be_visible()
    expect(session.page.get_by_role("alert")).to_have_count(0)
    session.context.set_offline(False)
    expect(editor.get_by_role("list", name="History")).to_contain_text("set Milk to 2 l")
    expect(away).to_have_count(0)


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
