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
    assert heads(ana) == ["Bakery 13 to buy", "Dairy 2 to buy", "Other 1 to buy"]
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
    ana.add("cheddar")
    message = ana.page.get_by_label("Last added item")
    expect(message.get_by_role("status")).to_have_text("Added cheddar to Dairy")
    expect(ana.checkbox("cheddar")).to_be_in_viewport()  # its aisle unfolds
    message.get_by_role("button", name="Change").click()
    chooser = ana.page.get_by_role("dialog", name="Aisle for cheddar")
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


def expect_order(session, aisle: str, *names: str) -> None:
    """Wait until an aisle has these items in this order."""
    rows = session.main.get_by_role("list", name=f"To buy: {aisle}").get_by_role("listitem")
    expect(rows).to_contain_text([*names])


def drag(session, name: str, to: Locator, *, part: float) -> None:
    """Drag an item by its handle to a part of the height of an element."""
    session.page.wait_for_function("() => document.getAnimations().length === 0")
    mouse, box = session.page.mouse, session.main.get_by_role("button", name=name).bounding_box()
    x = box["x"] + box["width"] / 2
    mouse.move(x, box["y"] + box["height"] / 2)
    mouse.down()
    target = to.bounding_box()
    mouse.move(x, target["y"] + target["height"] * part, steps=8)
    expect(session.main.locator("[data-dragged]")).to_have_count(1)
    session.page.evaluate("new Promise(requestAnimationFrame)")
    mouse.up()


def test_list_is_sorted_by_hand(open_session, installation):
    """AIS-6: by handles, by a menu and by keys, while another member adds items."""
    shared = installation.create_list()
    shared.add_many({"name": name, "category": "Dairy"} for name in ("Milk", "Butter", "Eggs"))
    shared.add("Bread", category="Bakery")
    ana = open_session("ana", viewport=PHONE).open(shared.path)
    bob = open_session("bob").open(shared.path)
    ana.page.get_by_role("button", name="List menu").click()
    ana.page.get_by_role("button", name="Sort the list").click()
    rows = ana.main.get_by_role("list", name="To buy: Dairy").get_by_role("listitem")
    drag(ana, "Move Eggs", rows.first, part=0.2)
    expect_order(bob, "Dairy", "Eggs", "Milk", "Butter")
    expect(ana.page.get_by_role("status").filter(has_text="Eggs, 1 of 3 in Dairy")).to_have_count(1)
    ana.main.get_by_role("button", name="Move Milk").click()
    ana.page.get_by_role("dialog").get_by_role("button", name="Move down").click()
    expect_order(bob, "Dairy", "Eggs", "Butter", "Milk")
    drag(ana, "Move Bread", rows.nth(1), part=0.2)
    expect_order(bob, "Dairy", "Eggs", "Bread", "Butter", "Milk")
    ana.wait_until_live()
    assert shared.items["Bread"]["category"] == "Dairy"
    ana.page.get_by_role("button", name="Done").click()
    ana.checkbox("Milk").focus()
    shared.add("Yoghurt", category="Dairy")
    ana.page.keyboard.press("Alt+ArrowUp")
    expect(ana.checkbox("Milk")).to_be_focused()
    expect_order(bob, "Dairy", "Eggs", "Bread", "Milk", "Butter", "Yoghurt")
    for _ in range(2):
        ana.page.keyboard.press("Control+z")
    expect_order(bob, "Dairy", "Eggs", "Butter", "Milk", "Yoghurt")
    expect_order(bob, "Bakery", "Bread")


def test_many_items_are_selected_and_moved(open_session, installation):
    """AIS-7: by a long press and by Shift, to an aisle, to another list, and back by one undo."""
    shared, party = installation.create_list(), installation.create_list("Milk")
    party.rename(f"Party {party.id[:4]}")
    for name, aisle in {"Milk": "Dairy", "Butter": "Dairy", "Eggs": "", "Rice": ""}.items():
        shared.add(name, category=aisle)
    ana = open_session("ana", viewport=PHONE, has_touch=True).open(shared.path)
    bar = ana.main.get_by_role("group", name="Many items")
    with ana.finger_on(ana.main.get_by_role("button", name="Edit Milk")):
        expect(bar.get_by_role("status")).to_have_text("1 selected")
    expect(ana.checkbox("Milk")).to_be_checked()
    ana.checkbox("Eggs").click(modifiers=["Shift"])
    expect(bar.get_by_role("status")).to_have_text("3 selected")
    bar.get_by_role("button", name="Aisle").click()
    ana.page.get_by_role("dialog").get_by_role("button", name="Dairy", exact=True).click()
    expect_order(ana, "Dairy", "Milk", "Butter", "Eggs")
    bar.get_by_role("button", name="Move to…").click()
    ana.page.get_by_role("dialog").get_by_role("button", name=f"Party {party.id[:4]}").click()
    expect(bar).to_have_count(0)
    ana.expect_no_item("Butter")
    toast = ana.page.get_by_label("Just now")
    expect(toast).to_contain_text("Moved 3 items to Party")
    ana.wait_until_live()
    assert list(party.items) == ["Milk", "Butter", "Eggs"]
    toast.get_by_role("button", name="Undo").click()
    expect_order(ana, "Dairy", "Milk", "Butter", "Eggs")
    ana.wait_until_live()
    assert (list(party.items), party.items["Milk"]["category"]) == (["Milk"], "")
    ana.main.get_by_role("button", name="Edit Rice").click(modifiers=["Control"])
    bar.get_by_role("button", name="Remove").click()
    ana.expect_no_item("Rice")
    ana.wait_until_live()
    assert list(shared.items) == ["Milk", "Butter", "Eggs"]


def choose_in_menu(session, aisle: str, button: str) -> None:
    """Press a button in the menu of an aisle."""
    session.main.get_by_role("button", name=f"Menu of {aisle}").click()
    session.page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()


def test_aisle_is_moved_renamed_and_merged_by_its_menu(open_session, aisle_list):
    """AIS-5: each is one change for all members, and has an undo."""
    ana = open_session("ana", viewport=PHONE).open(aisle_list.path)
    bob = open_session("bob").open(aisle_list.path)
    choose_in_menu(ana, "Dairy", "Move up")
    headings = bob.main.locator("[data-aisle] h2")
    expect(headings).to_contain_text(["Dairy", "Bakery", "Other"])
    ana.main.get_by_role("button", name="Menu of Dairy").click()
    dialog = ana.page.get_by_role("dialog", name="Dairy")
    expect(dialog.get_by_role("button", name="Move up")).to_be_disabled()
    dialog.get_by_label("Name").fill("Chilled")
    dialog.get_by_role("button", name="Rename").click()
    expect(headings).to_contain_text(["Chilled", "Bakery", "Other"])
    ana.wait_until_live()
    assert aisle_list.items["Milk"]["category"] == "Chilled"
    choose_in_menu(ana, "Chilled", "Bakery")
    expect(headings).to_contain_text(["Bakery", "Other"])
    toast = ana.page.get_by_label("Just now")
    expect(toast).to_contain_text("Merged Chilled into Bakery")
    toast.get_by_role("button", name="Undo").click()
    expect(headings).to_contain_text(["Chilled", "Bakery", "Other"])
    for _ in range(2):
        ana.page.keyboard.press("Control+z")
    expect(headings).to_contain_text(["Bakery", "Dairy", "Other"])


def test_list_shows_the_items_of_one_shop_in_its_own_order(open_session, aisle_list):
    """AIS-8: the choice stays in this browser, and a tick counts everywhere."""
    ana = open_session("ana", viewport=PHONE).open(aisle_list.path)
    ana.main.get_by_role("button", name="Edit Milk").click()
    ana.main.get_by_role("button", name="New shop…").click()
    ana.main.get_by_label("Name of the shop").fill("Lidl")
    ana.main.get_by_role("button", name="Save").click()
    aisle_list.patch("Butter", shops=["Edeka"])
    shops = ana.main.get_by_role("group", name="Shop")
    shops.get_by_role("button", name="Lidl").click()
    ana.expect_no_item("Butter")
    ana.expect_item("Milk")
    expect(ana.main.get_by_text("1 more for other shops")).to_be_visible()
    choose_in_menu(ana, "Dairy", "Move up")
    headings = ana.main.locator("[data-aisle] h2")
    expect(headings).to_contain_text(["Dairy", "Bakery", "Other"])
    ana.page.reload()
    expect(headings).to_contain_text(["Dairy", "Bakery", "Other"])
    ana.expect_no_item("Butter")
    ana.tick("Milk")
    shops.get_by_role("button", name="All shops").click()
    expect(headings).to_contain_text(["Bakery", "Dairy", "Other"])
    ana.expect_item("Butter")
    ana.expect_item("Milk", ticked=True)
    shops.get_by_role("button", name="Edeka").click()
    ana.expect_item("Butter")
    ana.expect_item("Milk", ticked=True)


def test_usual_items_are_added_and_a_list_is_a_template(open_session, installation):
    """AIS-9, AIS-10: what is missing, as one change with one undo."""
    shared = installation.create_list()
    shared.rename(f"Weekly {shared.id[:4]}")
    for name in ("Milk", "Bread", "Eggs"):
        shared.add(name, category="Food", quantity="2")
    ana = open_session("ana", viewport=PHONE).open(shared.path)
    for name in ("Milk", "Bread"):
        ana.main.get_by_role("button", name=f"Edit {name}").click()
        ana.main.get_by_label("A usual item").check()
        ana.main.get_by_role("button", name="Save").click()
        expect(ana.page.get_by_label("Just now")).to_contain_text(f"{name} is one of the usual")
    ana.wait_until_live()
    shared.patch("Milk", purchased=True)
    shared.remove("Bread")
    ana.expect_no_item("Bread")
    ana.page.get_by_role("button", name="List menu").click()
    ana.page.get_by_role("button", name="Add the usual ones").click()
    ana.expect_item("Bread")
    ana.expect_item("Milk")
    ana.wait_until_live()
    assert shared.items["Bread"]["quantity"] == "2"
    ana.page.get_by_label("Just now").get_by_role("button", name="Undo").click()
    ana.expect_item("Milk", ticked=True)
    ana.expect_no_item("Bread")
    ana.page.get_by_role("button", name="List menu").click()
    ana.page.get_by_role("button", name="Use as template").click()
    dialog = ana.page.get_by_role("dialog")
    dialog.get_by_label("Name of the new list").fill("Next week")
    dialog.get_by_role("button", name="Create").click()
    expect(ana.main.get_by_role("heading", name="Next week")).to_be_visible()
    ana.expect_item("Milk")
    ana.expect_item("Eggs")
    ana.wait_until_live()
    ana.page.reload()
    ana.expect_item("Milk")
    ana.page.get_by_role("button", name="List menu").click()
    ana.page.get_by_role("button", name="Add the usual ones").click()
    ana.expect_item("Bread")


def test_shop_gets_another_name_for_every_member(open_session, aisle_list):
    """AIS-11: with its order and its items, offline too, as one change that one undo takes back."""
    for name, shops in {"Milk": ["Lidl"], "Butter": ["Lidl", "Edeka"]}.items():
        aisle_list.patch(name, shops=shops)
    ana, bob = (open_session(who).open(aisle_list.path) for who in ("ana", "bob"))
    shops_of_bob = bob.main.get_by_role("group", name="Shop").get_by_role("button")
    expect(shops_of_bob).to_have_text(["All shops", "Edeka", "Lidl"])
    shops_of_ana = ana.main.get_by_role("group", name="Shop")
    shops_of_ana.get_by_role("button", name="Lidl").click()
    choose_in_menu(ana, "Dairy", "Move up")
    ana.wait_until_live()
    ana.page.get_by_role("button", name="List menu").click()
    ana.context.set_offline(True)
    ana.page.get_by_role("button", name="Rename Lidl…").click()
    sheet = ana.page.get_by_role("dialog", name="Lidl")
    sheet.get_by_label("Name").fill("Market")
    sheet.get_by_role("button", name="Rename").click()
    market = shops_of_ana.get_by_role("button", name="Market")
    expect(market).to_have_attribute("aria-pressed", "true")
    expect(shops_of_bob).to_have_text(["All shops", "Edeka", "Lidl"])
    ana.context.set_offline(False)
    expect(shops_of_bob).to_have_text(["All shops", "Edeka", "Market"])
    shops_of_bob.last.click()
    bob.expect_item("Butter")
    expect(bob.main.locator("[data-aisle] h2").first).to_contain_text("Dairy")
    ana.wait_until_live()
    items = aisle_list.items
    assert items["Butter"]["shops"] == ["Market", "Edeka"]
    assert items["Butter"]["version"] == items["Milk"]["version"]
    ana.page.get_by_label("Just now").get_by_role("button", name="Undo").click()
    expect(shops_of_bob).to_have_text(["All shops", "Edeka", "Lidl"])
    # SHP-17: what bob has chosen has its name of before again too.
    expect(shops_of_bob.last).to_have_attribute("aria-pressed", "true")
    ana.wait_until_live()
    assert aisle_list.items["Butter"]["shops"] == ["Lidl", "Edeka"]
