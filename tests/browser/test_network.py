"""A failing network or server neither reverts nor loses the edits of a user."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# Checks every painted frame.
RECORD_REVERTED_TICKS = """() => {
  const ticked = new Set();
  globalThis.revertedTicks = [];
  const look = () => {
    for (const box of document.querySelectorAll('[role=main] input[type=checkbox]')) {
      if (box.checked) ticked.add(box.ariaLabel);
      else if (ticked.has(box.ariaLabel)) globalThis.revertedTicks.push(box.ariaLabel);
    }
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture
def killable_installation(installation):
    """The installation; the test may kill its server."""
    yield installation
    installation.ensure_running()


def delay_responses(session, milliseconds):
    """Delay every response by this time."""
    protocol = session.context.new_cdp_session(session.page)
    protocol.send("Network.enable")
    limits = {"downloadThroughput": -1, "uploadThroughput": -1}
    conditions = {"offline": False, "latency": milliseconds, **limits}
    protocol.send("Network.emulateNetworkConditions", conditions)


def drop_some_requests(session, path):
    """Of every three requests, drop one request and the response to another."""
    numbers = itertools.count()

    def handle(route):
        number = next(numbers) % 3
        if number == 1:
            route.fetch()
        if number == 2:
            route.continue_()
        else:
            route.abort()

    session.page.route(path, handle)


def expect_agreement(groceries, *sessions):
    """Wait until every edit is sent; check that each browser shows what the server has."""
    for session in sessions:
        session.wait_until_live()
    truth = groceries.ticks
    for session in sessions:
        for name, ticked in truth.items():
            session.expect_item(name, ticked=ticked)
        assert session.ticks == truth
    return truth


def test_ticks_are_never_reverted_on_unreliable_network(open_session, installation):
    names = [f"Thing {number}" for number in range(7)]
    groceries = installation.create_list(*names)
    ana, bob = (open_session(username).open(groceries.path) for username in ("ana", "bob"))
    delay_responses(ana, 120)
    drop_some_requests(ana, "**/shopping-items/*/")
    before = groceries.version
    ana.page.evaluate(RECORD_REVERTED_TICKS)
    for name in names:
        ana.tick(name)
    truth = expect_agreement(groceries, ana, bob)
    assert truth == dict.fromkeys(names, True)
    assert ana.page.evaluate("revertedTicks") == []
    assert groceries.version == before + len(names)


def test_no_edit_is_lost_when_server_is_killed(open_session, killable_installation, groceries):
    ana, bob = (open_session(username).open(groceries.path) for username in ("ana", "bob"))
    for session in (ana, bob):
        session.wait_until_loaded()  # without a server, no part can be loaded
    ana.page.evaluate(RECORD_REVERTED_TICKS)
    ana.add("Before")
    ana.tick("Milk")
    killable_installation.kill()
    for session in (ana, bob):
        expect(session.main.locator(".badge")).to_contain_text("No answer")
    ana.tick("Bread")
    ana.add("By ana while it was down")
    bob.rename("Eggs", "Ten eggs")
    bob.add("By bob while it was down")
    expect(bob.main.locator(".badge")).to_contain_text("2 changes wait")
    killable_installation.first_server.restart()
    assert expect_agreement(groceries, ana, bob) == {
        "Milk": True,
        "Bread": True,
        "Ten eggs": False,
        "Before": False,
        "By ana while it was down": False,
        "By bob while it was down": False,
    }
    assert ana.page.evaluate("revertedTicks") == []
    assert (ana.loads, bob.loads) == (1, 1)


def test_offline_edits_are_merged_with_edits_of_others(open_session, groceries):
    ana, bob = (open_session(username).open(groceries.path) for username in ("ana", "bob"))
    ana.context.set_offline(True)
    expect(ana.main.locator(".badge")).to_contain_text("Offline")
    ana.tick("Milk")
    ana.rename("Bread", "Dark bread")
    bob.rename("Milk", "Oat milk")
    bob.remove("Eggs")
    expect(ana.main.locator(".badge")).to_contain_text("Offline · 2 changes wait")
    ana.context.set_offline(False)
    assert expect_agreement(groceries, ana, bob) == {"Oat milk": True, "Dark bread": False}


@pytest.mark.rewritten_history
@pytest.mark.parametrize("is_restarted", [False, True], ids=["running", "restarted"])
def test_page_shows_the_database_when_an_older_copy_is_put_back(
    open_session, killable_installation, groceries, is_restarted
):
    """POS-2: the same version numbers are used again, by other edits."""
    page = open_session("ana").open(groceries.path)
    page.expect_item("Milk")
    copy = killable_installation.copy_database()
    for name in ("Lost 1", "Lost 2", "Lost 3"):
        groceries.add(name)
    page.expect_item("Lost 3")
    if is_restarted:
        killable_installation.kill()
    copy.put_back()
    if is_restarted:
        killable_installation.ensure_running()
    for name in ("New 1", "New 2", "New 3"):
        groceries.add(name)
    for name in ("New 1", "New 2", "New 3"):
        page.expect_item(name)
    page.expect_no_item("Lost 1")
    expect_agreement(groceries, page)


def test_list_without_a_copy_says_so_until_server_answers(open_session, installation):
    """OFF-16"""
    opened, other = (installation.create_list("Milk") for _ in range(2))
    ana = open_session("ana", viewport={"width": 390, "height": 844}).open(opened.path)
    ana.expect_item("Milk")
    ana.wait_until_loaded()
    page = ana.page
    page.get_by_role("link", name="All lists").click()
    cards = {shared: page.locator(f"a[href='{shared.path}']") for shared in (opened, other)}
    missing = "Not on this device"
    expect(cards[other]).to_be_visible()
    ana.context.set_offline(True)
    expect(cards[other]).to_contain_text(missing)
    expect(cards[opened]).not_to_contain_text(missing)
    cards[other].click()
    expect(ana.main.get_by_text("This list is not on this device.")).to_be_visible()
    title = f"Groceries {other.id[:4]}"
    expect(ana.main.get_by_role("heading", level=1)).to_have_text(title)
    ana.context.set_offline(False)
    ana.expect_item("Milk")
    page.get_by_role("link", name="All lists").click()
    expect(page.get_by_text(missing)).to_have_count(0)
