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
            "Line 4 Bread no change",
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


def test_unreadable_file_is_reported_with_its_line(open_session, groceries):
    """PAG-3, TRF-4"""
    ana = open_session("ana").open(groceries.path)
    dialog = open_transfer_dialog(ana)
    rows = "name,purchased\nJam,no\nTea,perhaps\n"
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    dialog.get_by_label("Choose a file").set_input_files(file)
    expect(dialog.get_by_role("alert")).to_contain_text("line 3")
    assert "Jam" not in groceries.items
    corrected = {**file, "buffer": rows.replace("perhaps", "yes").encode()}
    dialog.get_by_label("Choose a file").set_input_files(corrected)
    dialog.get_by_role("button", name="Import: 2 new").click()
    ana.expect_item("Jam")
    ana.expect_item("Tea", ticked=True)
