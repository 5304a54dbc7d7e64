"""The dashboard stays current without a reload, and sends no request while it is open."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# Samples arrive once a second: a total that two of them share no longer changes.
AT_REST = """() => new Promise((done) => {
  const total = () => document.querySelector('.tiles dd')?.textContent;
  let [last, since] = [null, performance.now()];
  const timer = setInterval(() => {
    if (total() !== last) [last, since] = [total(), performance.now()];
    else if (last && performance.now() - since > 2500) {
      clearInterval(timer);
      done(Number(last.replaceAll(',', '')));
    }
  }, 50);
})"""

# Chromium cannot hide a page of a test, so the page itself says that it is hidden.
HIDE = """() => {
  Object.defineProperty(document, 'hidden', { get: () => true });
  Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def total(page, label):
    """Find the number on a tile."""
    return page.locator(".tiles .card").filter(has_text=label).locator(".value").first


def test_counters_and_activity_update_without_reload(open_session, installation, groceries):
    ana, bob = open_session("ana"), open_session("bob")
    for session in (ana, bob):
        session.page.goto("/dashboard/")
        expect(session.page.get_by_label("Activity, newest first")).to_contain_text(
            "created this list"
        )
    before = ana.page.evaluate(AT_REST)
    requests = []
    for session in (ana, bob):
        session.page.on("request", lambda request: requests.append(request.url))

    for number in range(4):
        groceries.add(f"Thing {number}")
    groceries.patch("Milk", purchased=True)  # two requests: the helper reads the id first

    for session in (ana, bob):
        for label in ("Started", "Finished"):
            expect(total(session.page, label)).to_have_text(f"{before + 6:,}")
        newest = session.page.get_by_label("Activity, newest first").get_by_role("listitem").first
        expect(newest).to_contain_text("ana ticked Milk")
        expect(newest.get_by_role("link")).to_have_attribute("href", groceries.path)

    installation.shell(
        "from shopping_list.models import ShoppingItem\n"
        f"ShoppingItem.objects.get(shopping_list='{groceries.id}', name='Eggs').delete()"
    )
    for session in (ana, bob):
        newest = session.page.get_by_label("Activity, newest first").get_by_role("listitem").first
        expect(newest).to_contain_text("Someone removed Eggs")
        assert session.loads == 1
    assert requests == []


def test_screens_are_identical_when_lists_are_open_or_hidden(open_session, groceries):
    """The server compares what each page shows with the database."""
    ana, bob = open_session("ana"), open_session("bob")
    dashboard = ana.page.context.new_page()
    dashboard.goto("/dashboard/")
    tile = dashboard.locator(".tiles .card").filter(has_text="Screens")
    expect(tile).to_contain_text("0 of 0 no list is open")
    for session in (ana, bob):
        session.page.goto(groceries.path)
    expect(tile).to_contain_text("2 of 2 identical to the database")

    bob.page.evaluate(HIDE)
    changes = int(total(dashboard, "Changes").inner_text())
    groceries.patch("Milk", purchased=True)
    for session in (ana, bob):
        session.expect_item("Milk", ticked=True)
    expect(total(dashboard, "Changes")).to_have_text(f"{changes + 1}")
    expect(tile).to_contain_text("2 of 2 identical to the database")


def hold_subscriptions(page):
    """Hold back the list subscriptions of the page; return a function that releases them."""
    held, released = [], []

    def intercept(socket):
        server = socket.connect_to_server()

        def on_frame(frame):
            if released or '"list:' not in frame:
                server.send(frame)
            else:
                held.append((server, frame))

        socket.on_message(on_frame)

    def release():
        released.append(True)
        for server, frame in held:
            server.send(frame)

    page.route_web_socket("**/ws/", intercept)
    return release


def test_activity_before_subscription_is_shown(open_session, groceries):
    """A snapshot contains no changes, so the page reads the activity before it. PAG-1."""
    page = open_session("ana").page
    release = hold_subscriptions(page)
    page.goto("/dashboard/")
    feed = page.get_by_label("Activity, newest first")
    entries = feed.get_by_role("listitem").filter(has=page.locator(f"a[href='{groceries.path}']"))
    expect(entries.filter(has_text="ana created this list")).to_have_count(1)
    groceries.patch("Milk", purchased=True)
    release()
    expect(entries.filter(has_text="ana ticked Milk")).to_have_count(1)
