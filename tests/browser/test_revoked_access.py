"""A user who loses access to a list no longer sees it, on the open page too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def expect_list_closed(phone, message):
    expect(phone.main).to_contain_text(message)
    expect(phone.adding).to_have_count(0)
    phone.misses("Milk")
    phone.main.get_by_role("link", name="Back to my lists").click()
    expect(phone.page.get_by_label("New list")).to_be_visible()


def test_removed_member_no_longer_sees_the_list(phone, home, groceries):
    ana, bob = (phone(who).open(groceries.path) for who in ("ana", "bob"))
    groceries.remove_member(home.made["bob_id"])
    expect_list_closed(bob, "no longer shared with you")
    ana.sees("Milk")


def test_deleted_list_is_hidden_from_every_member(phone, groceries):
    ana, bob = (phone(who).open(groceries.path) for who in ("ana", "bob"))
    groceries.delete()
    for session in (ana, bob):
        expect_list_closed(session, "This list was deleted.")
