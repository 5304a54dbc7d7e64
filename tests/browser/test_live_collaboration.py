"""Two people look at one list; whoever edits it, both see it, and nobody reloads."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def ana(open_session, groceries):
    """Her page, with the list open."""
    return open_session("ana").open(groceries.path)


@pytest.fixture
def bob(open_session, groceries):
    """His page, with the same list open."""
    return open_session("bob").open(groceries.path)


@pytest.fixture(autouse=True)
def _nobody_reloads(ana, bob):
    yield
    assert (ana.loads, bob.loads) == (1, 1)


def test_what_one_adds_ticks_renames_and_removes_the_other_sees(ana, bob, groceries):
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


def test_who_is_here_is_told_to_the_other(ana, bob):
    here = ana.main.get_by_text("Here now: bob")
    expect(here).to_have_count(1)
    bob.close()
    expect(here).to_have_count(0)


def test_both_see_what_a_script_patches(ana, bob, groceries):
    groceries.patch("Milk", purchased=True)
    groceries.patch("Eggs", name="Ten eggs", quantity="10")
    for one in (ana, bob):
        one.expect_item("Milk", ticked=True)
        one.expect_item("Ten eggs")
        expect(one.main).to_contain_text("10")


def test_both_see_what_another_process_saves(ana, bob, groceries, installation):
    installation.shell(
        "from shopping_list.models import ShoppingItem\n"
        f"milk = ShoppingItem.objects.get(shopping_list='{groceries.id}', name='Milk')\n"
        "milk.name = 'Milk by a command'\n"
        "milk.save()"
    )
    ana.expect_item("Milk by a command")
    bob.expect_item("Milk by a command")
