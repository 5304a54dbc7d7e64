"""A failing network or server neither reverts nor loses the edits of a user."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# Checks every painted frame.
RECORD_WHAT_COMES_BACK = """() => {
  const ticked = new Set();
  globalThis.cameBack = [];
  const look = () => {
    for (const box of document.querySelectorAll('main input[type=checkbox]')) {
      if (box.checked) ticked.add(box.ariaLabel);
      else if (ticked.has(box.ariaLabel)) globalThis.cameBack.push(box.ariaLabel);
    }
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture
def mortal(home):
    """The installation; the test may kill its server."""
    yield home
    home.ensure()


def be_slow(phone, milliseconds):
    """Delay every response by this time."""
    protocol = phone.context.new_cdp_session(phone.page)
    protocol.send("Network.enable")
    limits = {"downloadThroughput": -1, "uploadThroughput": -1}
    conditions = {"offline": False, "latency": milliseconds, **limits}
    protocol.send("Network.emulateNetworkConditions", conditions)


def lose_some(phone, path):
    """Of every three requests, drop one request and the response to another."""
    numbers = itertools.count()

    def answer(route):
        number = next(numbers) % 3
        if number == 1:
            route.fetch()
        if number == 2:
            route.continue_()
        else:
            route.abort()

    phone.page.route(path, answer)


def agree(groceries, *phones):
    """Wait until every edit is sent; check that each browser shows what the server has."""
    for one in phones:
        one.live()
    truth = groceries.ticks
    for one in phones:
        for name, ticked in truth.items():
            one.sees(name, ticked=ticked)
        assert one.ticks == truth
    return truth


def test_ticks_are_never_reverted_on_unreliable_network(phone, home):
    names = [f"Thing {number}" for number in range(7)]
    groceries = home.groceries(*names)
    ana, bob = (phone(who).open(groceries.path) for who in ("ana", "bob"))
    be_slow(ana, 120)
    lose_some(ana, "**/shopping-items/*/")
    before = groceries.version
    ana.page.evaluate(RECORD_WHAT_COMES_BACK)
    for name in names:
        ana.tick(name)
    truth = agree(groceries, ana, bob)
    assert truth == dict.fromkeys(names, True)
    assert ana.page.evaluate("cameBack") == []
    assert groceries.version == before + len(names)


def test_no_edit_is_lost_when_server_is_killed(phone, mortal, groceries):
    ana, bob = (phone(who).open(groceries.path) for who in ("ana", "bob"))
    ana.page.evaluate(RECORD_WHAT_COMES_BACK)
    ana.add("Before")
    ana.tick("Milk")
    mortal.kill()
    for one in (ana, bob):
        expect(one.main.locator(".badge")).to_contain_text("Reconnecting")
    ana.tick("Bread")
    ana.add("By ana while it was down")
    bob.rename("Eggs", "Ten eggs")
    bob.add("By bob while it was down")
    expect(bob.main.locator(".badge")).to_contain_text("2 changes waiting")
    mortal.first.start_again()
    assert agree(groceries, ana, bob) == {
        "Milk": True,
        "Bread": True,
        "Ten eggs": False,
        "Before": False,
        "By ana while it was down": False,
        "By bob while it was down": False,
    }
    assert ana.page.evaluate("cameBack") == []
    assert (ana.loads, bob.loads) == (1, 1)


def test_offline_edits_are_merged_with_edits_of_others(phone, groceries):
    ana, bob = (phone(who).open(groceries.path) for who in ("ana", "bob"))
    ana.context.set_offline(True)
    expect(ana.main.locator(".badge")).to_contain_text("Offline")
    ana.tick("Milk")
    ana.rename("Bread", "Dark bread")
    bob.rename("Milk", "Oat milk")
    bob.remove("Eggs")
    expect(ana.main.locator(".badge")).to_have_text("Offline · 2 changes waiting")
    ana.context.set_offline(False)
    assert agree(groceries, ana, bob) == {"Oat milk": True, "Dark bread": False}
