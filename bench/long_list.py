"""W2: how fast a long list is in the browser: `python -m bench.long_list [--items 10000]`.

It starts a server on SQLite with one list, opens it in Chromium (TROLLEY_CHROMIUM, or `chromium` of
the PATH), and prints how long it takes until the list is shown, and what a tick, the tick of
another user, a key in the field and an added item cost. `--slow 4` slows the processor of the page
down four times. `--aisles 30` groups the items, and `--shop` with it shows those of one shop, in
the order of this shop.

- work: from the event until scripts and layout are done. It is what delays the next frame.
- paint: from the event until the frame with the result is drawn. The browser draws 60 frames a
  second, so it contains up to 17 ms of waiting.
- thread: what the main thread does in all, until the edit is saved and confirmed.
"""

from __future__ import annotations

import argparse
import json
import time
from statistics import median
from typing import Any

from playwright.sync_api import CDPSession, Page

from bench.page import (
    FOLLOW_FRAMES,
    READ_FRAMES,
    RestClient,
    heap_megabytes,
    metrics,
    running_browser,
    running_server,
    sign_in,
)

CREATE_LIST = """
from shopping_list.models import Membership, ShoppingItem, ShoppingList
aisle_count = {aisles}
aisles = [f"Aisle {{number}}" for number in range(aisle_count)]
groceries = ShoppingList.objects.create(
    name="Groceries", created_by=user, aisles=aisles, shops={{"Market": {{"aisles": aisles[::-1]}}}}
)
Membership.objects.create(shopping_list=groceries, user=user, role="owner")
ShoppingItem.objects.bulk_create(
    ShoppingItem(
        shopping_list=groceries,
        name=f"Thing {{number}}",
        quantity="2 kg" if number % 3 == 0 else "",
        note="the one with the blue cap" if number % 5 == 0 else "",
        purchased=number % 10 == 9,
        category=aisles[number % aisle_count] if aisles else "",
        shops=["Market"] if aisles and number % 4 == 0 else [],
        created_by=user,
    )
    for number in range({count})
)
"""
ROW_HEIGHT = 40
"""Pixels that the lowest row has at least, to see that the whole list is there."""

MEASURE = """() => {
  window.measured = [];
  const onEvent = () => {
    const start = performance.now();
    // Svelte renders in a microtask, so a message arrives after it.
    const rendered = new MessageChannel();
    rendered.port1.onmessage = () => {
      void document.body.offsetHeight;
      const work = performance.now() - start;
      requestAnimationFrame(() => {
        const drawn = new MessageChannel();
        drawn.port1.onmessage = () => {
          window.measured.push({ work, paint: performance.now() - start });
        };
        drawn.port2.postMessage(null);
      });
    };
    rendered.port2.postMessage(null);
  };
  for (const type of ['click', 'beforeinput', 'submit'])
    document.addEventListener(type, onEvent, { capture: true });
}"""
READ = "() => window.measured.splice(0)"
SCROLL = """async () => {
  const scrolled = document.querySelector('[data-item]').closest('.content');
  const end = performance.now() + 3000;
  const times = [];
  for (let time = performance.now(); time < end;) {
    scrolled.scrollTop += 120;
    if (scrolled.scrollTop + scrolled.clientHeight >= scrolled.scrollHeight - 1)
      scrolled.scrollTop = 0;
    time = await new Promise(requestAnimationFrame);
    times.push(time);
  }
  scrolled.scrollTop = 0;
  const gaps = times.slice(1).map((time, index) => time - times[index]);
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  return { frames: 1000 * gaps.length / total, worst: Math.max(...gaps) };
}"""
FIRST_OPEN_IDS = """[...document.querySelectorAll('[data-item]')]
  .filter((row) => row.querySelector('input[type=checkbox]:not(:checked)'))
  .slice(0, 5).map((row) => row.dataset.item)"""
OPENED = """(height) => new Promise((resolve) => {
  const check = () => {
    const scrolled = document.querySelector('[data-item]')?.closest('.content');
    const isShown = scrolled && scrolled.scrollHeight >= height;
    if (isShown) resolve(performance.now());
    else requestAnimationFrame(check);
  };
  check();
})"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8341)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--aisles", type=int, default=0, help="group the items into aisles")
    parser.add_argument("--shop", action="store_true", help="show one shop of a list with aisles")
    parser.add_argument("--slow", type=float, default=1, help="how many times slower the page is")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", action="store_true", help="print figures as JSON at the end")
    options = parser.parse_args()
    setup = CREATE_LIST.format(count=options.items, aisles=options.aisles)
    with running_server(options.port, setup) as token, running_browser() as browser:
        page = browser.new_page(
            base_url=f"http://127.0.0.1:{options.port}", viewport={"width": 390, "height": 844}
        )
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.enable")
        sign_in(page)
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": options.slow})
        client = RestClient(options.port, token)
        figures = run(page, cdp, client, options)
    if options.json:
        print(json.dumps(figures))


def run(
    page: Page, cdp: CDPSession, client: RestClient, options: argparse.Namespace
) -> dict[str, float]:
    """Measure one list, and print a line for each figure. Return the most important ones."""
    list_id = client.send("GET", "shopping-lists/")["results"][0]["id"]
    items = f"shopping-lists/{list_id}/shopping-items/"
    open_count = options.items - options.items // 10
    if options.shop:
        page.goto(f"/lists/{list_id}")
        page.get_by_role("main").get_by_role("button", name="Market").click()
    opened = []
    for _ in range(5):
        page.goto(f"/lists/{list_id}")
        opened.append(page.evaluate(OPENED, open_count * ROW_HEIGHT))
        page.get_by_role("main").get_by_text("Live", exact=True).wait_for()
    print(f"open                {median(opened):.0f} ms (worst {max(opened):.0f})")
    page.wait_for_timeout(2000)
    elements = page.evaluate("document.getElementsByTagName('*').length")
    memory = heap_megabytes(cdp)
    print(f"elements            {elements}")
    print(f"heap                {memory:.1f} MB")
    page.evaluate(MEASURE)
    page.evaluate(FOLLOW_FRAMES)
    own = print_steps(page, cdp, "own tick", options.rounds, tick_first_row)
    remote = print_remote_ticks(page, cdp, client, items, options.rounds)
    page.get_by_label("Add an item").focus()
    print_steps(
        page, cdp, "key in the field", options.rounds, lambda page: page.keyboard.press("a")
    )
    page.get_by_label("Add an item").fill("")
    print_steps(page, cdp, "added item", options.rounds // 3, add_item)
    scrolled = page.evaluate(SCROLL)
    print(
        f"scroll              {scrolled['frames']:.0f} frames/s, worst {scrolled['worst']:.0f} ms"
    )
    longest = max(page.evaluate(READ_FRAMES)["tasks"], default=0)
    print(f"longest task        {longest:.0f} ms (0: none of 50 ms or more)")
    return {
        "open_ms": median(opened),
        "own_tick_work_p50_ms": median(own["work"]),
        "own_tick_work_p95_ms": p95(own["work"]),
        "own_tick_paint_p50_ms": median(own["paint"]),
        "remote_edit_paint_p50_ms": median(remote),
        "scroll_frames_per_second": scrolled["frames"],
        "elements": elements,
        "memory_mb": memory,
    }


def tick_first_row(page: Page) -> None:
    page.evaluate(
        "document.querySelector('[data-item] input[type=checkbox]:not(:checked)').click()"
    )


def add_item(page: Page) -> None:
    page.get_by_label("Add an item").fill(f"New {time.monotonic_ns()}")
    page.evaluate(READ)
    page.keyboard.press("Enter")


def print_steps(
    page: Page, cdp: CDPSession, name: str, rounds: int, step: Any
) -> dict[str, list[float]]:
    """Repeat a step, and print and return its times in ms, by kind."""
    measured = []
    page.evaluate(READ)
    before = metrics(cdp)["TaskDuration"]
    for _ in range(rounds):
        step(page)
        page.wait_for_function("() => window.measured.length > 0")
        measured.append(page.evaluate(READ)[0])
        page.wait_for_timeout(200)
    page.wait_for_timeout(3000)
    thread = (metrics(cdp)["TaskDuration"] - before) * 1000 / rounds
    times = {kind: [each[kind] for each in measured] for kind in ("work", "paint")}
    for kind, each in times.items():
        print(f"{name + ', ' + kind:19} {summary(each)}")
    print(f"{name + ', thread':19} {thread:.0f} ms")
    return times


def print_remote_ticks(
    page: Page, cdp: CDPSession, client: RestClient, items: str, rounds: int
) -> list[float]:
    """Tick items over REST; print and return the ms until the page has drawn each of them."""
    ids = page.evaluate(FIRST_OPEN_IDS)
    before = metrics(cdp)["TaskDuration"]
    times = []
    for number in range(rounds):
        page.evaluate(
            """(text) => { window.seen = new Promise((resolve) => {
              const check = () => {
                const isShown = [...document.querySelectorAll('.quantity')].some(
                  (each) => each.textContent === text);
                requestAnimationFrame(isShown ? () => resolve(Date.now()) : check);
              };
              check();
            }); }""",
            f"{number} kg",
        )
        started = time.time()
        client.send("PATCH", f"{items}{ids[number % 5]}/", {"quantity": f"{number} kg"})
        times.append(page.evaluate("window.seen") - started * 1000)
    page.wait_for_timeout(1000)
    thread = (metrics(cdp)["TaskDuration"] - before) * 1000 / rounds
    print(f"{'remote edit, paint':19} {summary(times)}")
    print(f"{'remote edit, thread':19} {thread:.0f} ms")
    return times


def summary(times: list[float]) -> str:
    """Return the median, the 95th percentile and the worst of some milliseconds."""
    return f"p50 {median(times):.1f} ms, p95 {p95(times):.1f}, worst {max(times):.1f}"


def p95(times: list[float]) -> float:
    """Return the 95th percentile."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


if __name__ == "__main__":
    main()
