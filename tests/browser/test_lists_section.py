"""The section of the lists: live cards, a list as it was, and its state put back."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser.installation import SharedList

pytestmark = pytest.mark.browser


def card(page: Page, groceries: SharedList) -> Locator:
    """Find the card of a list."""
    return page.locator(f'main a[href*="{groceries.id}"]')


def open_section(open_session, who: str = "ana") -> Page:
    page = open_session(who).page
    page.goto("/dashboard/lists/")
    expect(page.get_by_role("heading", name="My lists, the newest change first")).to_be_visible()
    return page


def open_detail(open_session, groceries: SharedList, who: str = "ana") -> Page:
    page = open_section(open_session, who)
    card(page, groceries).click()
    expect(page.get_by_role("list", name="Items now")).to_be_visible()
    return page


def items(page: Page) -> list[str]:
    """Return the items that the page shows, each with what happened to it since."""
    rows = page.get_by_role("list", name=re.compile("^Items (now|then)$")).locator("li")
    return [" ".join(text.split()) for text in rows.all_inner_texts()]


def state(page: Page) -> Locator:
    """Find the sentence about the state that is shown."""
    return page.locator("p.state")


def moment_in_address(page: Page) -> str | None:
    return parse_qs(urlsplit(page.url).query).get("at", [None])[0]


def test_cards_show_lists_people_and_edits_as_they_change(open_session, installation):
    """DSH-7"""
    older = installation.create_list("Salt")
    groceries = installation.create_list("Milk", "Bread")
    page = open_section(open_session)
    cards = page.locator("main li a.card")
    expect(cards.nth(0)).to_contain_text(f"Groceries {groceries.id[:4]}")
    expect(cards.nth(1)).to_contain_text(f"Groceries {older.id[:4]}")
    expect(card(page, older)).to_contain_text("1 open of 1")
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    edits = int(re.search(r"(\d+) edits? in", card(page, older).inner_text())[1])
    older.patch("Salt", purchased=True)
    expect(cards.nth(0)).to_contain_text(f"Groceries {older.id[:4]}")
    expect(card(page, older)).to_contain_text("0 open of 1")
    expect(card(page, older)).to_contain_text(f"{edits + 1} edits in 30 min")
    bob = open_session("bob").open(older.path)
    expect(card(page, older)).to_contain_text("bob looking")
    bob.page.goto("about:blank")
    expect(card(page, older)).to_contain_text("Nobody has it open")
    assert requests == []


def test_list_that_was_lost_disappears(open_session, groceries, installation):
    """DSH-7"""
    page = open_detail(open_session, groceries, "bob")
    groceries.remove_member(installation.fixtures["bob_id"])
    expect(page.get_by_text("is not shared with you any more")).to_be_visible()
    page.get_by_role("link", name="All lists").click()
    expect(page.get_by_role("heading", name="My lists, the newest change first")).to_be_visible()
    expect(card(page, groceries)).to_have_count(0)


def test_list_is_shown_as_it_was_after_each_change(open_session, groceries):
    """DSH-8"""
    groceries.patch("Milk", purchased=True)
    groceries.remove("Bread")
    groceries.add("Rye")
    page = open_detail(open_session, groceries)
    assert items(page) == ["☐ Eggs", "☐ Rye", "☑ Milk bought"]
    previous = page.get_by_role("button", name="Previous change")
    previous.click()
    expect(state(page)).to_contain_text("Since then: 1 added.")
    assert items(page) == ["☐ Eggs", "☑ Milk bought"]
    previous.click()
    expect(state(page)).to_contain_text("Since then: 1 added, 1 removed.")
    assert items(page) == ["☐ Bread removed since", "☐ Eggs", "☑ Milk bought"]
    previous.click()
    expect(state(page)).to_contain_text("1 ticked")
    assert items(page) == ["☐ Milk ticked since", "☐ Bread removed since", "☐ Eggs"]
    address = page.url
    assert moment_in_address(page) is not None
    expect(page.get_by_role("listitem").filter(has_text="ana ticked Milk")).to_contain_text("later")
    page.reload()
    expect(state(page)).to_contain_text("1 ticked")
    assert page.url == address
    page.get_by_role("button", name="Next change").click()
    expect(state(page)).not_to_contain_text("1 ticked")
    page.get_by_role("button", name="Now", exact=True).click()
    expect(state(page)).to_have_text(re.compile("^This is the list as it is now"))
    assert moment_in_address(page) is None
    groceries.add("Jam")
    expect(page.get_by_role("list", name="Items now")).to_contain_text("Jam")


def test_moment_is_chosen_by_keys_and_by_a_change_of_the_feed(open_session, groceries):
    """DSH-8"""
    groceries.patch("Milk", name="Oat milk")
    page = open_detail(open_session, groceries)
    added = page.get_by_role("button", name=re.compile("^ana added Milk, "))
    added.click()
    expect(state(page)).to_contain_text("1 changed")
    assert items(page)[0] == "☐ Milk changed since"
    expect(added).to_have_attribute("aria-current", "true")
    slider = page.get_by_role("slider", name="Moment")
    slider.focus()
    page.keyboard.press("Home")
    expect(state(page)).to_contain_text(": 0 items, 0 open, after change 1 of")
    page.keyboard.press("ArrowRight")
    expect(slider).not_to_have_attribute("aria-valuetext", "now")
    page.keyboard.press("End")
    expect(state(page)).to_have_text(re.compile("^This is the list as it is now"))
    expect(slider).to_have_attribute("aria-valuetext", "now")
    expect(page.get_by_text("The log of this list begins on")).to_be_visible()


def test_earlier_state_is_put_back_on_every_screen_and_undone(open_session, groceries):
    """DSH-9"""
    bob = open_session("bob").open(groceries.path)
    groceries.patch("Milk", name="Oat milk")
    groceries.remove("Bread")
    page = open_detail(open_session, groceries)
    for _ in range(2):
        page.get_by_role("button", name="Previous change").click()
        expect(page.get_by_role("button", name="Previous change")).to_be_enabled()
    expect(state(page)).to_contain_text("Since then: 1 changed, 1 removed.")
    version = groceries.version
    page.get_by_role("button", name="Restore this state").click()
    expect(page.get_by_text("This state is the list now")).to_be_visible()
    assert groceries.version == version + 1
    assert set(groceries.items) == {"Milk", "Bread", "Eggs"}
    bob.expect_item("Bread")
    bob.expect_item("Milk")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("This state is the list now")).to_have_count(0)
    assert set(groceries.items) == {"Oat milk", "Eggs"}
    bob.expect_item("Oat milk")


def test_viewer_is_not_offered_to_put_a_state_back(open_session, groceries, installation):
    """DSH-9"""
    with installation.api("ana") as api:
        path = f"shopping-lists/{groceries.id}/members/{installation.fixtures['bob_id']}/"
        assert api.patch(path, json={"role": "viewer"}).status_code == 200
    groceries.patch("Milk", purchased=True)
    page = open_detail(open_session, groceries, "bob")
    page.get_by_role("button", name="Previous change").click()
    expect(state(page)).to_contain_text("1 ticked")
    expect(page.get_by_role("button", name="Restore this state")).to_have_count(0)


def test_list_that_was_changed_at_this_moment_is_not_overwritten(open_session, groceries):
    """DSH-9"""
    groceries.patch("Milk", purchased=True)
    page = open_detail(open_session, groceries)
    page.get_by_role("button", name="Previous change").click()
    expect(state(page)).to_contain_text("1 ticked")

    def edit_first(route) -> None:
        groceries.patch("Bread", note="fresh")
        route.continue_()

    page.route("**/put-back/", edit_first)
    page.get_by_role("button", name="Restore this state").click()
    expect(page.get_by_text("The list was changed at this moment.")).to_be_visible()
    assert groceries.items["Bread"]["note"] == "fresh"
    assert groceries.ticks["Milk"]


def test_hours_of_the_week_have_the_changes_of_this_hour(open_session, groceries):
    """DSH-7"""
    page = open_detail(open_session, groceries)
    total = page.locator("p.summary")
    expect(total).to_contain_text("changes in the last 4 weeks")
    before = int(re.search(r"(\d+) changes", total.inner_text())[1])
    groceries.patch("Milk", purchased=True)
    expect(total).to_contain_text(f"{before + 1} changes in the last 4 weeks")
    page.get_by_role("button", name="Table", exact=True).click()
    cells = page.get_by_role("region", name="Changes by hour").locator("tbody td")
    numbers = [int(text) for text in cells.all_inner_texts()]
    assert (len(numbers), sum(numbers)) == (7 * 24, before + 1)


def test_sections_of_the_dashboard_lead_to_the_lists_and_back(open_session, groceries):
    """DSH-2, DSH-8"""
    page = open_detail(open_session, groceries)
    page.get_by_role("button", name="Previous change").click()
    expect(state(page)).to_contain_text("Since then")
    page.get_by_role("link", name="Lists", exact=True).click()
    expect(page.get_by_role("heading", name="My lists, the newest change first")).to_be_visible()
    page.go_back()
    expect(state(page)).to_contain_text("Since then")
    page.get_by_role("link", name="Now", exact=True).click()
    expect(page).to_have_url(re.compile(r"/dashboard/$"))
