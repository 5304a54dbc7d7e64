"""No total falls and no point of a window is lost when processes are killed and start again.

Real processes: one with SQLite, and two with PostgreSQL and Redis. Clients read what is shown
the whole time, so a total that falls for a moment is noticed.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import ConnectionClosed

from tests.support.cluster import Cluster
from tests.support.databases import fresh_database
from tests.support.installation import Installation
from tests.support.processes import SSL_CONTEXT, TIMEOUT, ServerProcess
from tests.support.websocket_client import Frame, WebSocketClient

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
TOTALS = ("started", "finished", "changes", "delivered")
LIST = "/api/shopping-lists/<id:list_id>/"
ITEM = f"{LIST}shopping-items/<id:item_id>/"
EDITS = 5
EXPECTED = {
    "changes": EDITS,
    "delivered": EDITS,
    "started": EDITS + 2,
    "finished": EDITS + 2,
    "4xx": 1,
}
"""What `edit_and_read` adds to the totals, with one open screen."""


@pytest.fixture(params=["sqlite", pytest.param("cluster", marks=pytest.mark.extended)])
def installation(request, tmp_path) -> Iterator[Installation]:
    """One process with SQLite, or two with PostgreSQL and Redis."""
    data = tmp_path / "data"
    if request.param == "sqlite":
        installation = Installation(data, server="uvicorn", layer="memory", redis=None)
        yield installation
        installation.close()
        return
    postgres_url = request.getfixturevalue("postgres_url")
    with fresh_database(postgres_url) as database, Cluster(data, database=database) as cluster:
        yield cluster


def totals_of(sample: Frame) -> dict[str, int]:
    """Return all totals of a frame `sample`."""
    return {**{name: sample[name] for name in TOTALS}, **sample["status"]}


def route_totals(row: dict[str, Any]) -> dict[str, int]:
    """Return the totals of a row of `ops:routes`, each under a name of its own."""
    name, total = f"{row['method']} {row['route']}", row["total"]
    counts = {**total["statuses"], **dict(enumerate(total["histogram"]))}
    counts |= {key: total[key] for key in ("requests", "aborted", "errors", "queries", "time_ms")}
    return {f"{name} {key}": count for key, count in counts.items()}


class Watcher:
    """Reads what the dashboard shows, and connects again whenever the server is killed."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._is_over = threading.Event()
        self.shown: list[dict[str, int]] = []
        self.sends: list[dict[str, int]] = []
        self.routes: list[dict[str, int]] = []
        self.since: set[str] = set()
        self.connections = self.processes = 0

    def watch(self) -> None:
        """Read until `stop`."""
        while not self._is_over.is_set():
            try:
                self._read()
            except (ConnectionClosed, OSError, TimeoutError):
                time.sleep(0.05)

    def stop(self) -> None:
        """End `watch`."""
        self._is_over.set()

    def _read(self) -> None:
        server = self._installation.first_server
        with WebSocketClient(server.url, self._installation.fixtures["ana"]) as client:
            for topic in ("requests", "signals", "ops:routes"):
                client.send(type="subscribe", topic=topic)
            self.connections += 1
            self._has_routes = False
            while not self._is_over.is_set():
                self._take(client.next())

    def _take(self, frame: Frame) -> None:
        if frame["type"] == "sample":
            self.shown.append(totals_of(frame))
            self.processes = frame["processes"]
            self.since.add(frame["since"])
        elif frame["type"] == "signals":
            rows = {f"{row['signal']} {row['sender']}": row["sends"] for row in frame["rows"]}
            self.sends.append(rows)
        elif frame["type"] == "routes":
            self._take_routes(frame)

    def _take_routes(self, frame: Frame) -> None:
        """Put the rows of a frame in the place of those before; the first frame must have all."""
        self._has_routes |= frame["is_complete"]
        if self._has_routes:
            rows = {} if frame["is_complete"] else dict(self.routes[-1])
            for row in frame["rows"]:
                rows |= route_totals(row)
            self.routes.append(rows)

    def has_shown(self, name: str, count: int) -> Callable[[], bool]:
        """Return whether the newest total is at least `count`."""
        return lambda: bool(self.shown) and self.shown[-1][name] >= count


@contextmanager
def watching(installation: Installation) -> Iterator[Watcher]:
    watcher = Watcher(installation)
    thread = threading.Thread(target=watcher.watch)
    thread.start()
    try:
        yield watcher
    finally:
        watcher.stop()
        thread.join(TIMEOUT)


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def falls(states: Sequence[Mapping[str, float]]) -> list[tuple[str, float, float]]:
    """Return each number that is lower than the one that was shown before it."""
    return [
        (name, before[name], after.get(name, 0))
        for before, after in pairwise(states)
        for name in before
        if after.get(name, 0) < before[name]
    ]


def kill_all(server: ServerProcess, installation: Installation) -> None:
    """Kill the workers and their supervisor: nobody stores anything on the way out."""
    workers = installation.workers if isinstance(installation, Cluster) else []
    server.process.send_signal(signal.SIGSTOP)
    for worker in workers:
        worker.kill()
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(TIMEOUT)


def totals_of_metrics(installation: Installation) -> dict[str, float]:
    """Return all totals that `/metrics` has; the first sample may still be missing."""
    url, headers = f"{installation.first_server.url}/metrics", {"Host": "localhost"}
    deadline = time.monotonic() + TIMEOUT
    while True:
        response = httpx.get(url, headers=headers, verify=SSL_CONTEXT)
        if response.status_code == httpx.codes.OK:
            break
        assert time.monotonic() < deadline, response.text
        time.sleep(0.02)
    totals = {
        f"{each.name} {sorted(each.labels.items())}": each.value
        for family in text_string_to_metric_families(response.text)
        if family.type in {"counter", "histogram"} and family.name.startswith("trolley_")
        for each in family.samples
    }
    assert len(totals) > 30
    return totals


def window(installation: Installation, length: str) -> dict[str, Any]:
    with WebSocketClient(installation.first_server.url, installation.fixtures["ana"]) as client:
        client.send(type="subscribe", topic=f"requests:{length}")
        return client.until("window")


def edit_and_read(installation: Installation, turn: int) -> None:
    for number in range(EDITS):
        installation.edit(f"turn {turn}, edit {number}")
    with installation.api() as api:
        assert api.get(f"shopping-lists/{installation.list_id}/").status_code == 200
        assert api.get("shopping-lists/nothing/").status_code == httpx.codes.NOT_FOUND


def test_nothing_that_was_shown_falls_when_all_processes_are_killed(installation):
    """MET-21, MET-22, MET-24, MET-47, MET-5"""
    installation.shell("from accounts.models import User;User.objects.update(is_staff=True)")
    server = installation.first_server
    processes = 2 if isinstance(installation, Cluster) else 1
    turns = 3
    with watching(installation) as watcher:
        for turn in range(turns):
            # A process that is killed before it has stored anything leaves no mark.
            wait_until(lambda turn=turn: marks_of(installation, "start") == processes * (turn + 1))
            with installation.subscribe():
                edit_and_read(installation, turn)
                # What is not shown yet may be lost with the processes.
                for name, count in EXPECTED.items():
                    wait_until(watcher.has_shown(name, (turn + 1) * count))
            # A process that has not started yet leaves no mark.
            wait_until(lambda: watcher.processes == processes)
            scraped = totals_of_metrics(installation)
            kill_all(server, installation)
            shown = len(watcher.shown)
            server.restart()
            wait_until(lambda shown=shown: len(watcher.shown) > shown)
            assert falls([scraped, totals_of_metrics(installation)]) == []
        assert watcher.connections > turns
        wait_until(lambda: watcher.sends)
    assert falls(watcher.shown) == []
    assert falls(watcher.sends) == []
    assert falls(watcher.routes) == []
    assert watcher.routes[-1][f"PATCH {ITEM} 200"] == turns * EDITS
    assert watcher.routes[-1][f"GET {LIST} 200"] == turns
    assert len(watcher.since) == 1
    last = watcher.shown[-1]
    assert {name: last[name] for name in EXPECTED if last[name] < turns * EXPECTED[name]} == {}
    assert watcher.sends[-1]["post_save Activity"] == last["changes"]

    for length in ("5m", "1h", "24h", "7d"):
        reading = window(installation, length)
        counts = reading["totals"]["counts"]
        assert sum(reading["columns"]["started"]) == counts["started"] >= last["started"]
        assert sum(reading["columns"]["changes"]) == counts["changes"] == last["changes"]
        assert reading["totals"]["latency_ms"]["p95"] is not None
    wait_until(lambda: marks_of(installation, "start") == processes * (turns + 1))
    wait_until(lambda: marks_of(installation, "fault") == processes * turns)


def marks(installation: Installation) -> list[dict[str, Any]]:
    return list(window(installation, "1h")["marks"])


def marks_of(installation: Installation, kind: str) -> int:
    return sum(mark["kind"] == kind for mark in marks(installation))


def test_stopped_process_leaves_a_mark_and_its_totals(installation):
    """MET-21, MET-24"""
    edit_and_read(installation, 1)
    server = installation.first_server
    assert server.stop() == 0
    server.restart()
    with watching(installation) as watcher:
        wait_until(lambda: watcher.shown)
        assert watcher.shown[0]["changes"] == EDITS
    processes = 2 if isinstance(installation, Cluster) else 1
    expected = ["start"] * processes + ["stop"] * processes + ["start"] * processes
    wait_until(lambda: [mark["kind"] for mark in marks(installation)] == expected)


def test_worker_that_is_killed_alone_keeps_its_totals(tmp_path, postgres_url):
    """MET-21, MET-23: also if it held the lease."""
    with (
        fresh_database(postgres_url) as database,
        Cluster(tmp_path / "data", database=database) as cluster,
        watching(cluster) as watcher,
    ):
        wait_until(lambda: marks_of(cluster, "start") == 2)
        for turn, worker in enumerate(cluster.workers):
            edit_and_read(cluster, turn)
            wait_until(watcher.has_shown("changes", (turn + 1) * EDITS))
            worker.kill()
            wait_until(lambda pid=worker.pid: pid not in {each.pid for each in cluster.workers})
        wait_until(lambda: marks_of(cluster, "start") == 4)
        edit_and_read(cluster, 2)
        wait_until(watcher.has_shown("changes", 3 * EDITS))
        wait_until(lambda: marks_of(cluster, "fault") == 2)
        changes = watcher.shown[-1]["changes"]
        assert sum(window(cluster, "1h")["columns"]["changes"]) == changes
    assert falls(watcher.shown) == []
