"""Who may not see a list any more sees it no longer, on the page that is open."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def over(session, words):
    expect(session.main).to_contain_text(words)
    expect(session.item_field).to_have_count(0)
    session.expect_no_item("Milk")
    session.main.get_by_role("link", name="Back to my lists").click()
    expect(session.page.get_by_label("New list")).to_be_visible()


def test_a_removed_member_loses_sight_of_the_list(open_session, installation, groceries):
    ana, bob = (open_session(who).open(groceries.path) for who in ("ana", "bob"))
    groceries.remove_member(installation.fixtures["bob_id"])
    over(bob, "no longer shared with you")
    ana.expect_item("Milk")


def test_a_deleted_list_ends_for_everybody(open_session, groceries):
    ana, bob = (open_session(who).open(groceries.path) for who in ("ana", "bob"))
    groceries.delete()
    for one in (ana, bob):
        over(one, "This list was deleted.")
