"""Two users set one text at the same time: each is told, and can have the replaced text again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def clash_line(session, text):
    lines = session.main.get_by_role("group", name="Edited at the same time")
    return lines.locator("p").filter(has_text=text)


def test_replaced_name_is_shown_to_both_users_and_used_again(open_session, groceries):
    """OFF-10: ana is offline while bob renames the item that she renames."""
    ana, bob = (open_session(username).open(groceries.path) for username in ("ana", "bob"))
    for session in (ana, bob):
        session.wait_until_loaded()
    ana.context.set_offline(True)
    ana.rename("Bread", "Spelt")
    expect(ana.main.locator(".badge")).to_contain_text("1 change waits")
    bob.rename("Bread", "Rye")
    bob.wait_until_live()
    assert "Rye" in groceries.ticks
    ana.context.set_offline(False)
    ana.wait_until_live()
    expect(clash_line(ana, "Your “Spelt” replaced bob's “Rye”")).to_be_visible()
    expect(clash_line(bob, "ana's “Spelt” replaced your “Rye”")).to_be_visible()

    ana.page.reload()
    expect(clash_line(ana, "Your “Spelt” replaced bob's “Rye”")).to_be_visible()
    bob.main.get_by_role("button", name="Use mine: Rye").click()
    expect(clash_line(bob, "Spelt")).to_have_count(0)
    ana.expect_item("Rye")
    line = clash_line(ana, "bob's “Rye” replaced your “Spelt”")
    line.get_by_role("button", name="Close").click()
    expect(line).to_have_count(0)

    bob.wait_until_live()
    bob.main.get_by_role("heading", level=1).focus()
    bob.page.keyboard.press("Control+z")
    for session in (ana, bob):
        session.expect_item("Spelt")
        session.wait_until_live()
    assert "Spelt" in groceries.ticks
    assert clash_line(ana, "Spelt").count() == 0


def test_replaced_quantity_and_note_are_shown_when_both_users_were_online(
    open_session, installation, groceries
):
    """OFF-10: the server has both edits within a minute."""
    ana = open_session("ana").open(groceries.path)
    ana.wait_until_loaded()
    ana.main.get_by_role("button", name="Edit Milk").click()
    ana.main.get_by_label("Quantity").fill("2 l")
    ana.main.get_by_label("Note").fill("the blue one")
    ana.main.get_by_role("button", name="Save", exact=True).click()
    ana.wait_until_live()
    path = f"shopping-lists/{groceries.id}/shopping-items/{groceries.items['Milk']['id']}/"
    with installation.api("bob") as api:
        api.patch(path, json={"quantity": "5 l", "note": "the red one"}).raise_for_status()
    expect(clash_line(ana, "Milk: bob's “5 l” replaced your “2 l”")).to_be_visible()
    note = clash_line(ana, "Milk: bob's “the red one” replaced your “the blue one”")
    note.get_by_role("button", name="Use mine: the blue one").click()
    expect(note).to_have_count(0)
    ana.wait_until_live()
    milk = groceries.items["Milk"]
    assert (milk["quantity"], milk["note"]) == ("5 l", "the blue one")
