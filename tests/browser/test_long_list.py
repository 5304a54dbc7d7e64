"""A long list: only the rows in sight are in the page, and everything works as in a short one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.browser
COUNT = 400
MAX_ROWS_IN_PAGE = 80
ROWS_TOUCH = """() => {
  const boxes = [...document.querySelectorAll('[data-item]')]
    .map((row) => row.getBoundingClientRect())
    .sort((a, b) => a.top - b.top);
  return boxes.slice(1).every(({ top }, index) => Math.abs(top - boxes[index].bottom) < 0.5);
}"""
NAMES = [f"Thing {number:03}" for number in range(COUNT)]


@pytest.fixture
def long_list(installation):
    """A list with 400 open items."""
    return installation.create_list(*NAMES)


def rows_of(session) -> Locator:
    return session.main.get_by_role("list", name="To buy").get_by_role("listitem")


def scroll_to(session, offset: str) -> None:
    """Scroll the list to an offset in pixels, an expression of JavaScript."""
    session.page.evaluate(
        f"""() => {{
          const scrolled = document.querySelector('[data-item]').closest('.content');
          scrolled.scrollTop = {offset};
        }}"""
    )


@pytest.mark.parametrize(
    ("width", "height"), [(390, 844), (1440, 900), (844, 390)], ids=["phone", "desktop", "turned"]
)
def test_long_list_keeps_few_rows_in_the_page(open_session, long_list, width, height):
    """PAG-12"""
    ana = open_session("ana", viewport={"width": width, "height": height}).open(long_list.path)
    first = rows_of(ana).first
    expect(first).to_have_attribute("aria-setsize", str(COUNT))
    expect(first).to_have_attribute("aria-posinset", "1")
    assert rows_of(ana).count() < MAX_ROWS_IN_PAGE
    # The wheel reaches the end, whether the list or the whole page scrolls.
    first.hover()
    last = rows_of(ana).filter(has=ana.page.get_by_role("checkbox", name=NAMES[-1], exact=True))
    for _ in range(600):
        if last.count():
            break
        ana.page.mouse.wheel(0, 1000)
        ana.page.evaluate("new Promise(requestAnimationFrame)")
    ana.page.mouse.wheel(0, 1000)
    expect(last).to_have_attribute("aria-posinset", str(COUNT))
    expect(last).to_be_in_viewport()
    assert rows_of(ana).count() < MAX_ROWS_IN_PAGE
    ana.page.wait_for_function(ROWS_TOUCH)


def test_row_with_the_focus_stays_when_it_is_scrolled_away(open_session, long_list):
    """PAG-12"""
    ana = open_session("ana").open(long_list.path)
    expect(rows_of(ana).first).to_have_attribute("aria-setsize", str(COUNT))
    ana.checkbox(NAMES[2]).focus()
    scroll_to(ana, "9000")
    expect(ana.checkbox(NAMES[170])).to_be_visible()
    expect(ana.checkbox(NAMES[2])).to_be_focused()
    expect(ana.checkbox(NAMES[60])).to_have_count(0)


def test_edits_are_shown_in_a_long_list(open_session, long_list):
    """PAG-12"""
    ana, bob = (open_session(username).open(long_list.path) for username in ("ana", "bob"))
    ana.tick(NAMES[1])
    bob.expect_item(NAMES[1], ticked=True)
    cart = bob.main.get_by_text("In the cart (1)")
    cart.click()
    bob.expect_item(NAMES[1], ticked=True)
    scroll_to(bob, "0")
    bob.rename(NAMES[3], to="Third thing")
    ana.expect_item("Third thing")
    bob.remove(NAMES[4])
    ana.expect_no_item(NAMES[4])
    ana.add("Zucchini")
    scroll_to(bob, "scrolled.scrollHeight")
    bob.expect_item("Zucchini")
    expect(rows_of(bob).first).to_have_attribute("aria-setsize", str(COUNT - 1))


def test_long_cart_is_shown_when_it_is_opened(open_session, long_list):
    """PAG-12"""
    long_list.tick_all()
    ana = open_session("ana").open(long_list.path)
    ana.main.get_by_text(f"In the cart ({COUNT})").click()
    cart = ana.main.get_by_role("list", name="In the cart").get_by_role("listitem")
    expect(cart.first).to_be_visible()
    assert cart.count() < MAX_ROWS_IN_PAGE
    scroll_to(ana, "scrolled.scrollHeight")
    expect(cart.last).to_have_attribute("aria-posinset", str(COUNT))
    expect(cart.last).to_be_in_viewport()
