"""W3: from a click to the paint on other screens: `python -m bench.screens [--screens 5]`.

It starts a server on SQLite, and opens one list in several browser contexts of Chromium
(TROLLEY_CHROMIUM, or `chromium` of the PATH), each as the phone of the same user. Item by item is
ticked on the first screen with a click. It prints how long it takes until the tick is painted on
the screen itself, on each of the others, and on the last of the others.

The time begins with the event of the click and ends after the frame with the tick is drawn. All
screens are pages of one browser on one machine, so one clock measures them, and they share its
processors: on a machine of two cores, five screens and the server take turns.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from statistics import median

from playwright.sync_api import Page

from bench.page import running_browser, running_server, sign_in

CREATE_LIST = """
from shopping_list.models import Membership, ShoppingItem, ShoppingList
groceries = ShoppingList.objects.create(name="Groceries", created_by=user)
Membership.objects.create(shopping_list=groceries, user=user, role="owner")
ShoppingItem.objects.bulk_create(
    ShoppingItem(shopping_list=groceries, name=f"Thing {{number}}", created_by=user)
    for number in range({count})
)
"""
PAUSE = 700
"""Milliseconds between two ticks, about as fast as a person ticks."""
WATCH = """(name) => { window.painted = new Promise((resolve) => {
  const row = `[role=main] input[aria-label="${name}"]`;
  const check = () => {
    // The row may be in the cart by now, as another element.
    if (!document.querySelector(row)?.checked) {
      requestAnimationFrame(check);
      return;
    }
    // The frame with the tick is drawn after this callback, and before the message arrives.
    const drawn = new MessageChannel();
    drawn.port1.onmessage = () => resolve(performance.timeOrigin + performance.now());
    drawn.port2.postMessage(null);
  };
  requestAnimationFrame(check);
}); }"""
CLICK = """(name) => {
  const box = document.querySelector(`[role=main] input[aria-label="${name}"]`);
  const start = performance.timeOrigin + performance.now();
  box.click();
  return start;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8342)
    parser.add_argument("--screens", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    setup = CREATE_LIST.format(count=options.rounds)
    with (
        running_server(options.port, setup),
        running_browser() as browser,
        ExitStack() as stack,
    ):
        address = f"http://127.0.0.1:{options.port}"
        pages: list[Page] = []
        state = None
        for _ in range(options.screens):
            context = browser.new_context(
                base_url=address, viewport={"width": 390, "height": 844}, storage_state=state
            )
            stack.callback(context.close)
            page = context.new_page()
            if state is None:
                sign_in(page)
                state = context.storage_state()
            else:
                page.goto("/")
            page.get_by_role("link", name="Groceries").first.click()
            page.get_by_role("main").get_by_text("Live", exact=True).wait_for()
            pages.append(page)
        run(pages, options.rounds)


def run(pages: list[Page], rounds: int) -> None:
    """Tick one item after the other on the first page, and print the times."""
    own: list[float] = []
    others: list[float] = []
    last: list[float] = []
    pages[0].wait_for_timeout(2000)
    for number in range(rounds):
        name = f"Thing {number}"
        for page in pages:
            page.evaluate(WATCH, name)
        start = pages[0].evaluate(CLICK, name)
        times = [page.evaluate("window.painted") - start for page in pages]
        own.append(times[0])
        others.extend(times[1:])
        last.append(max(times[1:]))
        pages[0].wait_for_timeout(PAUSE)
    print(f"own screen          {summary(own)}")
    print(f"other screens       {summary(others)}")
    print(f"the last of them    {summary(last)}")


def summary(times: list[float]) -> str:
    """Return percentiles of some milliseconds."""
    ordered = sorted(times)

    def percentile(share: float) -> float:
        return ordered[round(share * (len(ordered) - 1))]

    return (
        f"p50 {median(ordered):.0f} ms, p95 {percentile(0.95):.0f}, "
        f"p99 {percentile(0.99):.0f}, worst {ordered[-1]:.0f}"
    )


if __name__ == "__main__":
    main()
