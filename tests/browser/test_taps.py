"""The main jobs in taps, as docs/list-app.md states them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.support.browser.session import BrowserSession
from tests.support.installation import PASSWORD
from tests.support.processes import ROOT

pytestmark = pytest.mark.browser
PAGE = (ROOT / "docs" / "list-app.md").read_text("utf-8")
JOBS = r"^\| ([\w' ,-]+) \| (\d+) \| [^|]+ \|(?: [^|]+ \|)?$"
STATED = dict(re.findall(JOBS, PAGE, re.MULTILINE))
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


class Phone:
    """A phone on which taps are counted. A field that has the focus is typed into without one."""

    def __init__(self, session: BrowserSession) -> None:
        self.session, self.page, self.main = session, session.page, session.main
        self._taps = 0

    def tap(self, target: Locator | str) -> None:
        """Tap on a control, or on the button of this name."""
        if isinstance(target, str):
            target = self.page.get_by_role("button", name=target, exact=True)
        target.tap()
        self._taps += 1

    def type_line(self, text: str) -> None:
        """Type where the focus is, and press Enter."""
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def expect_taps(self, job: str) -> None:
        """Compare the taps since the last job with the table."""
        assert self._taps == int(STATED[job]), job
        self._taps = 0

    def start_again(self) -> None:
        """Do not count the taps so far."""
        self._taps = 0


@pytest.fixture
def phone(open_session, groceries) -> Phone:
    """The phone of ana, with a list open."""
    return Phone(open_session("ana", **PHONE).open(groceries.path))


def test_owner_gets_to_the_first_item(open_session, new_installation):
    link = new_installation.first_server.wait_for_output(r"http://\S+/setup/#\S+")
    phone = Phone(open_session(of=new_installation, **PHONE))
    phone.page.goto(link)
    phone.tap(phone.page.get_by_label("Your name"))
    for text in ("Olga", "olga"):
        phone.page.keyboard.type(text)
        phone.page.keyboard.press("Tab")
    phone.type_line(PASSWORD)
    phone.tap(phone.page.get_by_label("New list"))
    phone.type_line("Groceries")
    expect(phone.session.item_field).to_be_focused()
    phone.type_line("Milk")
    phone.session.expect_item("Milk")
    phone.expect_taps("owner's account by the set-up link, list, first item")
    phone.page.goto("/")
    phone.tap(phone.page.get_by_label("New list"))
    phone.type_line("Party")
    expect(phone.session.item_field).to_be_focused()
    phone.type_line("Juice")
    phone.session.expect_item("Juice")
    phone.expect_taps("list, first item")
    for number in range(9):
        phone.type_line(f"Thing {number}")
    for number in range(9):
        phone.session.expect_item(f"Thing {number}")
    phone.expect_taps("nine more items")
    for name in ("Juice", *(f"Thing {number}" for number in range(9))):
        phone.tap(phone.session.checkbox(name))
    phone.expect_taps("ten ticks")


def test_user_signs_in(open_session):
    phone = Phone(open_session(**PHONE))
    phone.page.goto("/")
    phone.tap(phone.page.get_by_label("Username"))
    phone.page.keyboard.type("ana")
    phone.page.keyboard.press("Tab")
    phone.type_line(PASSWORD)
    expect(phone.page.get_by_role("link", name="Groceries").first).to_be_visible()
    phone.expect_taps("sign in")


def test_rows_are_edited(phone):
    session = phone.session
    phone.tap(session.checkbox("Milk"))
    session.expect_item("Milk", ticked=True)
    phone.start_again()
    phone.tap(session.checkbox("Milk"))
    session.expect_item("Milk")
    phone.expect_taps("take a tick back")
    phone.tap("Edit Bread")
    phone.tap("Remove")
    session.expect_no_item("Bread")
    phone.tap("Undo")
    session.expect_item("Bread")
    phone.expect_taps("remove an item, undo it")
    phone.tap("Edit Bread")
    expect(phone.main.get_by_label("Name")).to_be_focused()
    phone.page.keyboard.press("Control+a")
    phone.type_line("Rye")
    session.expect_item("Rye")
    phone.expect_taps("rename an item")
    phone.tap("Edit Rye")
    phone.tap(phone.page.get_by_text("History"))
    expect(phone.main.get_by_text("renamed Bread to Rye")).to_be_visible()
    phone.expect_taps("who changed an item")


def test_list_is_changed(phone):
    session = phone.session
    for name in ("Milk", "Bread"):
        session.tick(name)
    phone.tap(phone.main.get_by_text("In the cart (2)"))
    phone.tap("Untick all")
    session.expect_item("Milk")
    phone.expect_taps("untick everything")
    phone.tap("List menu")
    phone.tap(phone.page.get_by_role("dialog").get_by_label("Name"))
    phone.page.keyboard.press("Control+a")
    phone.type_line("Weekend")
    expect(phone.main.get_by_role("heading", level=1)).to_contain_text("Weekend")
    phone.expect_taps("rename the list")
    phone.tap(session.item_field)
    session.paste("Tea\nJam\nRice\nSalt\nOil\nNuts")
    phone.tap("Add 6 items")
    phone.expect_taps("paste six lines")


def test_list_is_shared(phone, open_session, groceries):
    phone.tap("Members and invites")
    phone.tap("Copy link")
    expect(phone.page.get_by_label("Send this link")).to_be_visible()
    phone.expect_taps("share by a link")
    guest = Phone(open_session(**PHONE))
    guest.page.goto(groceries.invite(guest=True))
    guest.tap(guest.page.get_by_label("Your name"))
    guest.type_line("Gus")
    guest.session.expect_item("Milk")
    guest.expect_taps("join as a guest")
    phone.page.get_by_role("button", name="Close").click()
    phone.tap("List menu")
    phone.tap("Activity")
    expect(phone.page.get_by_role("dialog").get_by_text("created this list")).to_be_visible()
    phone.expect_taps("who changed the list")


def test_weekly_shop(open_session, installation):
    """AIS-9, SHP-8: of 20 usual items."""
    names = [f"Thing {number}" for number in range(20)]
    shared = installation.create_list()
    shared.rename("The weekly shop")
    shared.set_staples(names)
    phone = Phone(open_session("ana", **PHONE))
    phone.page.goto("/")
    phone.tap(phone.page.get_by_role("link", name="The weekly shop"))
    expect(phone.session.item_field).to_have_role("combobox")
    phone.expect_taps("open the list")
    phone.tap("Add the usual ones")
    phone.session.expect_item("Thing 19")
    phone.expect_taps("add the 20 usual items")
    phone.tap("Go shopping")
    shop = phone.page.locator(".shop")
    for name in names:
        phone.tap(shop.get_by_role("checkbox", name=name, exact=True))
    expect(shop).to_contain_text("20 of 20")
    phone.expect_taps("shop 20 items")
    phone.tap(shop.get_by_role("button", name="End", exact=True).first)
    phone.tap("Clear the cart")
    phone.session.expect_no_item("Thing 19")
    phone.session.wait_until_live()
    assert shared.items == {}
    phone.expect_taps("end and clear")


def test_item_is_found(open_session, installation):
    long = installation.create_list(*(f"Thing {number}" for number in range(40)))
    phone = Phone(open_session("ana", **PHONE).open(long.path))
    phone.tap("Find")
    phone.page.keyboard.type("thing 33")
    phone.tap(phone.page.get_by_role("option").first)
    expect(phone.session.checkbox("Thing 33")).to_be_in_viewport()
    phone.expect_taps("find an item in any list")


def test_every_job_of_the_table_is_counted():
    source = (ROOT / "tests" / "browser" / "test_taps.py").read_text("utf-8")
    assert len(STATED) > 12
    assert [job for job in STATED if f'"{job}"' not in source] == []
