"""Two people on one list see each other, and what is new since they looked."""

from __future__ import annotations

import re

from playwright.sync_api import expect

PHONE = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
PHONE_SIZE = {"width": 390, "height": 844}


def test_others_see_what_a_person_does_on_a_list(open_session, groceries):
    """TOG-7, TOG-8"""
    ana = open_session("ana").open(groceries.path)
    bob = open_session("bob", user_agent=PHONE).open(groceries.path)
    bob.main.get_by_role("button", name="Edit Milk").click()
    milk = ana.main.locator(".row").filter(has_text="Milk")
    expect(milk).to_have_text(re.compile(r"bob is editing"))
    ana.main.get_by_role("button", name="Here now: bob").click()
    sheet = ana.page.get_by_role("dialog", name="Who is here")
    expect(sheet).to_contain_text("looking, edits Milk, phone")
    sheet.get_by_role("button", name="I leave in 10 min").click()
    expect(ana.main).to_contain_text("You leave in 10 min.")
    bob.main.get_by_role("button", name="Cancel").click()
    line = bob.main.get_by_role("group", name="On this list now")
    expect(line).to_contain_text("ana leaves in 10 min")
    expect(milk).not_to_contain_text("editing")
    line.get_by_role("button", name="Need anything else?").click()
    expect(bob.item_field).to_be_focused()
    ana.main.get_by_role("button", name="Cancel").click()
    expect(line).not_to_contain_text("leaves")


def test_nobody_is_claimed_to_be_here_while_the_connection_is_lost(open_session, groceries):
    """TOG-13"""
    ana = open_session("ana").open(groceries.path)
    bob = open_session("bob", user_agent=PHONE).open(groceries.path)
    bob.main.get_by_role("button", name="Edit Milk").click()
    ana.main.get_by_role("button", name="Here now: bob").click()
    sheet = ana.page.get_by_role("dialog", name="Who is here")
    expect(sheet).to_contain_text("edits Milk")
    here = ana.main.get_by_role("button", name="Here now")
    milk = ana.main.locator(".row").filter(has_text="Milk")
    ana.context.set_offline(True)
    expect(sheet).to_contain_text("Who is here is shown when it answers again", timeout=10_000)
    expect(sheet).not_to_contain_text("bob")
    expect(sheet).not_to_contain_text("Nobody else")
    expect(here).to_have_count(0)
    expect(milk).not_to_contain_text("editing")
    ana.context.set_offline(False)
    expect(sheet).to_contain_text("edits Milk")
    expect(milk).to_contain_text("bob is editing")


def test_what_is_new_is_marked_until_it_was_seen(open_session, groceries):
    """TOG-10, TOG-11, TOG-12"""
    ana = open_session("ana", viewport=PHONE_SIZE).open(groceries.path)
    ana.page.get_by_role("link", name="All lists").click()
    card = ana.page.get_by_role("link", name=re.compile(f"Groceries {groceries.id[:4]}"))
    bob = open_session("bob").open(groceries.path)
    for name in ("Rice", "Tea"):
        bob.add(name)
    expect(card).to_contain_text(re.compile(r"2 new\s*bob added Tea"))
    laptop = open_session("ana", viewport={"width": 1440, "height": 900})
    laptop.open(groceries.path)
    expect(laptop.main).to_contain_text("2 changes since")
    mark = "changed since your last visit"
    for name, marks in {"Rice": 1, "Milk": 0}.items():
        row = laptop.main.locator(".row").filter(has_text=name)
        expect(row.get_by_text(mark)).to_have_count(marks)
    expect(card).not_to_contain_text("new")  # the laptop has seen it
    laptop.main.get_by_role("button", name="Show").click()
    expect(laptop.main).not_to_contain_text("changes since")
    expect(laptop.page.locator("aside").get_by_text("Seen before")).to_be_visible()
    laptop.tick("Rice")
    expect(laptop.main.get_by_text(mark)).to_have_count(1)
    laptop.page.reload()
    laptop.wait_until_live()
    expect(laptop.main.get_by_text(mark)).to_have_count(0)
