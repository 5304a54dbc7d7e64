"""The section of requests is live, sortable by keyboard, and for staff only."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser.installation import BrowserInstallation
from tests.support.processes import SSL_CONTEXT

pytestmark = pytest.mark.browser
LISTS = "GET /api/shopping-lists/"
AT_REST = """(cell) => new Promise((done) => {
  let [last, since] = [cell.textContent, performance.now()];
  const timer = setInterval(() => {
    if (cell.textContent !== last) [last, since] = [cell.textContent, performance.now()];
    else if (performance.now() - since > 1000) {
      clearInterval(timer);
      done(last);
    }
  }, 50);
})"""


def send(installation: BrowserInstallation, path: str, status: int, times: int = 1) -> None:
    headers = {"Authorization": f"Bearer {installation.fixtures['ana']}"}
    with httpx.Client(base_url=installation.url, verify=SSL_CONTEXT, headers=headers) as client:
        assert [client.get(path).status_code for _ in range(times)] == [status] * times


@pytest.fixture
def page(open_session, installation) -> Page:
    """The section, as olga sees it. The reads of the page itself are not counted."""
    installation.ensure_staff("olga")
    send(installation, "/api/shopping-lists/", 200)
    page = open_session("olga").page
    page.goto("/dashboard/requests/")
    expect(page.get_by_role("button", name=LISTS, exact=True)).to_be_visible()
    return page


def cell(page: Page, name: str, column: str) -> Locator:
    """Find the cell of a route in a column."""
    titles = [text.strip("↑↓") for text in page.get_by_role("columnheader").all_inner_texts()]
    row = page.get_by_role("row").filter(has=page.get_by_role("button", name=name, exact=True))
    return row.locator("td, th").nth(titles.index(column))


def count_at_rest(count: Locator) -> int:
    """Return a count that has not changed for five frames."""
    return int(count.evaluate(AT_REST).replace(",", ""))


def test_row_counts_requests_while_the_page_is_open(page, installation):
    """MET-40: and the page itself sends none."""
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    count = cell(page, LISTS, "Requests")
    before = count_at_rest(count)
    send(installation, "/api/shopping-lists/?secret=text", 200, times=3)
    expect(count).to_have_text(f"{before + 3:,}")
    send(installation, "/nothing/of/this/name/", 404)
    expect(page.get_by_role("button", name="No such path")).to_be_visible()
    assert count_at_rest(count) == before + 3
    assert sent == []
    assert "secret" not in page.content()
    assert "nothing/of" not in page.content()


def test_table_is_sorted_and_opened_by_keyboard(page, installation):
    header = page.get_by_role("columnheader", name="Requests")
    expect(page.get_by_role("columnheader", name="Share")).to_have_attribute(
        "aria-sort", "descending"
    )
    header.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(re.compile(r"\?sort=requests$"))
    page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "ascending")
    name = page.get_by_role("button", name=LISTS, exact=True)
    name.focus()
    page.keyboard.press("Space")
    expect(name).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("heading", name="Requests by their time")).to_be_visible()
    page.reload()  # the address has all of it
    expect(page.get_by_role("button", name=LISTS, exact=True)).to_have_attribute(
        "aria-expanded", "true"
    )


def test_filter_leaves_the_routes_that_it_describes(page, installation):
    send(installation, "/nothing/", 404)
    filters = page.get_by_role("group", name="Filter of the routes")
    filters.get_by_label("Show").select_option("routes with refusals (4xx)")
    expect(page.get_by_role("button", name="No such path")).to_be_visible()
    filters.get_by_label("Text").fill("no such")
    table = page.get_by_role("region", name="Requests by route")
    expect(table.locator("tbody tr")).to_have_count(1)
    filters.get_by_label("Text").fill("nonsense")
    page.get_by_role("button", name="Show all routes").click()
    expect(page.get_by_role("button", name=LISTS, exact=True)).to_be_visible()


def test_ticker_shows_requests_until_it_is_paused(page, installation):
    """MET-44"""
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Waiting for the next request…")).to_be_visible()
    ticker = page.get_by_role("list", name="Newest requests").get_by_role("listitem")

    def send_until_shown() -> None:
        """Send requests until one is shown: the server collects none before it knows."""
        while ticker.count() == 0:
            send(installation, "/api/shopping-lists/", 200)
            page.wait_for_timeout(100)

    send_until_shown()
    expect(ticker.first).to_contain_text("ana")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    count = ticker.count()
    lists = cell(page, LISTS, "Requests")
    before = count_at_rest(lists)
    send(installation, "/api/shopping-lists/", 200, times=2)
    expect(lists).to_have_text(f"{before + 2:,}")
    assert ticker.count() == count


def test_members_see_no_section_and_get_no_frame(open_session):
    """MET-46"""
    page = open_session("ana").page
    frames = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda text: frames.append(str(text))),
    )
    page.goto("/dashboard/requests/")
    expect(page.get_by_text("shown to staff only")).to_be_visible()
    expect(page.get_by_role("link", name="Signals")).to_be_visible()
    expect(page.get_by_role("link", name="Requests")).to_have_count(0)
    assert not any('"routes"' in frame for frame in frames)
