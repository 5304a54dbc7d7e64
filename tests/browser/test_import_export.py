"""A list can be exported to a file and imported again, always after a preview."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def open_transfer_dialog(session):
    """Open the export and import dialog of the open list."""
    session.page.get_by_role("button", name="List menu").click()
    session.page.get_by_role("button", name="Export and import").click()
    expect(session.page.get_by_role("heading", name="Export", exact=True)).to_be_visible()
    return session.page.get_by_role("dialog")


def test_list_can_be_downloaded_and_copied(open_session, groceries):
    """PAG-3"""
    ana = open_session("ana").open(groceries.path)
    ana.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=ana.url)
    dialog = open_transfer_dialog(ana)
    with ana.page.expect_download() as downloading:
        dialog.get_by_role("link", name="JSON").click()
    exported = json.loads(Path(downloading.value.path()).read_text())
    assert [item["name"] for item in exported["list"]["items"]] == ["Milk", "Bread", "Eggs"]
    dialog.get_by_role("button", name="Copy as Markdown").click()
    expect(dialog.get_by_role("status")).to_have_text("Copied")
    assert "- [ ] Milk" in ana.page.evaluate("navigator.clipboard.readText()")


def test_import_cannot_be_confirmed_when_the_list_would_be_too_full(open_session, groceries):
    """PAG-3, TRF-13"""

    def make_too_full(route):
        preview = route.fetch().json()
        route.fulfill(json={**preview, "excess_items": 2})

    ana = open_session("ana").open(groceries.path)
    ana.page.route("**/import/", make_too_full)
    dialog = open_transfer_dialog(ana)
    dialog.get_by_label("Paste text here").fill("Jam\nTea")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_role("alert")).to_contain_text("2 items too many")
    expect(dialog.get_by_role("button", name="Import: 2 new")).to_be_disabled()


def test_import_is_previewed_and_can_be_undone(open_session, groceries):
    """PAG-3, TRF-13, TRF-14"""
    groceries.add("Tea")
    groceries.patch("Tea", purchased=True)
    ana, bob = (open_session(username).open(groceries.path) for username in ("ana", "bob"))
    before = groceries.version
    dialog = open_transfer_dialog(ana)
    dialog.get_by_label("Paste text here").fill(
        "- [ ] 2 l oat milk\n- [ ] Tea\n- [x] Jam\n- [ ] Bread"
    )
    expect(dialog.get_by_label("Format")).to_have_value("markdown")
    dialog.get_by_role("button", name="Preview").click()
    lines = dialog.get_by_role("list", name="Import preview").get_by_role("listitem")
    expect(lines).to_have_text(
        [
            "Line 1 oat milk 2 l new",
            "Line 2 Tea bought before, put back",
            "Line 3 Jam new, in the cart",
            "Line 4 Bread on the list already",
        ]
    )
    assert groceries.version == before
    dialog.get_by_role("button", name="Import: 2 new, 1 put back").click()
    for session in (ana, bob):
        session.expect_item("oat milk")
        session.expect_item("Tea")
    ana.wait_until_live()
    assert groceries.version == before + 1
    ana.page.get_by_label("Just now").get_by_role("button", name="Undo").click()
    for session in (ana, bob):
        session.expect_no_item("oat milk")
        session.expect_item("Tea", ticked=True)
    assert groceries.version == before + 2


def test_lines_that_cannot_be_read_are_shown_and_left_out(open_session, groceries):
    """PAG-3, TRF-17, TRF-18, cases U1, W1 and X3"""
    ana = open_session("ana").open(groceries.path)
    dialog = open_transfer_dialog(ana)
    table = "Title\tQty\tPrice\tDone\r\nJam\t1\t2,99\tno\r\nTea\t\t\tperhaps\r\nJam\t2\t\tno\r\n"
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": table.encode("utf-16")}
    dialog.get_by_label("Choose a file").set_input_files(file)
    lines = dialog.get_by_role("list", name="Import preview").get_by_role("listitem")
    expect(lines).to_have_text(
        [
            "Line 1 Columns that are not imported: Price. left out",
            "Line 2 Jam 1 new",
            "Line 3 Tea, perhaps purchased: Must be true or false. cannot be read",
            "Line 4 Jam 1 + 2 on the list already; quantity added",
        ]
    )
    assert "Jam" not in groceries.items
    dialog.get_by_role("button", name="Import: 1 new, 1 joined, without 1 line").click()
    ana.expect_item("Jam")
    assert groceries.items["Jam"]["quantity"] == "1 + 2"
    assert "Tea" not in groceries.items


def test_content_that_is_no_list_is_reported(open_session, groceries):
    """PAG-3, TRF-4, case Y1"""
    ana = open_session("ana").open(groceries.path)
    dialog = open_transfer_dialog(ana)
    file = {"name": "list.json", "mimeType": "application/json", "buffer": b'{"a": 1}'}
    dialog.get_by_label("Choose a file").set_input_files(file)
    expect(dialog.get_by_role("alert")).to_contain_text("import it as text, Markdown or CSV")


def test_file_that_is_no_text_is_refused(open_session, groceries):
    """TRF-21"""
    ana = open_session("ana").open(groceries.path)
    dialog = open_transfer_dialog(ana)
    picture = {"name": "photo.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n\0\0"}
    dialog.locator("input[type=file]").set_input_files(picture)
    expect(dialog.get_by_role("alert")).to_contain_text("photo.png is no text")
    expect(dialog.get_by_label("Paste text here")).to_have_value("")
    expect(dialog.get_by_role("button", name="Preview")).to_be_disabled()
    dialog.get_by_label("Paste text here").fill("Jam")
    expect(dialog.get_by_role("alert")).to_have_count(0)


def test_page_says_what_an_added_item_changed(open_session, groceries):
    """API-41, case W2: the same for one typed item and for pasted lines."""
    groceries.patch("Milk", note="oat", quantity="1 l")
    ana = open_session("ana").open(groceries.path)
    ana.add("2 l milk, soy")
    message = ana.page.get_by_label("Last added item").get_by_role("status")
    expect(message).to_have_text("Milk is on the list already; quantity and note added")
    ana.wait_until_live()
    milk = groceries.items["Milk"]
    assert (milk["quantity"], milk["note"]) == ("1 l + 2 l", "oat; soy")
    ana.paste("•\tBread, rye\n•\tBread, white")
    dialog = ana.page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_contain_text(
        ["on the list already; note added", "on the list already; note added"]
    )
    dialog.get_by_role("button", name="Add 2 items").click()
    ana.wait_until_live()
    expect(ana.main.get_by_role("button", name="Edit Bread rye; white")).to_be_visible()
    assert groceries.items["Bread"]["note"] == "rye; white"
