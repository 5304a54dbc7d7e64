"""A user signs in at a browser that another user used before."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.installation import PASSWORD

pytestmark = pytest.mark.browser
READ_STORAGE = """
async () => {
  const kept = [document.cookie, ...Object.values(localStorage), ...Object.values(sessionStorage)];
  for (const { name } of await indexedDB.databases()) kept.push(`database ${name}`);
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      kept.push(request.url, await (await cache.match(request)).text());
    }
  }
  return kept.join(' ');
}
"""


def sign_out(session):
    """Sign out, as another tab of the same browser does."""
    token = next(c["value"] for c in session.context.cookies() if c["name"] == "trolley_csrftoken")
    headers = {"X-CSRFToken": token, "Origin": session.url}
    assert session.context.request.post("/api/auth/logout/", headers=headers).status == 204


def sign_in(page, username):
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_response("**/api/auth/login/") as response:
        page.get_by_role("button", name="Sign in").click()
    assert response.value.ok


def test_next_user_sees_nothing_after_sign_out(open_session, installation, groceries):
    """SEC-23: neither by going back nor in the storage of the browser."""
    installation.create_users("carla")
    # A separate session: signing out must not end the session of ana in other tests.
    shared = open_session()
    shared.page.goto("/signin/")
    sign_in(shared.page, "ana")
    expect(shared.main.get_by_text("Groceries").first).to_be_visible()
    shared.page.goto(groceries.path)
    shared.expect_item("Milk")
    sign_out(shared)
    shared.page.goto("/signin/")
    sign_in(shared.page, "carla")
    shared.page.goto("/")
    expect(shared.main).to_contain_text("No lists yet")
    while shared.page.url != shared.url + groceries.path:
        shared.page.go_back()
    expect(shared.main).to_contain_text("This list does not exist")
    shared.expect_no_item("Milk")
    stored = shared.page.evaluate(READ_STORAGE)
    assert "Milk" not in stored
    assert "Groceries" not in stored
    response = shared.context.request.get(f"/api/shopping-{groceries.path.lstrip('/')}")
    assert (response.status, response.headers["cache-control"]) == (404, "no-store")


def test_password_can_be_pasted(open_session):
    """SEC-24: as password managers do."""
    visitor = open_session()
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.goto("/signin/")
    visitor.page.evaluate("text => navigator.clipboard.writeText(text)", PASSWORD)
    field = visitor.page.get_by_label("Password")
    field.focus()
    field.press("Control+v")
    expect(field).to_have_value(PASSWORD)
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_attribute("autocomplete", "current-password")
