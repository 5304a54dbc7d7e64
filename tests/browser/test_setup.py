"""First setup: the user of the link that the server printed becomes the owner."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.installation import PASSWORD

pytestmark = pytest.mark.browser


def fill_registration(page, username):
    page.get_by_label("Your name").fill(username.capitalize())
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()


def test_setup_link_creates_owner_once(open_session, new_installation):
    link = new_installation.first_server.wait_for_output(r"http://\S+/setup/#\S+")
    owner = open_session(of=new_installation)
    owner.page.goto(link)
    fill_registration(owner.page, "olga")
    expect(owner.page.get_by_role("button", name="Account of Olga")).to_be_visible()
    assert link.split("#")[1] not in owner.page.url
    assert owner.context.request.get("/api/auth/me/").json()["is_staff"] is True

    second = open_session(of=new_installation)
    second.page.goto(link)
    fill_registration(second.page, "mallory")
    expect(second.page.get_by_role("alert")).to_contain_text("not valid any more")
    second.page.get_by_role("link", name="Go to sign-in").click()
    expect(second.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert second.context.request.get("/api/auth/me/").status == 401


def test_first_steps_of_the_owner_tick_themselves(open_session, new_installation):
    """SUG-14"""
    link = new_installation.first_server.wait_for_output(r"http://\S+/setup/#\S+")
    owner = open_session(of=new_installation, viewport={"width": 390, "height": 844})
    owner.page.route(
        "**/api/auth/address/", lambda route: route.fulfill(json={"url": "http://192.0.2.7:8000"})
    )
    owner.page.goto(link)
    fill_registration(owner.page, "olga")
    steps = owner.page.get_by_role("region", name="Three steps to start")
    done = steps.get_by_text("(done)")
    expect(steps).to_be_visible()
    expect(done).to_have_count(0)
    owner.page.get_by_label("New list").fill("Groceries")
    owner.page.get_by_label("New list").press("Enter")
    expect(done).to_have_count(1)
    owner.add("Milk")
    expect(done).to_have_count(2)
    steps.get_by_role("button", name="QR code").click()
    dialog = owner.page.get_by_role("dialog", name="Open it on your phone")
    expect(dialog.get_by_role("img", name="QR code of the address")).to_be_visible()
    expect(dialog).to_contain_text("http://192.0.2.7:8000")
    open_session("olga", of=new_installation).page.goto("/")
    expect(dialog.get_by_role("status")).to_contain_text("All set")
    owner.page.keyboard.press("Escape")
    finished = owner.page.get_by_role("region", name="All set")
    expect(finished).to_be_visible()
    finished.get_by_role("button", name="Hide these steps").click()
    expect(finished).to_have_count(0)
    owner.expect_item("Milk")
    owner.page.reload()
    owner.expect_item("Milk")
    owner.wait_until_live()
    expect(owner.page.get_by_role("region", name="All set")).to_have_count(0)
