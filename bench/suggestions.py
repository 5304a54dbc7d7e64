"""W4: how soon suggestions are shown: `python -m bench.suggestions [--names 5000] [--slow 4]`.

It starts a server on SQLite with a list of that many bought names and one of 40 items, opens the
short list in Chromium (TROLLEY_CHROMIUM, or `chromium` of the PATH), waits until the browser has
stored all names, types the first letters of many names, and prints how long each letter takes. The
processor of the page is slowed down four times.

- row: from the key until the first row is in the page and its layout is done, before the browser
  draws it.
- paint: from the key until the frame with it is drawn. The browser draws 60 frames a second, so it
  contains up to 17 ms of waiting.
- first letter: the same for the first letter after the page was opened again.
"""

from __future__ import annotations

import argparse
from typing import Any

from playwright.sync_api import Page

from bench.long_list import summary
from bench.page import FOLLOW_FRAMES, READ_FRAMES, running_browser, running_server, sign_in

SETUP = """
from datetime import timedelta
from django.utils import timezone
from shopping_list.models import Membership, ShoppingItem, ShoppingList
adjectives = "Fresh Organic Red Green Dried Frozen Oat Whole Sweet Wild".split()
nouns = "milk apples bread tomatoes rice tea onions butter yoghurt ham".split()
def name_of(number):
    noun = nouns[number // 10 % 10]
    return f"{{adjectives[number % 10]}} {{noun}} {{number // 100 or ''}}".strip()
def create_list(name, count, **fields):
    new = ShoppingList.objects.create(name=name, created_by=user)
    Membership.objects.create(shopping_list=new, user=user, role="owner")
    ShoppingItem.objects.bulk_create(
        ShoppingItem(
            shopping_list=new,
            name=name_of(number) if count > 100 else f"Thing {{number}}",
            quantity="1 l" if number % 3 else "",
            category="Dairy",
            created_by=user,
            **fields,
        )
        for number in range(count)
    )
create_list("Everything", {count}, purchased=True)
create_list("Groceries", 40)
"""
WORDS = (
    *("milk", "apples", "bread", "tomatoes", "rice", "tea", "onions", "butter", "yoghurt", "ham"),
    *("fresh", "organic", "red", "green", "dried", "frozen", "oat", "whole", "sweet", "wild"),
    *("Oat milk", "wild ri", "49", "2 milk", "ilk", "erries", "sweet t", "zucchini", "xyz", "h"),
)
LETTERS = 4
"""Letters of each word that are typed."""
STORED = """(count) => new Promise((resolve) => {
  const request = indexedDB.open('trolley');
  request.onsuccess = () => {
    const names = request.result.transaction('names').objectStore('names').count();
    names.onsuccess = () => { request.result.close(); resolve(names.result >= count); };
  };
})"""
MEASURE = """() => {
  if (window.measured) return;
  window.measured = [];
  let start = 0;
  const shown = '[role=listbox]:not([hidden]) > [role=option]:not([hidden])';
  const rowCount = () => document.querySelectorAll(shown).length;
  addEventListener('keydown', () => { start = performance.now(); }, { capture: true });
  // Svelte renders in a microtask of the listener of the field, so this one comes after it.
  addEventListener('input', ({ inputType }) => {
    if (inputType !== 'insertText') return;
    void document.body.offsetHeight;
    const row = performance.now() - start;
    const rows = rowCount();
    requestAnimationFrame(() => {
      const drawn = new MessageChannel();
      drawn.port1.onmessage = () => {
        const paint = performance.now() - start;
        window.measured.push({ row, rows, drawnRows: rowCount(), paint });
      };
      drawn.port2.postMessage(null);
    });
  });
}"""
READ = "() => window.measured.splice(0)"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the suggestions in Chromium.")
    parser.add_argument("--names", type=int, default=5000)
    parser.add_argument("--slow", type=int, default=4, help="how often slower the processor is")
    parser.add_argument("--opens", type=int, default=10, help="how often the page is opened again")
    parser.add_argument("--port", type=int, default=8360)
    options = parser.parse_args()
    setup = SETUP.format(count=options.names)
    with running_server(options.port, setup), running_browser() as browser:
        context = browser.new_context(
            base_url=f"http://127.0.0.1:{options.port}",
            viewport={"width": 390, "height": 844},
            service_workers="block",
        )
        page = context.new_page()
        page.add_init_script(f"({FOLLOW_FRAMES})()")
        sign_in(page)
        cdp = context.new_cdp_session(page)
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": options.slow})
        page.get_by_text("Groceries").first.click()
        page.wait_for_function(STORED, arg=options.names)
        longest = max(page.evaluate(READ_FRAMES)["tasks"], default=0)
        print(f"longest task until all names are stored  {longest:.0f} ms")
        print_letters(page, type_words(page))
        print_first_letters(page, options.opens)


def type_words(page: Page) -> list[dict[str, Any]]:
    """Type the first letters of each word, and return what was measured for each letter."""
    page.evaluate(MEASURE)
    field = page.get_by_label("Add an item")
    measured: list[dict[str, Any]] = []
    for word in WORDS:
        for letter in word[:LETTERS]:
            count = len(measured)
            field.press_sequentially(letter)
            page.wait_for_function("() => window.measured.length > 0")
            measured += page.evaluate(READ)
            assert len(measured) == count + 1
            assert measured[-1]["rows"] == measured[-1]["drawnRows"]
            page.wait_for_timeout(60)
        field.fill("")
    return measured


def print_letters(page: Page, measured: list[dict[str, Any]]) -> None:
    shown = [each for each in measured if each["rows"]]
    print(f"letters                                  {len(measured)}, {len(shown)} with rows")
    for kind in ("row", "paint"):
        print(f"{kind:40} {summary([each[kind] for each in shown])}")


def print_first_letters(page: Page, opens: int) -> None:
    """Open the page again and again, and type a letter as soon as the names are read."""
    times = []
    for _ in range(opens):
        page.reload()
        field = page.get_by_label("Add an item")
        field.wait_for()
        page.evaluate(MEASURE)
        page.wait_for_function("() => document.querySelector('input[role=combobox]')")
        page.wait_for_timeout(1500)
        field.focus()
        page.wait_for_timeout(200)
        field.press_sequentially("m")
        page.wait_for_function("() => window.measured.length > 0")
        [first] = page.evaluate(READ)
        assert first["rows"] > 0
        times.append(first)
    for kind in ("row", "paint"):
        print(f"{'first letter, ' + kind:40} {summary([each[kind] for each in times])}")


if __name__ == "__main__":
    main()
