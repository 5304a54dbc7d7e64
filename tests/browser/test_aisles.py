"""The items of a list by aisle, and what becomes of them there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 600}


@pytest.fixture
def aisle_list(installation):
    """A list with two aisles and an item without one."""
    shared = installation.create_list()
    for name, aisle in {
        "Milk": "Dairy",
        "Bread": "Bakery",
        "Batteries": "",
        "Butter": "Dairy",
        **{f"Rolls {number}": "Bakery" for number in range(12)},
    }.items():
        shared.add(name, category=aisle)
    return shared


def heads(session) -> list[str]:
    """Return the heads of the aisles, with their counts."""
    texts = session.main.locator("[data-aisle] h2").all_inner_texts()
    return [" ".join(text.split()) for text in texts]


def head(session, aisle: str) -> Locator:
    """Find the button in the head of an aisle."""
    return session.main.get_by_role("heading", name=aisle).get_by_role("button", expanded=None)


def test_rows_are_grouped_and_fold_by_aisle(open_session, aisle_list):
    """AIS-1, AIS-2: the head stays in sight, what is folded stays so in this browser."""
    ana = open_session("ana", viewport=PHONE).open(aisle_list.path)
    ana.expect_item("Milk")
    assert heads(ana) == ["Bakery 13 to buy", "Dairy 2 to buy", "Elsewhere 1 to buy"]
    rows = ana.main.get_by_role("list", name="To buy: Dairy").get_by_role("listitem")
    expect(rows).to_have_count(2)
    ana.checkbox("Rolls 11").scroll_into_view_if_needed()
    bakery = head(ana, "Bakery")
    expect(bakery).to_be_in_viewport(ratio=0.9)
    ana.tick("Bread")
    expect(bakery).to_contain_text("12")
    bakery.click()
    expect(bakery).to_have_attribute("aria-expanded", "false")
    ana.expect_no_item("Rolls 11")
    bob = open_session("bob").open(aisle_list.path)
    bob.expect_item("Rolls 11")
    ana.page.reload()
    expect(head(ana, "Bakery")).to_have_attribute("aria-expanded", "false")
    ana.page.get_by_role("button", name="List menu").click()
    ana.page.get_by_label("Group by aisle").uncheck()
    ana.expect_item("Rolls 11")
    expect(ana.main.locator("[data-aisle] h2")).to_have_count(0)
    ana.page.reload()
    ana.expect_item("Rolls 11")
    expect(ana.main.get_by_role("list", name="To buy")).to_have_count(1)


def test_long_list_keeps_few_rows_of_its_aisles_in_the_page(open_session, installation):
    """AIS-1, PAG-12"""
    aisles = ["Bakery", "Dairy", "Frozen", "Household", ""]
    long_list = installation.create_list()
    long_list.add_many(
        {"name": f"Thing {number:03}", "category": aisles[number % 5]} for number in range(400)
    )
    ana = open_session("ana", viewport=PHONE).open(long_list.path)
    frozen = ana.main.get_by_role("list", name="To buy: Frozen").get_by_role("listitem")
    ana.page.evaluate(
        """() => {
          const content = document.querySelector('[data-item]').closest('.content');
          const scroll = () => {
            content.scrollTop += 100;
            const names = [...document.querySelectorAll('[data-item] input')];
            if (!names.some(({ ariaLabel }) => ariaLabel === 'Thing 242')) setTimeout(scroll);
          };
          scroll();
        }"""
    )
    row = frozen.filter(has=ana.page.get_by_role("checkbox", name="Thing 242", exact=True))
    expect(row).to_have_attribute("aria-setsize", "80")
    expect(row).to_have_attribute("aria-posinset", "49")
    expect(head(ana, "Frozen")).to_be_in_viewport(ratio=0.9)
    assert ana.main.get_by_role("listitem").count() < 60
    ana.tick("Thing 242")
    expect(head(ana, "Frozen")).to_contain_text("79")
    head(ana, "Frozen").click()
    expect(frozen).to_have_count(0)
    expect(head(ana, "Household")).to_be_visible()


def test_new_item_goes_into_its_aisle(open_session, aisle_list):
    """AIS-3, AIS-4: the message says where, and leads to another aisle."""
    ana = open_session("ana", viewport=PHONE).open(aisle_list.path)
    head(ana, "Dairy").click()
    ana.add("2 cheddar")
    message = ana.page.get_by_label("Last added item")
    expect(message.get_by_role("status")).to_have_text("Added cheddar to Dairy")
    expect(ana.checkbox("cheddar")).to_be_in_viewport()  # its aisle unfolds
    message.get_by_role("button", name="Change").click()
    chooser = ana.page.get_by_role("dialog", name="Aisle of cheddar")
    expect(chooser.get_by_role("button", name="Dairy", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    chooser.get_by_role("button", name="Bakery", exact=True).click()
    in_bakery = ana.main.get_by_role("list", name="To buy: Bakery").get_by_role("checkbox")
    expect(in_bakery.last).to_have_accessible_name("cheddar")
    ana.wait_until_live()
    assert aisle_list.items["cheddar"]["category"] == "Bakery"
    ana.main.get_by_role("button", name="Edit cheddar").click()
    ana.main.get_by_role("combobox", name="Aisle", exact=True).select_option(label="New aisle…")
    ana.main.get_by_role("textbox", name="New aisle").fill("Cheese counter")
    ana.main.get_by_role("button", name="Save").click()
    expect(head(ana, "Cheese counter")).to_contain_text("1")
    ana.wait_until_live()
    assert aisle_list.items["cheddar"]["category"] == "Cheese counter"
