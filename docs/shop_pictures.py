"""Take pictures of two phones in shop mode on one list, in order and in both languages.

./run pictures --shop --out /tmp/p

Each picture has both phones side by side: the claim of an aisle, a tick, an addition by a third
user, one phone offline, the same phone live again, a phone that died, and the end of the trip.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect

ROOT = Path(__file__).parent.parent
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PASSWORD = "correct horse battery"  # noqa: S105 it is that of a temporary installation
PRESENCE_SECONDS = 27
"""Seconds after which a phone that died is gone from the other one."""
CREATE = """
import json
from accounts.models import User
from shopping_list.models import Membership, ShoppingItem, ShoppingList
password, name, items = json.loads({arguments!r})
users = [
    User.objects.filter(username=each.lower()).first()
    or User.objects.create_user(each.lower(), password=password, name=each)
    for each in ("Ana", "Ben", "Clara")
]
groceries = ShoppingList.objects.create(name=name, created_by=users[0])
for user in users:
    Membership.objects.create(shopping_list=groceries, user=user, role="editor")
Membership.objects.filter(user=users[0]).update(role="owner")
for item, (aisle, quantity) in items.items():
    ShoppingItem.objects.create(shopping_list=groceries, name=item, category=aisle,
                                quantity=quantity, created_by=users[0])
print("list:", groceries.pk)
"""
KEEP_TRIPS = """([list, aisles]) => {
  const trips = [1, 2].map((number) => ({ list, id: `${number}`, shop: '', endedAt: 1, aisles }));
  localStorage.setItem('trolley_past_trips', JSON.stringify({ trips, declined: [] }));
}"""
BOTH = """<body style="margin: 0; display: flex; gap: 20px; padding: 20px; background: #8a8f8c">
<img src="data:image/png;base64,{first}" style="border-radius: 24px">
<img src="data:image/png;base64,{second}" style="border-radius: 24px; {style}"></body>"""


class Goods(NamedTuple):
    """What is bought, in one language."""

    name: str
    items: dict[str, tuple[str, str]]
    fruit: str
    dairy: str
    first: str
    milk: str
    butter: str
    bread: str
    added: str


GOODS = {
    "en": Goods(
        "Weekly shop",
        {
            "Apples": ("Fruit", "1 kg"),
            "Bananas": ("Fruit", "6"),
            "Milk": ("Dairy", "2 l"),
            "Butter": ("Dairy", ""),
            "Bread": ("Bakery", ""),
            "Rice": ("Pantry", "500 g"),
        },
        *("Fruit", "Dairy", "Apples", "Milk", "Butter", "Bread", "Tea"),
    ),
    "de": Goods(
        "Wocheneinkauf",
        {
            "Äpfel": ("Obst", "1 kg"),
            "Bananen": ("Obst", "6"),
            "Milch": ("Kühlregal", "2 l"),
            "Butter": ("Kühlregal", ""),
            "Brot": ("Bäckerei", ""),
            "Reis": ("Vorräte", "500 g"),
        },
        *("Obst", "Kühlregal", "Äpfel", "Milch", "Butter", "Brot", "Tee"),
    ),
}


class Studio(NamedTuple):
    """An installation, how browsers are started, and where the pictures go."""

    driver: Playwright
    launch_options: dict[str, Any]
    url: str
    data: str
    out: Path

    def launch(self) -> Browser:
        """Start a browser."""
        return self.driver.chromium.launch(**self.launch_options)


def take_shop(studio: Studio) -> None:
    """Take the pictures of a trip in each language."""
    for language in GOODS:
        Trip(studio, language).run()


class Trip:
    """Two phones that shop together, and a user at home."""

    def __init__(self, studio: Studio, language: str) -> None:
        self._studio, self._language = studio, language
        self._goods = GOODS[language]
        self._words = json.loads((ROOT / "frontend" / "messages" / f"{language}.json").read_text())
        self._list = create_list(studio.data, self._goods)
        self._number = 0
        self._second = b""

    def run(self) -> None:
        """Shop, and take a picture of each step."""
        # A page that is behind another one is not drawn, so each has a browser.
        first, third, fourth = (self._studio.launch() for _ in range(3))
        before = set(psutil.Process().children(recursive=True))
        second = self._studio.launch()
        second_process = browser_process(before)
        self._canvas = fourth.new_page(viewport={"width": 840, "height": 884})
        ana = self._open(first.new_context(**self._phone), "ana")
        ben = self._open(second.new_context(**self._phone), "ben")
        clara = self._open(third.new_context(**self._phone), "clara")
        ana.evaluate(KEEP_TRIPS, [self._list, self._aisles])
        for page in (ana, ben):
            page.get_by_role("button", name=self._word("shop_start")).click()
            expect(page.locator(".shop")).to_be_visible()
        self._shop(ana, ben, clara)
        for process in (second_process, *second_process.children(recursive=True)):
            process.send_signal(signal.SIGSTOP)
        time.sleep(PRESENCE_SECONDS)
        self._take("died", ana, None)
        for process in (second_process, *second_process.children(recursive=True)):
            process.send_signal(signal.SIGKILL)
        row(ana, self._goods.bread).tap()
        ana.get_by_role("button", name=self._word("shop_end"), exact=True).tap()
        expect(ana.get_by_role("dialog")).to_be_visible()
        self._take("end", ana, None)
        for browser in (first, second, third, fourth):
            browser.close()

    def _shop(self, ana: Page, ben: Page, clara: Page) -> None:
        goods = self._goods
        head = ben.locator(".shop h2 button").filter(has_text=goods.dairy)
        head.tap()
        expect(section(ana, goods.dairy)).to_contain_text("Ben")
        self._take("claim", ana, ben)
        row(ana, goods.first).tap()
        expect(ben.locator(".progress")).to_contain_text("1")
        self._take("tick", ana, ben)
        field = clara.get_by_role("combobox")
        field.fill(goods.added)
        field.press("Enter")
        for page in (ana, ben):
            expect(page.locator(".added")).to_be_visible()
        self._take("addition", ana, ben)
        ben.context.set_offline(True)
        expect(ben.locator(".shop .badge")).to_contain_text("Offline")
        row(ben, goods.milk).tap()
        expect(ben.locator(".bottom")).to_contain_text(goods.milk)
        self._take("offline", ana, ben)
        ben.context.set_offline(False)
        expect(ana.locator(".progress")).to_contain_text("2")
        expect(ben.locator(".shop .badge")).to_have_text("Live")
        self._take("live-again", ana, ben)

    @property
    def _phone(self) -> dict[str, Any]:
        return {**PHONE, "locale": {"en": "en-GB", "de": "de-DE"}[self._language]}

    @property
    def _aisles(self) -> list[str]:
        """The aisles as they are walked, which is not their order by name."""
        return [self._goods.fruit, self._goods.dairy, self._goods.items[self._goods.bread][0]]

    def _word(self, key: str) -> str:
        return str(self._words[key])

    def _open(self, context: BrowserContext, who: str) -> Page:
        page = context.new_page()
        page.goto(f"{self._studio.url}/signin/")
        fields = page.locator("form input")
        fields.nth(0).fill(f"{who}")
        fields.nth(1).fill(PASSWORD)
        fields.nth(1).press("Enter")
        page.wait_for_url(f"{self._studio.url}/")
        page.goto(f"{self._studio.url}/lists/{self._list}/")
        expect(page.get_by_role("combobox")).to_be_visible()
        expect(page.locator("[role=main] .badge")).to_have_text("Live")
        return page

    def _take(self, name: str, first: Page, second: Page | None) -> None:
        """Take a picture of both phones. A phone that is dead shows what it showed last."""
        if second:
            self._second = second.screenshot()
        images = [base64.b64encode(each).decode() for each in (first.screenshot(), self._second)]
        style = "" if second else "filter: grayscale(1) brightness(0.4)"
        self._canvas.set_content(BOTH.format(first=images[0], second=images[1], style=style))
        self._number += 1
        path = self._studio.out / f"shop-{self._number}-{name}-{self._language}.png"
        self._canvas.screenshot(path=path)
        sys.stdout.write(f"{path.name}\n")


def browser_process(before: set[psutil.Process]) -> psutil.Process:
    """Return the main process of the browser that was started since then."""
    launched = set(psutil.Process().children(recursive=True)) - before
    # The parts of a browser, which others may have started meanwhile, have a type.
    return next(each for each in launched if "--type=" not in " ".join(each.cmdline()))


def section(page: Page, aisle: str) -> Locator:
    """Find the rows of an aisle."""
    return page.locator(".shop section").filter(has_text=aisle)


def row(page: Page, name: str) -> Locator:
    """Find an item in shop mode."""
    return page.locator(".shop").get_by_role("checkbox", name=name, exact=True)


def create_list(data: str, goods: Goods) -> str:
    """Create three users, unless they are there, and a list of them. Returns its id."""
    arguments = json.dumps([PASSWORD, goods.name, goods.items])
    command = [sys.executable, str(ROOT / "manage.py"), "shell", "-v", "0", "-c"]
    output = subprocess.run(  # noqa: S603
        [*command, CREATE.format(arguments=arguments)],
        env={**os.environ, "TROLLEY_DATA": data},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    match = re.search(r"list: (\S+)", output)
    assert match, output
    return match[1]
