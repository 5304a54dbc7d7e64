"""A user who loses access to a list no longer sees it, on the open page too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def expect_list_closed(session, message):
    expect(session.main).to_contain_text(message)
    expect(session.item_field).to_have_count(0)
    session.expect_no_item("Milk")
    session.main.get_by_role("link", name="Back to my lists").click()
    expect(session.page.get_by_label("New list")).to_be_visible()


def test_removed_member_no_longer_sees_the_list(open_session, installation, groceries):
    ana, bob = (open_session(username).open(groceries.path) for username in ("ana", "bob"))
    groceries.remove_member(installation.fixtures["bob_id"])
    expect_list_closed(bob, "ana removed you from Groceries")
    ana.expect_item("Milk")


def test_removed_member_is_told_on_the_overview(open_session, installation, groceries):
    """PAG-42"""
    bob = open_session("bob")
    bob.page.goto("/")
    expect(bob.page.get_by_role("link", name="Groceries").first).to_be_visible()
    name = bob.page.locator(f'a[href="{groceries.path}"] .name').inner_text()
    bob.open_by_key("Control+k", "Find")  # so what the page loads late is there
    bob.page.keyboard.press("Escape")
    groceries.remove_member(installation.fixtures["bob_id"])
    notice = bob.page.get_by_role("region", name="Just now")
    expect(notice).to_contain_text(f"ana removed you from {name}")
    expect(bob.page.locator(f'a[href="{groceries.path}"]')).to_have_count(0)


def test_removed_member_can_copy_what_they_typed(open_session, installation, groceries):
    """LIV-58"""
    bob = open_session("bob").open(groceries.path)
    bob.main.get_by_role("button", name="Edit Milk").click()
    bob.main.get_by_label("Note").fill("from the farm")
    bob.item_field.fill("three lem")
    groceries.remove_member(installation.fixtures["bob_id"])
    typed = bob.main.get_by_label("You were typing")
    expect(typed).to_have_value(re.compile("Milk, from the farm"))
    expect(typed).to_have_value(re.compile("three lem"))
    expect(bob.main.get_by_role("button", name="Copy what you typed")).to_be_visible()


def test_deleted_list_is_hidden_from_every_member(open_session, groceries):
    ana, bob = (open_session(username).open(groceries.path) for username in ("ana", "bob"))
    for session in (ana, bob):
        session.expect_item("Milk")  # a page that has no list yet cannot see it deleted
    groceries.delete()
    for session in (ana, bob):
        expect_list_closed(session, "This list was deleted.")
