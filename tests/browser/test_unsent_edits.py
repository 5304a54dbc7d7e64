"""Edits that were not sent outlive their page, and one tab sends those of all tabs.

The server is really stopped: Chromium's emulated offline ends before the old page does.
"""

from __future__ import annotations

import re
from collections import Counter
from time import monotonic

import pytest
from playwright.sync_api import expect

from tests.support.browser.session import TIMEOUT, BrowserSession

pytestmark = pytest.mark.browser

STORED_LIST = """
async (list) => {
  const open = indexedDB.open('trolley');
  await new Promise((resolve) => { open.onsuccess = resolve; });
  const store = (name) => open.result.transaction(name).objectStore(name).getAll();
  const all = (request) => new Promise((resolve) => {
    request.onsuccess = () => resolve(request.result);
  });
  const [headers, entries] = [await all(store('replicas')), await all(store('outbox'))];
  open.result.close();
  const header = headers.find((one) => one.list.id === list);
  return {
    digest: header?.computedDigest ?? null,
    waiting: entries.filter(({ entry: { state } }) => /waiting|sending/.test(state)).length,
  };
}
"""

ADD_AND_TICK = """
async ([names, ticked]) => {
  const field = document.querySelector('[role=main] form input');
  const pause = () => new Promise((resolve) => setTimeout(resolve, 30));
  for (const name of names) {
    field.value = name;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.form.requestSubmit();
    await pause();
    if (!ticked.includes(name)) continue;
    document.querySelector(`[role=main] input[aria-label="${name}"]`).click();
    await pause();
  }
}
"""


@pytest.fixture
def killable_installation(installation):
    """The installation; the test may kill its server."""
    yield installation
    installation.ensure_running()


def server_digest(installation, groceries):
    """Return the digest of the list on the server."""
    with installation.api("ana") as api:
        snapshot = api.get(f"shopping-lists/{groceries.id}/snapshot/").json()
    return snapshot["digest"]


def expect_stored(session, groceries, installation):
    """Wait until the browser stores what the server has, and nothing waits."""
    expected = {"digest": server_digest(installation, groceries), "waiting": 0}
    deadline = monotonic() + TIMEOUT
    while (stored := session.page.evaluate(STORED_LIST, groceries.id)) != expected:
        assert monotonic() < deadline, stored
        session.page.wait_for_timeout(100)


def expect_edits_stored(session, count):
    """Wait until the browser stores this number of unsent edits. A page warns before that."""
    session.page.wait_for_function(
        f"async (count) => (await ({STORED_LIST})('')).waiting === count", arg=count
    )


def expect_no_answer(session):
    expect(session.main.locator(".badge")).to_contain_text(re.compile("No answer|Connecting"))


def change_verbs(installation, groceries):
    """Count the changes of the list by verb."""
    with installation.api("ana") as api:
        rows = api.get(f"shopping-lists/{groceries.id}/activities/?since=0").json()
    return Counter(row["verb"] for row in rows["results"])


def open_tab(session, path):
    """Open another tab of the same browser."""
    tab = BrowserSession(session.context, session.url)
    tab.errors = session.errors
    tab.page.goto(path)
    return tab


def test_edit_is_sent_once_when_page_is_reloaded(open_session, killable_installation, groceries):
    """OFF-1: the server was killed, and is back when the page is loaded again."""
    ana = open_session("ana").open(groceries.path)
    killable_installation.kill()
    expect_no_answer(ana)
    ana.add("Typed while it was down")
    ana.tick("Milk")
    expect(ana.main.locator(".badge")).to_contain_text("2 changes wait")
    killable_installation.first_server.restart()
    ana.page.reload()
    ana.expect_item("Typed while it was down")
    ana.wait_until_live()
    assert groceries.ticks == {
        "Milk": True,
        "Bread": False,
        "Eggs": False,
        "Typed while it was down": False,
    }
    verbs = change_verbs(killable_installation, groceries)
    assert (verbs["item.added"], verbs["item.ticked"]) == (1, 1)


def test_badge_says_what_waits_while_server_is_down(open_session, killable_installation, groceries):
    """OFF-6, OFF-7: nothing of it has to be loaded then."""
    ana = open_session("ana").open(groceries.path)
    ana.page.wait_for_load_state("networkidle")
    killable_installation.kill()
    expect_no_answer(ana)
    ana.tick("Milk")
    ana.rename("Bread", "Rye")
    ana.page.locator(".badge:visible").click()
    sheet = ana.page.get_by_role("dialog", name="Connection")
    expect(sheet).to_contain_text("The server has not answered since")
    expect(sheet).to_contain_text("Next try in")
    expect(sheet.get_by_role("listitem")).to_have_text(
        [re.compile("Tick Milk just now"), re.compile("Change Rye just now")]
    )
    sheet.get_by_role("button", name="Drop: Rye").click()
    sheet.get_by_role("button", name="Drop for good: Rye").click()
    expect(sheet.get_by_role("listitem")).to_have_count(1)
    killable_installation.first_server.restart()
    sheet.get_by_role("button", name="Try now").click()
    expect(sheet).to_contain_text("Every change is saved.")
    sheet.get_by_role("button", name="Close").click()
    ana.wait_until_live()
    assert groceries.ticks == {"Milk": True, "Bread": False, "Eggs": False}


@pytest.mark.parametrize("width", [390, 320])
def test_header_has_room_for_what_waits(width, open_session, killable_installation, groceries):
    """OFF-6: in the longer of the two languages, with a name that many lists have."""
    groceries.rename("Wocheneinkauf")
    phone = {"viewport": {"width": width, "height": 844}, "locale": "de-DE"}
    ana = open_session("ana", **phone)
    ana.page.goto(groceries.path)
    expect(ana.main.locator(".badge")).to_contain_text("Live")
    ana.page.wait_for_load_state("networkidle")
    killable_installation.kill()
    expect(ana.main.locator(".badge")).to_contain_text("Keine Antwort")
    for name in ("Milk", "Bread", "Eggs"):
        ana.page.get_by_role("checkbox", name=name).click()
    if width == 390:
        lines = "h1 => h1.clientHeight / parseFloat(getComputedStyle(h1).lineHeight)"
        assert round(ana.main.get_by_role("heading", level=1).evaluate(lines)) == 1
    ana.page.get_by_role("link", name="Alle Listen").click()
    badge = ana.main.locator(".badge")
    expect(badge).to_contain_text("Keine Antwort")
    expect(badge).to_contain_text("3 warten")
    boxes = [badge.bounding_box(), ana.main.locator("a[href='/dashboard/']").bounding_box()]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]


def test_edits_are_sent_when_tab_is_opened_again(open_session, killable_installation, groceries):
    """OFF-1"""
    ana = open_session("ana").open(groceries.path)
    killable_installation.kill()
    expect_no_answer(ana)
    ana.add("Unsent")
    ana.tick("Bread")
    expect(ana.main.locator(".badge")).to_contain_text("2 changes wait")
    ana.page.close()
    killable_installation.first_server.restart()
    again = open_tab(ana, groceries.path)
    again.expect_item("Unsent")
    again.expect_item("Bread", ticked=True)
    again.wait_until_live()
    assert groceries.ticks["Unsent"] is False
    assert groceries.ticks["Bread"] is True


def test_edits_of_list_that_is_gone_are_one_line(open_session, groceries):
    """OFF-7, OFF-15"""
    ana = open_session("ana").open(groceries.path)
    ana.wait_until_loaded()
    ana.context.set_offline(True)
    for name in ("Milk", "Bread", "Eggs"):
        ana.tick(name)
    expect(ana.main.locator(".badge")).to_contain_text("3 changes wait")
    groceries.delete()
    ana.context.set_offline(False)
    lost = ana.page.get_by_role("region", name="Not saved")
    expect(lost.get_by_role("listitem")).to_have_count(1)
    expect(lost).to_contain_text("3 changes could not be saved (Milk, Bread, Eggs).")
    ana.page.locator(".badge:visible").click()
    sheet = ana.page.get_by_role("dialog", name="Connection")
    expect(sheet.get_by_role("region", name="Not saved")).to_be_visible()
    expect(sheet).to_contain_text("This page is live.")
    expect(sheet).not_to_contain_text("Every change is saved.")
    sheet.get_by_role("button", name="Close").click()
    lost.get_by_role("button", name="Discard: Milk, Bread, Eggs").click()
    expect(lost).to_have_count(0)


@pytest.mark.parametrize("locks", ["browser locks", "lease"])
def test_other_tab_sends_when_sending_tab_is_closed(
    open_session, killable_installation, groceries, locks
):
    """OFF-3: both tabs show the edits of both, and one of them sends."""
    ana = open_session("ana")
    if locks == "lease":
        # As on plain http in a home network, where browsers have no locks.
        ana.context.add_init_script("Object.defineProperty(navigator, 'locks', {value: undefined})")
    ana.open(groceries.path)
    other = open_tab(ana, groceries.path)
    other.expect_item("Milk")
    killable_installation.kill()
    expect_no_answer(ana)
    ana.add("By the first tab")
    other.add("By the second tab")
    for tab in (ana, other):
        tab.expect_item("By the first tab")
        tab.expect_item("By the second tab")
        expect(tab.main.locator(".badge")).to_contain_text("2 changes wait")
    ana.page.close()
    killable_installation.first_server.restart()
    other.wait_until_live()
    assert set(groceries.ticks) == {
        *("Milk", "Bread", "Eggs"),
        *("By the first tab", "By the second tab"),
    }
    assert change_verbs(killable_installation, groceries)["item.added"] == 2


def test_stored_list_is_shown_before_server_answers(open_session, installation, groceries):
    """OFF-2: the requests of the page are held until the list is on the screen."""
    ana = open_session("ana").open(groceries.path)
    ana.expect_item("Milk")
    expect_stored(ana, groceries, installation)
    held = []

    def hold(route):
        held.append(route)

    ana.page.route("**/api/**", hold)
    # A socket that is opened, and says nothing.
    ana.page.route_web_socket("**/ws/**", lambda socket: socket.on_message(lambda _: None))
    ana.page.reload()
    ana.expect_item("Milk")
    ana.expect_item("Eggs")
    expect(ana.main.get_by_role("heading", level=1)).to_contain_text("Groceries")
    assert len(held) > 0
    ana.tick("Eggs")
    expect(ana.main.locator(".badge")).to_contain_text("1 change waits")
    again = open_tab(ana, groceries.path)
    again.expect_item("Eggs", ticked=True)
    ana.page.close()
    again.wait_until_live()
    assert groceries.ticks["Eggs"] is True


def test_devices_agree_after_edits_while_server_was_down(
    open_session, killable_installation, groceries
):
    """OFF-1, OFF-4: 30 edits on two devices, in tabs that are opened again without the server."""
    ana, bob = (
        open_session(username, service_workers="allow").open(groceries.path)
        for username in ("ana", "bob")
    )
    for session in (ana, bob):
        session.wait_until_installed()
    killable_installation.kill()
    for session in (ana, bob):
        expect_no_answer(session)
    ana.rename("Bread", "Rye")
    bob.rename("Bread", "Spelt")
    ana.tick("Milk")
    bob.tick("Milk")
    for number in range(6):
        ana.add(f"Both {number}")
        bob.add(f"Both {number}")
    for number in range(6):
        ana.add(f"Ana {number}")
        bob.add(f"Bob {number}")
    ana.remove("Eggs")
    bob.rename("Eggs", "Ten eggs")
    expect(ana.main.locator(".badge")).to_contain_text("15 changes wait")
    expect(bob.main.locator(".badge")).to_contain_text("15 changes wait")
    ana.page.close()
    bob.page.close()
    again = [open_tab(session, groceries.path) for session in (ana, bob)]
    for session in again:
        session.expect_item("Milk", ticked=True)
        expect(session.main.locator(".badge")).to_contain_text("15 changes wait")
    again[0].expect_item("Ana 5")
    again[1].expect_item("Bob 5")
    killable_installation.first_server.restart()
    for session in again:
        session.wait_until_live()
    truth = groceries.ticks
    for session in again:
        for name, ticked in truth.items():
            session.expect_item(name, ticked=ticked)
        expect_stored(session, groceries, killable_installation)
        assert session.ticks == truth
    assert truth["Milk"] is True
    assert {"Rye", "Spelt"} & set(truth)
    added = {f"{who} {number}" for who in ("Both", "Ana", "Bob") for number in range(6)}
    assert added <= set(truth)
    assert {"Eggs", "Ten eggs"}.isdisjoint(truth)
    # Either the server renamed the eggs before it removed them, or the page says that it could not.
    verbs = change_verbs(killable_installation, groceries)
    refused = again[1].main.get_by_text("Could not change Ten eggs").count()
    assert verbs["item.edited"] + refused == 3
    assert (verbs["item.added"], verbs["item.removed"], verbs["item.ticked"]) == (18, 1, 1)


@pytest.mark.extended
@pytest.mark.timeout(400)
def test_no_edit_is_lost_or_doubled_when_server_is_killed_amid_edits(
    open_session, killable_installation, groceries
):
    """OFF-1: 200 edits from three browsers, one of which is reloaded, and one kill -9."""
    sessions = [open_session(username).open(groceries.path) for username in ("ana", "bob", "ana")]
    added = [[f"{number} by {index}" for number in range(45)] for index in range(3)]
    ticked = [names[:44:2] for names in added]
    for session, *edits in zip(sessions, added, ticked, strict=True):
        session.page.evaluate(f"edits => void ({ADD_AND_TICK})(edits)", edits)
    sessions[0].expect_item("21 by 0")
    killable_installation.kill()
    for session, names in zip(sessions, added, strict=True):
        session.expect_item(names[-1])
    expect_no_answer(sessions[0])
    killable_installation.first_server.restart()
    sessions[1].page.reload()
    for session in sessions:
        expect(session.main.locator(".badge")).to_have_text("Live", timeout=120_000)
    in_the_cart = {name for names in ticked for name in names}
    expected = {name: name in in_the_cart for names in added for name in names}
    assert expected.items() <= groceries.ticks.items()
    verbs = change_verbs(killable_installation, groceries)
    assert (verbs["item.added"], verbs["item.ticked"]) == (len(expected), len(in_the_cart))
    for session in sessions:
        expect_stored(session, groceries, killable_installation)
        assert session.ticks == groceries.ticks
