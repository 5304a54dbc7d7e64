"""Shop mode: two phones in one shop, offline in the middle, by keyboard, and who may shop."""

from __future__ import annotations

import re
import signal

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.test_views import shop_list
from tests.support.browser.session import BrowserSession

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NOTE_VIBRATION = """
globalThis.vibrations = [];
Object.defineProperty(navigator, 'vibrate', { value: (pattern) => vibrations.push(pattern) });
"""
FAKE_WAKE_LOCK = """
Object.defineProperty(navigator, 'wakeLock', { value: { request: async () => {
  globalThis.lock = Object.assign(new EventTarget(), { release: async () => undefined });
  return lock;
} } });
"""
PLAIN_HTTP = """
Object.defineProperty(globalThis, 'isSecureContext', { value: false });
delete Navigator.prototype.wakeLock;
"""
GO_SHOPPING = "Go shopping"


class Shopper:
    """A phone in shop mode."""

    def __init__(self, session: BrowserSession) -> None:
        self.session, self.page = session, session.page
        self.shop = session.page.locator(".shop")

    def enter(self) -> None:
        self.page.get_by_role("button", name=GO_SHOPPING).click()
        expect(self.shop).to_be_visible()

    def row(self, name: str):
        return self.shop.get_by_role("checkbox", name=name, exact=True)

    def tick(self, name: str) -> None:
        self.row(name).tap()
        expect(self.shop).to_contain_text(f"{name} is in the cart")

    def take(self, aisle: str) -> None:
        self.shop.get_by_role("button", name=re.compile(f"{aisle}.*I take this")).tap()

    def hold(self, name: str) -> None:
        """Hold a row for longer than a tap."""
        with self.session.finger_on(self.row(name)):
            expect(self.shop).to_contain_text(f"{name}: not found today")

    def expect_progress(self, done: int, total: int) -> None:
        expect(self.shop.locator(".progress")).to_contain_text(f"{done} of {total}")


@pytest.fixture
def phones(open_session, installation):
    """The phones of ana and bob on one list with aisles."""
    groceries = shop_list(installation)
    phones = []
    for who in ("ana", "bob"):
        session = open_session(who, **PHONE)
        session.context.add_init_script(NOTE_VIBRATION)
        phones.append(Shopper(session.open(groceries.path)))
    return groceries, *phones


def test_two_phones_share_a_shop(phones):
    """SHP-1, SHP-2, SHP-3, SHP-4, SHP-9, SHP-10, TOG-7"""
    groceries, ana, bob = phones
    ana.enter()
    ana.tick("Bread")
    line = bob.page.get_by_role("group", name="On this list now")
    expect(line).to_contain_text("ana is shopping, 1 of 5")
    bob.enter()
    bob.take("Dairy")
    expect(ana.shop.locator("section", has_text="Dairy")).to_contain_text("bob has this")
    ana.expect_progress(1, 5)
    groceries.add("Tea")
    for phone in (ana, bob):
        expect(phone.shop).to_contain_text("ana added Tea")
        phone.page.wait_for_function("() => vibrations.length === 1")
    ana.hold("Rice")
    expect(bob.shop.locator("section", has_text="Not found today")).to_contain_text("Rice")
    ana.row("Rice").tap()  # it is there after all
    expect(bob.row("Rice")).to_have_count(0)
    ana.expect_progress(2, 6)

    bob.session.context.set_offline(True)
    expect(bob.shop.locator(".badge")).to_contain_text("Offline")
    bob.tick("Milk")
    bob.tick("Butter")
    bob.expect_progress(3, 5)  # of what was open at the start of his trip
    ana.tick("Tea")
    bob.session.context.set_offline(False)
    ana.expect_progress(5, 6)
    expect(bob.shop.locator(".badge")).to_have_text("Live")
    bob.expect_progress(4, 5)

    bob.session.context.close()  # it says nothing before it is gone
    expect(ana.shop).not_to_contain_text("bob has this")
    ana.page.get_by_role("button", name="End", exact=True).click()
    expect(ana.page.get_by_role("dialog")).to_contain_text("5 bought in 1 min with bob")


def test_row_that_comes_under_the_finger_is_not_ticked(open_session, installation):
    """SHP-3: a row that is held moves to the end, and the next row takes its place."""
    groceries = installation.create_list()
    groceries.add("Butter", category="Dairy")
    groceries.add("Milk", category="Dairy")
    ana = Shopper(open_session("ana", **PHONE).open(groceries.path))
    ana.enter()
    ana.hold("Butter")
    ana.row("Butter").tap()  # it is there after all
    ana.expect_progress(1, 2)
    expect(ana.row("Milk")).not_to_be_checked()


def test_trip_is_ended_by_keyboard(open_session, installation):
    """SHP-3, SHP-7, SHP-8, SHP-13"""
    groceries = shop_list(installation)
    ana = Shopper(open_session("ana").open(groceries.path))
    keyboard = ana.page.keyboard
    ana.page.get_by_role("button", name=GO_SHOPPING).focus()
    keyboard.press("Enter")
    expect(ana.shop.get_by_role("heading", level=1)).to_be_focused()
    keyboard.press("ArrowDown")
    expect(ana.row("Bread")).to_be_focused()
    keyboard.press("Space")
    ana.expect_progress(1, 5)
    keyboard.press("ArrowDown")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(ana.shop).to_contain_text("Milk: not found today")
    # The row has moved, and the one in its place has the focus.
    expect(ana.row("Butter")).to_be_focused()
    for _ in range(30):
        keyboard.press("Tab")
        assert ana.page.evaluate("() => !document.activeElement.closest('[inert]')")
    ana.page.go_back()
    expect(ana.shop).to_have_count(0)
    milk = ana.session.main.locator(".row").filter(has_text="Milk")
    expect(milk).to_contain_text("not found today")
    ana.page.get_by_role("button", name=GO_SHOPPING).click()
    ana.expect_progress(1, 5)
    ana.page.reload()
    ana.expect_progress(1, 5)
    ana.page.get_by_role("button", name="End", exact=True).click()
    sheet = ana.page.get_by_role("dialog", name="Done shopping?")
    expect(sheet).to_contain_text("1 bought in 1 min")
    expect(sheet).to_contain_text("1 not found: next time")
    sheet.get_by_role("button", name="Clear the cart").click()
    ana.session.expect_no_item("Bread")
    assert ana.page.url.endswith(groceries.path)
    ana.page.get_by_role("button", name="Undo", exact=True).last.click()
    ana.session.expect_item("Bread", ticked=True)


def test_screen_is_kept_on_and_viewers_may_not_shop(open_session, installation):
    """SHP-11, SHP-12"""
    groceries = shop_list(installation)
    for role, script in (("ticker", FAKE_WAKE_LOCK), ("editor", PLAIN_HTTP), ("viewer", "")):
        guest = open_session(**PHONE)
        guest.context.add_init_script(script)
        guest.page.goto(groceries.invite(guest=True, role=role))
        guest.page.get_by_label("Your name").fill("Gus")
        guest.page.get_by_role("button", name="Join as a guest").click()
        guest.expect_item("Rice")
        if role == "viewer":
            guest.page.goto(f"{groceries.path}#shop")
            guest.expect_item("Rice")
            expect(guest.page.get_by_role("button", name=GO_SHOPPING)).to_have_count(0)
            expect(guest.page.locator(".shop")).to_have_count(0)
            continue
        shopper = Shopper(guest)
        shopper.enter()
        shopper.tick("Milk" if role == "ticker" else "Butter")
        sign, hint = (
            shopper.shop.get_by_title("The screen stays on"),
            shopper.shop.get_by_text("The screen may go dark: keeping it on needs https."),
        )
        if role == "editor":
            expect(hint).to_be_visible()
            expect(sign).to_have_count(0)
        else:
            expect(sign).to_be_visible()
            guest.page.evaluate("lock.dispatchEvent(new Event('release'))")
            expect(sign).to_have_count(0)
            expect(hint).to_have_count(0)


def test_walked_order_is_offered_taken_and_undone(open_session, installation):
    """SHP-5, SHP-14, SHP-15, SHP-16"""
    groceries = installation.create_list()
    walk = {"Apples": "Fruit", "Milk": "Dairy", "Bread": "Bakery"}
    for name, aisle in walk.items():
        groceries.add(name, category=aisle)
    groceries.add("Rolls", category="Bakery", shops=["Baker"])
    ana = Shopper(open_session("ana", **PHONE).open(groceries.path))
    bob = open_session("bob").open(groceries.path)
    heads_of_bob = bob.main.locator(".head .name")

    def shop_to_the_end() -> Locator:
        ana.enter()
        shops = ana.shop.get_by_role("combobox").locator("option")
        expect(shops).to_have_text(["All shops", "Baker"])
        for name in walk:
            ana.tick(name)
        ana.page.get_by_role("button", name="End", exact=True).click()
        sheet = ana.page.get_by_role("dialog", name="Done shopping?")
        expect(sheet).to_contain_text("3 bought")
        return sheet

    def put_back() -> None:
        for name in walk:
            groceries.patch(name, purchased=False)

    def go_home(sheet: Locator, button: str = "Keep") -> None:
        sheet.get_by_role("button", name=button, exact=True).click()
        expect(ana.shop).to_have_count(0)
        put_back()
        for name in walk:
            ana.session.expect_item(name)

    for _ in range(2):
        sheet = shop_to_the_end()
        expect(sheet).not_to_contain_text("You walk")
        go_home(sheet)
    expect(heads_of_bob).to_have_text(["Bakery", "Dairy", "Fruit"])
    sheet = shop_to_the_end()
    expect(sheet).to_contain_text("You walk Fruit, Dairy, Bakery. From your last 3 trips.")
    put_back()
    expect(heads_of_bob).to_have_text(["Bakery", "Dairy", "Fruit"])
    version = groceries.version
    sheet.get_by_role("button", name="Use this order").click()
    expect(heads_of_bob).to_have_text(["Fruit", "Dairy", "Bakery"])
    assert groceries.version == version + 1
    sheet.get_by_role("button", name="Undo").click()
    expect(heads_of_bob).to_have_text(["Bakery", "Dairy", "Fruit"])
    go_home(sheet, "End")  # nothing is in the cart
    sheet = shop_to_the_end()
    expect(sheet).not_to_contain_text("You walk")


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "silent"])
def test_phone_that_dies_is_gone_from_the_others(stop, open_session, installation, other_browser):
    """TOG-2, SHP-4: a stopped process closes no connection, as a phone without network."""
    groceries = shop_list(installation)
    ana = Shopper(open_session("ana", **PHONE).open(groceries.path))
    context = other_browser.new_context(installation, "bob", **PHONE)
    bob = Shopper(BrowserSession(context, installation.url).open(groceries.path))
    for phone in (ana, bob):
        phone.enter()
    bob.take("Dairy")
    dairy = ana.shop.locator("section", has_text="Dairy")
    expect(dairy).to_contain_text("bob has this")
    other_browser.send(stop)
    expect(dairy).not_to_contain_text("bob has this")
    ana.page.get_by_role("button", name="Back to the list").click()
    expect(ana.page.get_by_role("button", name="Here now")).to_have_count(0)
    ana.session.expect_item("Milk")
