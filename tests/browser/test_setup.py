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
