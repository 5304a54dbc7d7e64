"""Names that were used before are suggested while the user types."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_unsent_edits import expect_edits_stored

pytestmark = pytest.mark.browser
STORED = """(name) => new Promise((resolve) => {
  const request = indexedDB.open('trolley');
  request.onsuccess = () => {
    const names = request.result.transaction('names').objectStore('names').getAll();
    names.onsuccess = () => {
      request.result.close();
      resolve(names.result.some((known) => known.name === name));
    };
  };
})"""


def test_name_that_the_server_knows_is_taken_with_its_details(open_session, installation):
    """SUG-8, SUG-10: its items are on another list, and removed there."""
    party = installation.create_list()
    party.add("Zimtsterne", quantity="2 bags", category="Sweets")
    party.remove("Zimtsterne")
    groceries = installation.create_list("Milk")
    ana, bob = (open_session(username).open(groceries.path) for username in ("ana", "bob"))
    ana.item_field.press_sequentially("zimt")
    row = ana.page.get_by_role("option", name="Zimtsterne")
    expect(row).to_contain_text("2 bags")
    expect(row).to_contain_text("Sweets")
    row.click()
    expect(row).to_contain_text("on the list")
    row.click()
    expect(row).to_contain_text("4 bags")
    expect(ana.item_field).to_be_focused()
    bob.expect_item("Zimtsterne")
    ana.wait_until_live()
    assert groceries.items["Zimtsterne"]["quantity"] == "4 bags"


def test_names_are_suggested_without_the_server(open_session, installation):
    """SUG-9: also in a page that is opened without it, and nothing is asked."""
    shared = installation.create_list("Milk")
    gone = installation.create_list("Quittengelee")
    gone.remove("Quittengelee")
    ana = open_session("ana", service_workers="allow").open(shared.path)
    ana.wait_until_installed()
    ana.page.wait_for_function(STORED, arg="Quittengelee")
    requests = []
    try:
        installation.kill()
        ana.page.goto(shared.path)
        ana.page.on("request", lambda request: requests.append(request.url))
        expect(ana.main.locator(".badge")).not_to_have_text("Live")
        ana.item_field.press_sequentially("quit")
        ana.page.get_by_role("option", name="Quittengelee").click()
        ana.expect_item("Quittengelee")
        ana.item_field.press_sequentially("quit")
        expect(ana.page.get_by_role("option", name="Quittengelee on the list")).to_be_visible()
        expect_edits_stored(ana, 1)
        assert [url for url in requests if "suggestions" in url] == []
    finally:
        installation.ensure_running()
    ana.wait_until_live()
    assert shared.items.keys() == {"Milk", "Quittengelee"}


def test_forgotten_name_is_suggested_to_other_users_only(open_session, installation):
    """SUG-3, SUG-11"""
    shared = installation.create_list("Yamswurzel")
    ana, bob = (open_session(username).open(shared.path) for username in ("ana", "bob"))
    rows = {}
    for session in (ana, bob):
        session.item_field.press_sequentially("yams")
        rows[session] = session.page.get_by_role("option", name="Yamswurzel")
        expect(rows[session]).to_be_visible()
    rows[ana].click(button="right")
    with ana.page.expect_response("**/api/suggestions/forget/"):
        ana.page.get_by_role("button", name="Do not suggest again").click()
    expect(rows[ana]).to_have_count(0)
    expect(rows[bob]).to_be_visible()
    ana.page.reload()
    ana.wait_until_live()
    ana.item_field.press_sequentially("yams")
    expect(ana.item_field).to_have_attribute("aria-expanded", "false")
    expect(rows[ana]).to_have_count(0)


def test_item_for_another_shop_is_on_the_list(open_session, installation):
    """SUG-8: although it is not shown."""
    shared = installation.create_list("Milk")
    shared.add("Nougat", shops=["Baker"])
    shared.add("Nails", shops=["Hardware"])
    ana = open_session("ana").open(shared.path)
    ana.main.get_by_role("button", name="Hardware").click()
    ana.expect_no_item("Nougat")
    ana.item_field.press_sequentially("noug")
    row = ana.page.get_by_role("option", name="Nougat")
    expect(row).to_contain_text("on the list")
    row.click()
    expect(ana.checkbox("Nougat")).to_be_focused()
    assert [*shared.items].count("Nougat") == 1


def test_forgotten_name_is_restored_in_the_account(open_session, installation):
    """SUG-17: also one that was forgotten on another device."""
    shared = installation.create_list("Milk")
    shared.add("Spekulatius")
    shared.remove("Spekulatius")
    phone, desk = (open_session("bob") for _ in range(2))
    desk.page.goto("/account/")
    expect(desk.page.get_by_role("heading", name="Devices")).to_be_visible()
    phone.open(shared.path).item_field.press_sequentially("spek")
    row = phone.page.get_by_role("option", name="Spekulatius")
    row.click(button="right")
    with phone.page.expect_response("**/suggestions/forget/"):
        phone.page.get_by_role("button", name="Do not suggest again").click()
    expect(row).to_have_count(0)
    desk.page.reload()
    desk.page.get_by_role("button", name="Suggest again: Spekulatius").click()
    hint = desk.page.get_by_text("All names are suggested again.")
    expect(hint).to_be_focused()
    desk.page.goto(shared.path)
    desk.item_field.press_sequentially("spek")
    expect(desk.page.get_by_role("option", name="Spekulatius")).to_be_visible()
