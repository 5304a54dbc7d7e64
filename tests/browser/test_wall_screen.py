"""The wall screen: by link, read-only, live, and gone when its link is revoked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def create_link(page: Page, list_id: str | None) -> str:
    """Create the link of a wall screen, of a list or of all lists of the user."""
    page.goto(f"/dashboard/lists/{'' if list_id is None else f'?list={list_id}'}")
    page.locator("summary", has_text="Wall screen").click()
    page.get_by_role("button", name="Create the link").click()
    link = page.get_by_label(re.compile("^Open this address"))
    expect(link).to_be_visible()
    return str(link.input_value())


def open_wall(open_session, link: str, title: str, who: str | None = None) -> Page:
    page = open_session(who).page
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("status")).to_have_text(re.compile("Up to date"))
    return page


def test_wall_screen_shows_one_list_and_its_changes(open_session, installation, groceries):
    """DSH-10, SEC-33: the token is in no address, and no other list is on the screen."""
    installation.create_list("Secret")
    name = f"Groceries {groceries.id[:4]}"
    link = create_link(open_session("ana").page, groceries.id)
    secret = link.split("#")[1]
    wall = open_session()
    urls: list[str] = []
    wall.page.on("request", lambda request: urls.append(request.url))
    wall.page.on("websocket", lambda socket: urls.append(socket.url))
    wall.page.goto(link)
    page = wall.page
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator(".lists li")).to_have_text(["Milk", "Bread", "Eggs"])
    assert page.url == f"{installation.url}/wall/"
    assert [url for url in urls if secret in url.split("#")[0]] == []
    assert [url for url in urls if "/api/" in url] == []
    groceries.patch("Milk", purchased=True)
    groceries.add("Rye", quantity="2")
    expect(page.locator(".lists li")).to_have_text(["Bread", "Eggs", re.compile("Rye *2")])
    expect(page.get_by_text("3 open, 1 in the cart")).to_be_visible()
    expect(page.locator(".activities li").first).to_contain_text("ana added Rye")
    expect(page.get_by_text("Secret")).to_have_count(0)
    open_session("bob").open(groceries.path)
    expect(page.locator(".people li")).to_contain_text("bob looking")
    assert page.get_by_role("checkbox").count() == 0
    page.reload()
    expect(page.locator(".lists li")).to_have_count(3)


def test_wall_screen_of_all_lists_has_each_list_of_its_user(open_session, installation, groceries):
    """DSH-10"""
    other = installation.create_list("Salt")
    link = create_link(open_session("bob").page, None)
    page = open_wall(open_session, link, "Our lists")
    for each, item in ((groceries, "Milk"), (other, "Salt")):
        section = page.get_by_role("region", name=f"Groceries {each.id[:4]}")
        expect(section.locator("li").first).to_contain_text(item)
    other.remove_member(installation.fixtures["bob_id"])
    expect(page.get_by_role("region", name=f"Groceries {other.id[:4]}")).to_have_count(0)


def test_wall_screen_uses_its_token_and_not_the_session_of_the_browser(
    open_session, installation, groceries
):
    """DSH-10, SEC-33"""
    private = installation.create_list("Salt")
    private.remove_member(installation.fixtures["bob_id"])
    link = create_link(open_session("bob").page, None)
    page = open_wall(open_session, link, "Our lists", who="ana")
    expect(page.get_by_role("region", name=f"Groceries {groceries.id[:4]}")).to_be_visible()
    expect(page.get_by_role("region", name=f"Groceries {private.id[:4]}")).to_have_count(0)


def test_revoked_link_empties_the_screen_and_says_so(open_session, groceries):
    """DSH-10"""
    name = f"Groceries {groceries.id[:4]}"
    owner = open_session("ana").page
    link = create_link(owner, groceries.id)
    page = open_wall(open_session, link, name)
    owner.goto("/account/")
    owner.get_by_role("button", name=re.compile(f"Revoke.*Wall screen: {name}")).click()
    owner.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("does not work any more"))
    assert page.locator(".age").inner_text() != "live"
    expect(page.get_by_text("Milk")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("status")).to_have_text(re.compile("does not work any more"))


def test_wall_screen_comes_back_after_the_server_was_killed(open_session, installation, groceries):
    """DSH-10"""
    name = f"Groceries {groceries.id[:4]}"
    page = open_wall(open_session, create_link(open_session("ana").page, groceries.id), name)
    installation.kill()
    expect(page.get_by_role("status")).to_have_text(re.compile("What you see may be old"))
    expect(page.locator(".lists li").first).to_have_text("Milk")
    installation.ensure_running()
    groceries.add("Rye")
    expect(page.locator(".lists li").last).to_have_text("Rye")
    expect(page.get_by_role("status")).to_have_text(re.compile("Up to date"))


def test_browser_without_a_link_is_told_how_to_get_one(open_session):
    """DSH-10"""
    page = open_session().page
    page.goto("/wall/")
    expect(page.get_by_text("This browser has no link of a wall screen.")).to_be_visible()


def test_screen_is_kept_on_or_the_page_says_that_it_is_not(open_session, groceries):
    """DSH-10"""
    link = create_link(open_session("ana").page, groceries.id)
    without = open_session()
    without.context.add_init_script("delete Navigator.prototype.wakeLock")
    without.page.goto(link)
    expect(without.page.get_by_text("does not keep the screen on")).to_be_visible()
    granted = open_session()
    granted.context.add_init_script(
        """Object.defineProperty(navigator, 'wakeLock', { value: { request: (kind) => {
          document.documentElement.dataset.lock = kind;
          return Promise.resolve(Object.assign(new EventTarget(), { release: async () => {} }));
        } } });"""
    )
    granted.page.goto(link)
    expect(granted.page.get_by_text("The screen stays on.")).to_be_visible()
    expect(granted.page.locator("html")).to_have_attribute("data-lock", "screen")


def test_link_is_forgotten_on_request(open_session, groceries):
    """DSH-10"""
    name = f"Groceries {groceries.id[:4]}"
    page = open_wall(open_session, create_link(open_session("ana").page, groceries.id), name)
    page.get_by_role("button", name="Forget this link").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Forget this link").click()
    expect(page.get_by_text("This browser has no link of a wall screen.")).to_be_visible()
