"""The first line, the charts and the people of the dashboard, in all their states."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.test_dashboard import HIDE, tile
from tests.support.browser.installation import BrowserInstallation
from tests.support.installation import Installation
from tests.support.processes import RedisServer

pytestmark = pytest.mark.browser

NEXT_FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
SHOW = """() => {
  delete document.hidden;
  delete document.visibilityState;
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def verdict(page: Page):
    """Find the first line."""
    return page.locator("header .verdict")


def box(page: Page, chart: str) -> dict[str, str]:
    """Return what the value box of a chart says."""
    value_box = page.get_by_role("group", name=f"Chart: {chart}").locator(".box")
    expect(value_box).to_be_visible()
    names = [name.strip() for name in value_box.locator("dt").all_inner_texts()]
    values = value_box.locator("dd").all_inner_texts()
    return {"time": value_box.locator("b").inner_text(), **dict(zip(names, values, strict=True))}


class Frames:
    """The samples that a page receives, in their order."""

    def __init__(self, page: Page) -> None:
        self.samples: list[dict[str, Any]] = []
        self._page, self._has_window = page, False
        page.on("websocket", self._follow)

    def _follow(self, socket: WebSocket) -> None:
        self._socket = socket
        socket.on("framereceived", self._receive)

    def edits_at_rest(self) -> int:
        """Wait until two samples have the same number of edits, and return it."""
        while len(self.samples) < 2 or self.samples[-1]["changes"] != self.samples[-2]["changes"]:
            self._socket.wait_for_event("framereceived")
        return int(self.samples[-1]["changes"])

    def wait_for_window(self) -> None:
        """Wait until the stored points of the window are drawn: they follow the first sample."""
        while not self._has_window:
            self._socket.wait_for_event("framereceived")
        self._page.evaluate(NEXT_FRAME)

    def _receive(self, message: str | bytes) -> None:
        assert isinstance(message, str)
        for frame in map(json.loads, message.split("\n")):
            self._has_window |= frame["type"] == "window"
            if frame["type"] == "sample":
                self.samples.append(frame)
            elif history := frame.get("history"):
                rows = zip(*history.values(), strict=True)
                self.samples += [dict(zip(history, row, strict=True)) for row in rows]

    def counts(self, at: str, page: Page) -> list[dict[str, int]]:
        """Return the counts of the seconds that the page shows as `at`."""
        local = """times => times.map(time => new Date(time).toLocaleTimeString('en-GB'))"""
        shown = page.evaluate(local, [sample["at"] for sample in self.samples])
        return [
            {
                "started": after["started"] - before["started"],
                "finished": after["finished"] - before["finished"],
                "in flight": after["in_flight"],
                "edits": after["changes"] - before["changes"],
            }
            for before, after, text in zip(self.samples, self.samples[1:], shown[1:], strict=False)
            if text == at
        ]


def test_crosshair_shows_the_counts_of_the_frames(open_session, groceries):
    """DSH-1: one crosshair for all charts, by keyboard and by pointer."""
    page = open_session("ana").page
    frames = Frames(page)
    page.goto("/dashboard/")
    expect(page.get_by_role("group", name="Chart: Requests")).to_be_visible()
    before = frames.edits_at_rest()
    for number in range(12):
        groceries.add(f"Thing {number}")
    expect(tile(page, "Edits")).to_contain_text(f"{before + 12} since ")
    page.keyboard.press(" ")

    def edits_at_crosshair() -> int:
        """Compare the boxes with the frames of that second, and return the edits."""
        shown, shown_edits = box(page, "Requests"), box(page, "Edits")
        assert shown["time"] == shown_edits["time"]
        figures = {name: int(shown[name]) for name in ("started", "finished", "in flight")}
        figures["edits"] = int(shown_edits["edits"])
        assert figures in frames.counts(shown["time"], page)
        return figures["edits"]

    edits = 0
    while edits < 12:
        page.keyboard.press("ArrowLeft")
        edits += edits_at_crosshair()

    chart = page.get_by_role("group", name="Chart: Answers by class")
    chart.hover(position={"x": 50, "y": 80})
    assert box(page, "Requests")["time"] == box(page, "Edits")["time"]
    page.mouse.move(5, 5)
    expect(page.locator(".box")).to_have_count(0)


def test_tables_have_the_same_figures_as_the_charts(open_session, groceries):
    """DSH-1"""
    page = open_session("ana").page
    frames = Frames(page)
    page.goto("/dashboard/")
    expect(tile(page, "Edits")).to_be_visible()
    before = frames.edits_at_rest()
    groceries.add("Bananas")
    expect(tile(page, "Edits")).to_contain_text(f"{before + 1} since ")
    page.keyboard.press("t")
    table = page.get_by_role("region", name="Table: Edits")
    expect(table).to_be_visible()
    page.keyboard.press(" ")
    rows = table.locator("tbody tr").filter(has=page.locator("td", has_text=re.compile("^[1-9]")))
    time, edits = rows.first.locator("th, td").all_inner_texts()[:2]
    assert int(edits) in [counts["edits"] for counts in frames.counts(time, page)]
    page.get_by_role("button", name="Table").last.click()  # only one chart as a picture
    expect(page.get_by_role("group", name="Chart: Edit to screen")).to_be_visible()
    expect(table).to_be_visible()


def test_keys_and_links_open_sections(open_session):
    """DSH-2"""
    page = open_session("ana").page
    page.goto("/dashboard/")
    expect(verdict(page)).to_contain_text("All well.")
    page.keyboard.press("3")
    expect(page).to_have_url(re.compile("/dashboard/signals/$"))
    expect(page.get_by_role("heading", name="The way of an edit")).to_be_visible()
    page.keyboard.press("1")
    expect(page).to_have_url(re.compile("/dashboard/$"))
    tile(page, "Edits").get_by_role("link").click()
    expect(page).to_have_url(re.compile("/dashboard/signals/$"))
    page.get_by_label("Sender", exact=True).focus()
    page.keyboard.press("1")  # a field keeps its keys
    expect(page).to_have_url(re.compile("/dashboard/signals/$"))
    page.keyboard.press("Tab")
    page.keyboard.press("?")
    help_dialog = page.get_by_role("dialog", name="Keys of the dashboard")
    expect(help_dialog).to_be_visible()
    expect(help_dialog).to_contain_text("open Signals")
    expect(help_dialog).not_to_contain_text("open Machine")  # for staff only
    page.keyboard.press("Escape")
    expect(help_dialog).to_have_count(0)
    # The button that closes it is in sight, also where the keys need more than the screen.
    page.set_viewport_size({"width": 390, "height": 400})
    page.keyboard.press("?")
    close = help_dialog.get_by_role("button", name="Close")
    expect(close).to_be_focused()
    expect(close).to_be_in_viewport(ratio=1)
    close.click()
    expect(help_dialog).to_have_count(0)


def test_pause_freezes_the_figures_and_not_the_first_line(open_session, groceries):
    """DSH-3"""
    page = open_session("ana").page
    frames = Frames(page)
    page.goto("/dashboard/")
    summary = page.get_by_text(re.compile("In total"))
    expect(summary).to_be_visible()
    frames.wait_for_window()
    page.keyboard.press(" ")
    expect(page.get_by_text("Paused at")).to_be_visible()
    before = summary.inner_text()
    groceries.add("Paused apples")
    expect(page.get_by_text(re.compile("[1-9] new"))).to_be_visible()
    feed = page.get_by_label("Activity, newest first")
    expect(feed.get_by_text("Paused apples")).to_have_count(0)
    assert summary.inner_text() == before
    expect(page.locator("header .badge")).to_contain_text("Live")
    page.get_by_role("button", name="Resume").click()
    expect(feed).to_contain_text("added Paused apples")
    expect(summary).not_to_have_text(before)


def test_hidden_page_draws_nothing_and_catches_up(open_session, groceries):
    """DSH-3"""
    page = open_session("ana").page
    frames = Frames(page)
    page.goto("/dashboard/")
    summary = page.get_by_text(re.compile("In total"))
    expect(summary).to_be_visible()
    frames.wait_for_window()
    page.evaluate(HIDE)
    before = summary.inner_text()
    groceries.add("Hidden apples")
    expect(page.get_by_label("Activity, newest first")).to_contain_text("Hidden apples")
    assert summary.inner_text() == before
    page.evaluate(SHOW)
    expect(summary).not_to_have_text(before)


def test_people_on_my_lists_are_shown_while_they_are_there(open_session, groceries):
    """DSH-4"""
    ana, bob = open_session("ana"), open_session("bob")
    ana.page.goto("/dashboard/")
    panel = ana.page.get_by_role("region", name="Who is here now")
    expect(panel).to_contain_text("Nobody has one of your lists open.")
    bob.open(groceries.path)
    people = panel.get_by_role("list", name="People on my lists").get_by_role("listitem")
    expect(people).to_have_count(1)
    expect(people).to_contain_text(re.compile(r"bob\s+● Groceries \w+ · looking"))
    bob.page.goto("/")
    expect(panel).to_contain_text("1 more is connected, with none of your lists open.")
    expect(people).to_have_count(0)


def test_activity_is_filtered_by_person_and_list(open_session, groceries, installation):
    """DSH-4"""
    page = open_session("ana").page
    other = installation.create_list("Screws")
    other.rename("Hardware")
    page.goto("/dashboard/")
    entries = page.get_by_label("Activity, newest first").get_by_role("listitem")
    expect(entries.filter(has_text="Hardware")).not_to_have_count(0)
    page.get_by_label("List", exact=True).select_option("Hardware")
    expect(entries.filter(has_not_text="Hardware")).to_have_count(0)
    page.get_by_label("List", exact=True).select_option("all lists")
    page.get_by_label("Person").select_option("ana")
    expect(entries.filter(has_not_text="ana")).to_have_count(0)
    expect(entries).not_to_have_count(0)


def test_silent_server_makes_the_figures_old(open_session, installation):
    """DSH-5: amber after 5 seconds, grey after 15, and the last figures stay."""
    page = open_session("ana").page
    page.clock.install()
    page.goto("/dashboard/")
    expect(verdict(page)).to_contain_text("All well.")
    badge, main = page.locator("header .badge"), page.get_by_role("main")
    expect(badge).to_have_class(re.compile("good"))
    screens = tile(page, "Everybody up to date")
    expect(screens).to_be_visible()
    processes = installation.processes
    for process in processes:
        process.suspend()
    try:
        page.clock.fast_forward(6_000)
        expect(badge).to_have_class(re.compile("warning"))
        expect(badge).to_contain_text("Late")
        expect(main).not_to_have_class(re.compile("stale"))
        page.clock.fast_forward(10_000)
        expect(badge).to_contain_text("Silent")
        expect(badge).to_have_class(re.compile("neutral"))
        expect(main).to_have_class(re.compile("stale"))
        expect(verdict(page)).to_contain_text(
            re.compile(r"Last heard \d+\ss ago\. The figures below are from \d\d:\d\d:\d\d\.")
        )
        expect(screens).to_contain_text("No screen")
    finally:
        for process in processes:
            process.resume()
    expect(verdict(page)).to_contain_text("All well.")
    expect(main).not_to_have_class(re.compile("stale"))


def test_disconnected_page_looks_different_from_a_quiet_server(open_session, installation):
    """DSH-5"""
    page = open_session("ana").page
    page.goto("/dashboard/")
    expect(verdict(page)).to_contain_text("All well.")
    expect(page.locator("header .badge")).to_contain_text("Live")
    installation.kill()
    try:
        expect(page.locator("header .badge")).to_contain_text("Reconnecting…")
        expect(verdict(page)).to_contain_text("This page is not connected.")
        expect(tile(page, "Everybody up to date")).to_contain_text("No screen")
    finally:
        installation.ensure_running()
    expect(page.locator("header .badge")).to_contain_text("Live")
    expect(verdict(page)).to_contain_text("All well.")


class RedisInstallation(BrowserInstallation):
    """An installation whose processes would be connected by a Redis."""

    def __init__(self, data, redis: RedisServer) -> None:
        Installation.__init__(self, data, server="uvicorn", layer="redis-pubsub", redis=redis)
        self._storage_states = {}


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    redis = RedisServer()
    yield redis
    redis.kill()


def test_first_line_says_that_redis_is_down_and_since_when(open_session, redis, tmp_path, sessions):
    """DSH-6"""
    installation = RedisInstallation(tmp_path / "data", redis)
    try:
        page = open_session("ana", of=installation).page
        page.goto("/dashboard/")
        expect(verdict(page)).to_contain_text("All well.")
        redis.kill()
        expect(verdict(page)).to_contain_text(
            re.compile(
                r"Redis does not answer since \d\d:\d\d\. "
                r"Edits are saved; screens catch up every 2 s\."
            )
        )
        expect(verdict(page)).to_have_class(re.compile("warning"))
        attention = page.get_by_role("region", name="Needs attention")
        expect(attention).to_contain_text(re.compile(r"since \d\d:\d\d:\d\d"))
        expect(page.locator("header .parts .broken")).to_contain_text("Channel layer")
        since = re.search(r"since (\d\d:\d\d:\d\d)", attention.inner_text())
        assert since is not None
        datetime.strptime(since[1], "%H:%M:%S")  # noqa: DTZ007  (a time of day)
        redis.start()
        expect(verdict(page)).to_contain_text("All well.")
        page.get_by_text("Ended in the last hour: 1").click()
        over = page.get_by_role("list", name="Ended in the last hour")
        expect(over).to_contain_text(since[1])
        expect(over).to_contain_text("Redis does not answer.")
        sessions.pop().close()
    finally:
        installation.close()


def test_finger_moves_the_crosshair_and_the_values_stay(open_session):
    """DSH-1"""
    page = open_session("ana", has_touch=True, viewport={"width": 390, "height": 844}).page
    page.goto("/dashboard/")
    expect(tile(page, "Response time")).to_be_visible()
    chart = page.get_by_role("group", name="Chart: Response time")
    chart.tap(position={"x": 320, "y": 60})
    assert {"time", "p50", "p95", "p99"} <= box(page, "Response time").keys()
    assert "time" in box(page, "Edits")
