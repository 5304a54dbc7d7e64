"""How rows are removed and move, and what an empty or finished list offers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
RECORD_ANIMATIONS = """
globalThis.animations = [];
const animate = Element.prototype.animate;
Element.prototype.animate = function (frames, options) {
  globalThis.animations.push({ name: this.querySelector('input')?.ariaLabel, ...frames.at(-1) });
  return animate.call(this, frames, options);
};
"""


def swipe(session, name: str, by: int) -> None:
    """Move a finger from the right end of a row."""
    box = session.main.get_by_role("button", name=f"Edit {name}").bounding_box()
    x, y = box["x"] + box["width"] - 20, box["y"] + box["height"] / 2
    touch = session.context.new_cdp_session(session.page)
    steps = [("touchStart", 0), *(("touchMove", by * part // 4) for part in range(1, 5))]
    for kind, offset in steps:
        points = {"touchPoints": [{"x": x + offset, "y": y}]}
        touch.send("Input.dispatchTouchEvent", {"type": kind, **points})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_swipe_to_the_left_shows_the_word_remove(open_session, groceries):
    """PAG-14"""
    ana = open_session("ana", **PHONE).open(groceries.path)
    remove = ana.main.get_by_role("button", name="Remove Milk")
    expect(remove).to_have_count(0)  # it is hidden
    swipe(ana, "Milk", by=-30)
    expect(remove).to_have_count(0)
    swipe(ana, "Milk", by=-120)
    expect(remove).to_have_text("Remove")
    expect(remove).to_be_in_viewport(ratio=1)
    remove.click()
    ana.expect_no_item("Milk")
    swipe(ana, "Bread", by=-120)
    expect(ana.main.get_by_role("button", name="Remove Bread")).to_be_visible()
    ana.checkbox("Eggs").tap()
    expect(ana.main.get_by_role("button", name="Remove Bread")).to_have_count(0)


def test_item_is_removed_in_its_editor_on_a_phone(open_session, groceries):
    """PAG-14"""
    ana = open_session("ana", **PHONE).open(groceries.path)
    ana.main.get_by_role("button", name="Edit Milk").tap()
    ana.main.get_by_role("button", name="Remove", exact=True).tap()
    ana.expect_no_item("Milk")


def test_remove_button_is_shown_on_hover_and_focus(open_session, groceries):
    """PAG-14"""
    ana = open_session("ana").open(groceries.path)
    remove = ana.main.get_by_role("button", name="Remove Milk")
    expect(remove).to_have_css("opacity", "0")
    ana.checkbox("Milk").hover()
    expect(remove).to_have_css("opacity", "1")
    ana.page.mouse.move(0, 0)
    expect(remove).to_have_css("opacity", "0")
    ana.checkbox("Milk").focus()
    expect(remove).to_have_css("opacity", "1")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_ticked_row_goes_to_the_cart(open_session, groceries, motion):
    """PAG-15"""
    ana = open_session("ana", reduced_motion=motion)
    ana.page.add_init_script(RECORD_ANIMATIONS)
    ana.open(groceries.path)
    ana.tick("Milk")
    expect(ana.main.get_by_text("In the cart (1)")).to_be_visible()
    expect(ana.main.get_by_role("list", name="To buy").get_by_role("listitem")).to_have_count(2)
    animations = ana.page.evaluate("animations")
    if motion == "reduce":
        assert animations == []
        return
    [leaving] = [animation for animation in animations if animation["name"] == "Milk"]
    assert leaving["opacity"] == 0
    assert leaving["translate"] != "0px 0px"
    # The rows below slide to their new places.
    assert {"Bread", "Eggs"} <= {animation["name"] for animation in animations}
    expect(ana.page.locator("body > [inert]")).to_have_count(0)


def test_rows_of_a_long_list_do_not_move_when_they_are_scrolled(open_session, installation):
    """PAG-15"""
    names = [f"Thing {number:03}" for number in range(200)]
    things = installation.create_list(*names)
    ana = open_session("ana", reduced_motion="no-preference")
    ana.page.add_init_script(RECORD_ANIMATIONS)
    ana.open(things.path)
    expect(ana.main.get_by_role("listitem").first).to_have_attribute("aria-setsize", "200")
    ana.page.evaluate("animations.length = 0")
    ana.checkbox(names[0]).hover()
    ana.page.mouse.wheel(0, 5000)
    expect(ana.checkbox(names[100])).to_be_visible()
    expect(ana.checkbox(names[0])).to_have_count(0)
    assert ana.page.evaluate("animations") == []


def test_finished_list_offers_to_clear_the_cart(open_session, groceries):
    """PAG-16"""
    groceries.tick_all()
    ana = open_session("ana").open(groceries.path)
    expect(ana.main.get_by_text("All 3 in the cart.")).to_be_visible()
    ana.main.get_by_role("button", name="Untick all").click()
    ana.expect_item("Milk", ticked=False)
    ana.wait_until_live()
    groceries.tick_all()
    ana.main.get_by_role("button", name="Clear cart").click()
    ana.expect_no_item("Milk")
    expect(ana.main.get_by_text("Nothing to buy yet.")).to_be_visible()
    ana.page.get_by_label("Just now").get_by_role("button", name="Undo").click()
    ana.expect_item("Milk", ticked=True)


def test_empty_list_offers_to_paste_or_share(open_session, installation):
    """PAG-16"""
    empty = installation.create_list()
    ana = open_session("ana").open(empty.path)
    ana.main.get_by_role("button", name="Import a file").click()
    expect(ana.page.get_by_role("dialog", name="Export and import")).to_be_visible()
    ana.page.keyboard.press("Escape")
    ana.main.get_by_role("button", name="Share the list").click()
    expect(ana.page.get_by_role("dialog")).to_contain_text("Members")
    ana.page.keyboard.press("Escape")
    ana.main.get_by_role("button", name="Paste a list").click()
    dialog = ana.page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    dialog.get_by_role("textbox").fill("2 l milk\nbread")
    dialog.get_by_role("button", name="Add 2 items").click()
    ana.expect_item("milk")
    ana.expect_item("bread")


@pytest.mark.parametrize("width", [390, 1440])
def test_field_of_a_new_list_has_the_focus(open_session, width):
    """PAG-19"""
    ana = open_session("ana", viewport={"width": width, "height": 844})
    ana.page.goto("/")
    ana.page.get_by_label("New list").fill("Party")
    ana.page.get_by_label("New list").press("Enter")
    expect(ana.item_field).to_be_focused()
    ana.page.keyboard.type("Balloons")
    ana.page.keyboard.press("Enter")
    ana.expect_item("Balloons")
    bars = ana.page.locator("form.bar:not(.quiet)")
    expect(bars).to_have_count(1)


@pytest.mark.parametrize(
    ("locale", "task"), [("de-DE", "Artikel auswählen"), ("en-GB", "Sort the list")]
)
def test_message_is_above_bar_of_many_items(locale, task, open_session, groceries):
    """PAG-45"""
    ana = open_session("ana", locale=locale, **PHONE)
    ana.page.goto(groceries.path)
    ana.page.get_by_role("button", name=re.compile("^(Edit|Bearbeiten:) Milk$")).click()
    ana.page.get_by_role("button", name=re.compile("^(Remove|Entfernen)$")).click()
    message = ana.page.locator(".toast")
    expect(message).to_contain_text("Milk")
    message.hover()  # so that it stays
    ana.page.get_by_role("button", name=re.compile("^(List menu|Menü der Liste)$")).focus()
    ana.page.keyboard.press("Enter")
    ana.page.get_by_role("dialog").get_by_role("button", name=task).press("Enter")
    expect(ana.page.locator(".mode")).to_be_visible()
    ana.page.wait_for_function(
        """() => {
            const message = document.querySelector('.toast').getBoundingClientRect();
            return message.bottom <= document.querySelector('.mode').getBoundingClientRect().top;
        }"""
    )
