"""The dashboard stays current without a reload, and sends no request while it is open."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# Samples arrive once a second: a total that two of them share no longer changes.
AT_REST = """() => new Promise((done) => {
  const total = () => /total ([0-9,]+) started/.exec(document.body.textContent)?.[1];
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
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
  const hidden = { configurable: true, get: () => 'hidden' };
  Object.defineProperty(document, 'visibilityState', hidden);
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def tile(page, label):
    """Find a tile of the first row."""
    figures = page.get_by_role("list", name="Figures of now")
    return figures.get_by_role("listitem").filter(has_text=label)


def requests_panel(page):
    """Find the chart of the requests, with the sentence that has the totals."""
    return page.get_by_role("region", name="Requests", exact=True)


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
        expect(requests_panel(session.page)).to_contain_text(
            f"In total {before + 6:,} started, {before + 6:,} finished."
        )
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
    screens = tile(dashboard, "Everybody up to date")
    expect(screens).to_contain_text("No screen")
    expect(screens).to_contain_text("no list is open")
    for session in (ana, bob):
        session.page.goto(groceries.path)
    expect(screens).to_contain_text("2 of 2")
    expect(screens).to_contain_text("screens identical")

    bob.page.evaluate(HIDE)
    groceries.patch("Milk", purchased=True)
    for session in (ana, bob):
        session.expect_item("Milk", ticked=True)
    newest = dashboard.get_by_label("Activity, newest first").get_by_role("listitem").first
    expect(newest).to_contain_text("ana ticked Milk")
    expect(screens).to_contain_text("2 of 2")


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
