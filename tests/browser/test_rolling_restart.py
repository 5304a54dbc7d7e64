"""Three browsers edit one list while the processes behind Caddy are replaced or killed."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.browser.test_network import RECORD_REVERTED_TICKS
from tests.support.browser.topology import BrowserTopology
from tests.support.databases import fresh_database
from tests.support.local_topology import local_place, local_topology
from tests.support.processes import ROOT
from tests.system.test_compose_services import require_caddy

pytestmark = [
    pytest.mark.browser,
    pytest.mark.extended,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(400),
]
ARTEFACTS = ROOT / "tests" / "artefacts" / "rolling-restart"
MAX_EXIT_TIME = 10.0
RESTARTING = 4000
COMES_BACK = {1001, 1005, 1006, 1011, 1012, 1013, *range(4000, 4500)} - {4001}
"""Close codes after which a client reconnects (docs/protocol.md)."""
PROCESSES = ("app-1", "app-2", "app-3")

# Keeps the frames `bye` and the close codes of all sockets of the page, and every text of the
# badge that was painted, with the milliseconds that it stood there.
WATCH = """
globalThis.byes = [];
globalThis.closes = [];
globalThis.badges = [];
const Socket = WebSocket;
globalThis.WebSocket = class extends Socket {
  constructor(...rest) {
    super(...rest);
    this.addEventListener('close', ({ code }) => closes.push(code));
    this.addEventListener('message', ({ data }) => {
      for (const line of data.split('\\n').filter(Boolean)) {
        const frames = JSON.parse(line);
        for (const frame of [frames].flat()) if (frame.type === 'bye') byes.push(frame);
      }
    });
  }
};
const look = (now) => {
  const text = document.querySelector('[role=main] .badge')?.innerText;
  if (text && badges.at(-1)?.text !== text) badges.push({ text, since: now, until: now });
  if (text) badges.at(-1).until = now;
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


@pytest.fixture
def topology(dist, tmp_path, postgres_url, redis_url):
    """Three processes behind Caddy, with the real waiting times."""
    require_caddy()
    with fresh_database(postgres_url) as database:
        place = local_place(tmp_path, count=3, database_url=database, redis_url=redis_url)
        limits = {"TROLLEY_WRITES_PER_SECOND": "0", "TROLLEY_READS_PER_SECOND": "0"}
        with local_topology(place, time_scale=1.0, **limits) as topology:
            topology.start()
            topology.url = place.url
            yield topology


@pytest.fixture
def site(topology, tmp_path):
    return BrowserTopology(topology, data=tmp_path / "shell", url=topology.url)


@pytest.fixture
def pages(open_session, site):
    """Three pages of one list, which note what their users could see."""
    groceries = site.create_list("Milk", "Bread", "Eggs")
    opened = [open_session(username, of=site) for username in ("ana", "bob", "ana")]
    for session in opened:
        session.context.add_init_script(WATCH)
        session.open(groceries.path)
        session.wait_until_loaded()
        session.page.evaluate(RECORD_REVERTED_TICKS)
    yield groceries, opened
    if has_old_caddy():
        for session in opened:
            session.errors[:] = [
                error for error in session.errors if not re.match("502 (POST|PATCH) ", error)
            ]


@pytest.fixture
def picture(request):
    """Return a function that stores what a page shows, if TROLLEY_TEST_PICTURES is set."""
    folder = ARTEFACTS / request.node.name
    numbers = itertools.count(1)

    def store(session, text: str) -> None:
        if os.environ.get("TROLLEY_TEST_PICTURES"):
            folder.mkdir(parents=True, exist_ok=True)
            session.page.screenshot(path=folder / f"{next(numbers):03}-{text}.png")

    return store


def edit_until(done: Future[object], sessions, picture: Callable[..., None]) -> list[str]:
    """Add and tick items in each browser in turn until `done`; return the names."""
    names: list[str] = []
    shown = {}
    while not done.done() or len(names) < 30:
        for index, session in enumerate(sessions):
            names.append(f"{len(names)} by {index}")
            session.add(names[-1])
            if len(names) % 5 == 0:
                session.tick(names[-1])
            badge = words(session.main.locator(".badge").inner_text())
            if shown.setdefault(index, "Live") != badge:
                shown[index] = badge
                picture(session, f"{index}-{badge.rstrip('…')}")
    done.result()
    return names


def words(badge: str) -> str:
    """Return the text of the badge without the count of waiting edits and the next try."""
    return badge.replace("\xa0", " ").split("·")[0].split(",")[0].split("\n")[0].strip()


def expect_nothing_lost(groceries, sessions, names: list[str]) -> None:
    """Check that the server and each page have every edit once, and that nothing flickered."""
    ticked = {name for name in names if (names.index(name) + 1) % 5 == 0}
    for session in sessions:
        session.wait_until_live()
    truth = groceries.ticks
    assert truth == {**dict.fromkeys(("Milk", "Bread", "Eggs"), False)} | {
        name: name in ticked for name in names
    }
    for session in sessions:
        for name, is_ticked in truth.items():
            session.expect_item(name, ticked=is_ticked)
        assert session.ticks == truth
        assert session.page.evaluate("revertedTicks") == []
        assert session.loads == 1


def badges(session) -> list[tuple[str, float]]:
    """Return what the badge said, each with the seconds that it said so."""
    spans = itertools.groupby(session.page.evaluate("badges"), lambda span: words(span["text"]))
    texts = []
    for text, group in spans:
        parts = list(group)
        texts.append((text, round((parts[-1]["until"] - parts[0]["since"]) / 1000, 1)))
    return texts


def has_old_caddy() -> bool:
    """Tell whether Caddy answers 502 to a body whose process stopped (docs/operating.md)."""
    version = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True)
    numbers = re.findall(r"\d+", version.stdout)[:3]
    return tuple(map(int, numbers)) < (2, 11, 2)


def test_rolling_restart_shows_nothing_but_a_short_connecting(topology, pages, picture):
    """SCL-5: C6."""
    groceries, sessions = pages
    picture(sessions[0], "before")
    for session in sessions:
        session.page.evaluate("badges.length = 0")
    exit_times = {}

    def replace_all() -> None:
        for name in PROCESSES:
            exit_times[name] = topology.stop_app(name)
            topology.start_app(name)

    with ThreadPoolExecutor(1) as pool:
        names = edit_until(pool.submit(replace_all), sessions, picture)
    expect_nothing_lost(groceries, sessions, names)
    picture(sessions[0], "after")
    assert max(exit_times.values()) <= MAX_EXIT_TIME, exit_times
    moved = 0
    for session in sessions:
        codes, byes = session.page.evaluate("closes"), session.page.evaluate("byes")
        # Each close was announced, says that the server comes back, and when.
        assert set(codes) <= {RESTARTING}
        assert [bye["code"] for bye in byes] == codes
        assert all(bye["retry_in"] > 0 for bye in byes)
        moved += len(codes)
        assert {text for text, _ in badges(session)} == {"Live", "Connecting…"}
    assert moved >= len(sessions)  # each socket was on some process, and all were replaced
    shown = [badges(session) for session in sessions]
    print({"edits": len(names), "exit": exit_times, "moved": moved, "badges": shown})


def test_kill_of_one_process_loses_nothing(topology, pages, picture):
    """SCL-5: kill -9, after which nobody says anything to the browsers."""
    groceries, sessions = pages

    def kill_all() -> None:
        for name in PROCESSES:
            topology.stop_app(name, signal.SIGKILL)
            topology.start_app(name)

    with ThreadPoolExecutor(1) as pool:
        names = edit_until(pool.submit(kill_all), sessions, picture)
    expect_nothing_lost(groceries, sessions, names)
    codes = [code for session in sessions for code in session.page.evaluate("closes")]
    assert len(codes) >= len(sessions)
    assert set(codes) <= COMES_BACK
