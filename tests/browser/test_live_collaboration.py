"""Two users have one list open; both see every edit of it without a reload."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def ana(open_session, groceries):
    """The browser of ana, with the list open."""
    return open_session("ana").open(groceries.path)


@pytest.fixture
def bob(open_session, groceries):
    """The browser of bob, with the same list open."""
    return open_session("bob").open(groceries.path)


@pytest.fixture(autouse=True)
def _no_page_is_reloaded(ana, bob):
    yield
    assert (ana.loads, bob.loads) == (1, 1)


def test_edits_of_one_user_are_shown_to_the_other(ana, bob, groceries):
    ana.add("Butter")
    bob.expect_item("Butter")
    bob.tick("Butter")
    ana.expect_item("Butter", ticked=True)
    ana.rename("Milk", "Oat milk")
    bob.expect_item("Oat milk")
    bob.expect_no_item("Milk")
    bob.remove("Bread")
    ana.expect_no_item("Bread")
    ana.wait_until_live()
    bob.wait_until_live()
    assert ana.ticks == bob.ticks == groceries.ticks
    assert ana.ticks == {"Oat milk": False, "Eggs": False, "Butter": True}


def test_presence_is_shown_to_the_other_user(ana, bob):
    presence = ana.main.get_by_text("Here now: bob")
    expect(presence).to_have_count(1)
    bob.close()
    expect(presence).to_have_count(0)


def test_open_editor_keeps_what_is_typed(ana, bob, groceries):
    """What another user changes meanwhile is kept too."""
    ana.main.get_by_role("button", name="Edit Milk").click()
    name = ana.main.get_by_label("Name")
    name.fill("Oat milk")
    groceries.patch("Milk", quantity="3 l")
    bob.tick("Milk")
    bob.wait_until_live()
    ana.wait_until_live()
    expect(name).to_have_value("Oat milk")
    ana.main.get_by_role("button", name="Save", exact=True).click()
    for session in (ana, bob):
        session.expect_item("Oat milk", ticked=True)
    assert groceries.items["Oat milk"]["quantity"] == "3 l"


def test_edits_by_api_are_shown_to_both_users(ana, bob, groceries):
    groceries.patch("Milk", purchased=True)
    groceries.patch("Eggs", name="Ten eggs", quantity="10")
    for session in (ana, bob):
        session.expect_item("Milk", ticked=True)
        session.expect_item("Ten eggs")
        expect(session.main).to_contain_text("10")


def test_edits_by_another_process_are_shown_to_both_users(ana, bob, groceries, installation):
    installation.shell(
        "from shopping_list.models import ShoppingItem\n"
        f"milk = ShoppingItem.objects.get(shopping_list='{groceries.id}', name='Milk')\n"
        "milk.name = 'Milk by a command'\n"
        "milk.save()"
    )
    ana.expect_item("Milk by a command")
    bob.expect_item("Milk by a command")
