"""The section Delivery: staff see the path of a change and each screen, and end a socket."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser.installation import BrowserInstallation

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def staffed(dist, tmp_path_factory):
    """An installation in which ana is staff."""
    installation = BrowserInstallation(tmp_path_factory.mktemp("delivery") / "data")
    installation.shell(
        "from accounts.models import User\n"
        "User.objects.filter(username='ana').update(is_staff=True)"
    )
    yield installation
    installation.close()


def test_staff_sees_path_and_screens_and_disconnects_one(staffed, open_session):
    """DEL-1, DEL-3, DEL-4, DEL-7"""
    groceries = staffed.create_list("Milk", "Bread")
    ana, bob = (open_session(who, of=staffed) for who in ("ana", "bob"))
    bob.page.goto(groceries.path)
    bob.expect_item("Milk", ticked=False)
    ana.page.goto("/dashboard/")
    ana.page.get_by_role("link", name="Delivery").click()
    path = ana.page.get_by_label("The path of a change, over the last minute")
    groceries.patch("Milk", purchased=True)
    bob.expect_item("Milk", ticked=True)
    for part in ("commit", "socket", "network", "paint"):
        expect(path.get_by_role("listitem").filter(has_text=part)).to_contain_text(
            re.compile(r"p99 \d")
        )
    expect(ana.page.get_by_text("Network and paint come from")).to_be_visible()
    expect(ana.page.get_by_text("None lost")).to_be_visible()
    row = ana.page.get_by_role("row").filter(has_text="bob")
    expect(row).to_contain_text("identical")
    expect(row).to_contain_text(f"Groceries {groceries.id[:4]}")
    row.get_by_role("button", name="Disconnect bob").click()
    row.get_by_role("button", name="Confirm: disconnect bob").click()
    expect(ana.page.get_by_text("too slow, or disconnected here")).to_be_visible()
    groceries.patch("Bread", purchased=True)
    bob.expect_item("Bread", ticked=True)
    expect(row).to_contain_text("identical")
    assert bob.loads == 1


def test_change_is_followed_to_each_screen(staffed, open_session):
    """DEL-9"""
    groceries = staffed.create_list("Milk", "Bread")
    ana, bob = (open_session(who, of=staffed) for who in ("ana", "bob"))
    bob.page.goto(groceries.path)
    bob.expect_item("Milk", ticked=False)
    ana.page.goto("/dashboard/delivery/")
    expect(ana.page.get_by_text("There was none yet")).to_be_visible()
    changes = ana.page.get_by_label("Changes, newest first")
    newest = changes.get_by_role("button").first
    while not newest.is_visible():  # the processes learn after a second that the page is open
        groceries.patch("Milk", purchased=True)
        groceries.patch("Milk", purchased=False)
        ana.page.wait_for_timeout(500)
    groceries.patch("Milk", purchased=True)
    expect(newest).to_contain_text(f"ticked an item · Groceries {groceries.id[:4]}")
    way = ana.page.get_by_label("The way of this change, in time after its commit")
    expect(way.get_by_role("listitem").filter(has_text="commit")).to_contain_text(" ms")
    expect(way.get_by_role("listitem").filter(has_text="bob")).to_contain_text(
        re.compile(r"taken [\d.]+\sms · shown [\d.]+\s(ms|s)")
    )
    newest.click()
    count = changes.get_by_role("button").count()
    groceries.patch("Bread", purchased=True)
    expect(changes.get_by_role("button")).to_have_count(count + 1)
    expect(newest).to_have_attribute("aria-pressed", "false")
    expect(changes.get_by_role("button", pressed=True)).to_have_count(1)
    ana.page.get_by_role("button", name="Follow the newest").click()
    expect(changes.get_by_role("button").first).to_have_attribute("aria-pressed", "true")


def test_members_see_the_screens_of_their_own_lists_and_no_sockets(staffed, open_session):
    """DEL-1, DEL-10"""
    shared, other = staffed.create_list("Milk"), staffed.create_list("Salt")
    other.remove_member(staffed.fixtures["bob_id"])
    ana, bob = (open_session(who, of=staffed) for who in ("ana", "bob"))
    page = bob.page
    page.goto("/dashboard/delivery/")
    expect(page.get_by_text("None of your lists is open.")).to_be_visible()
    ana.page.goto(other.path)
    ana.expect_item("Salt", ticked=False)
    ana.page.goto(shared.path)
    ana.expect_item("Milk", ticked=False)
    expect(page.get_by_text("Your lists are open on 1 screen, identical.")).to_be_visible()
    table = page.get_by_role("table", name="Screens of my lists")
    expect(table.get_by_role("row")).to_have_count(2)
    row = table.get_by_role("row").filter(has_text=f"Groceries {shared.id[:4]}")
    expect(row.get_by_role("cell")).to_have_text(["1", "0", "0"])
    for words in ("The path of a change", "Disconnect"):
        expect(page.get_by_text(words)).to_have_count(0)
    page.get_by_role("link", name="Lists", exact=True).click()
    expect(page.locator(f'main a[href*="{shared.id}"]')).to_contain_text(
        "Open on 1 screen, identical"
    )
