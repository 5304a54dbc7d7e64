"""The section Machine shows what the operating system, the database and Redis say themselves."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families

from tests.support.cluster import Cluster
from tests.support.databases import fresh_database
from tests.support.installation import Installation
from tests.support.processes import SSL_CONTEXT, TIMEOUT
from tests.support.websocket_client import Frame, WebSocketClient

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
MAKE_STAFF = "from accounts.models import User;User.objects.update(is_staff=True)"
RSS_MARGIN = 0.05
"""The part by which the memory of a process may change between two readings."""
CPU_MARGIN = 0.05
"""Seconds. psutil counts in steps of 0.01 s, of user and system time."""


@pytest.fixture(scope="module", params=["sqlite", "cluster"])
def installation(request, tmp_path_factory) -> Iterator[Installation]:
    """One process with SQLite, or two with PostgreSQL and Redis."""
    data = tmp_path_factory.mktemp(f"machine-{request.param}") / "data"
    if request.param == "sqlite":
        installation = Installation(data, server="uvicorn", layer="memory", redis=None)
        installation.shell(MAKE_STAFF)
        yield installation
        installation.close()
        return
    postgres_url = request.getfixturevalue("postgres_url")
    with fresh_database(postgres_url) as database, Cluster(data, database=database) as cluster:
        cluster.shell(MAKE_STAFF)
        yield cluster


def watch(installation: Installation) -> WebSocketClient:
    """Open a socket of staff that follows the topic."""
    client = WebSocketClient(installation.first_server.url, installation.fixtures["ana"])
    client.until("welcome")
    client.send(type="subscribe", topic="ops:machine")
    return client


def frame_where(client: WebSocketClient, condition: Callable[[Frame], object]) -> Frame:
    """Return the first frame for which a condition holds."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        frame = client.until("machine")
        if condition(frame):
            return frame
        assert time.monotonic() < deadline, frame


def processes_of(installation: Installation) -> dict[int, psutil.Process]:
    """Return the processes that serve requests, by their pids."""
    is_cluster = isinstance(installation, Cluster)
    own = psutil.Process(installation.first_server.process.pid)
    return {each.pid: each for each in (installation.workers if is_cluster else [own])}


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def test_each_process_has_a_card_with_its_memory_and_cpu(installation):
    """MCH-1"""
    processes = processes_of(installation)
    with watch(installation) as client:
        frame_where(client, lambda frame: len(frame["processes"]) == len(processes))
        before = {pid: cpu_seconds(process) for pid, process in processes.items()}
        since = datetime.now(UTC).isoformat()
        frame = frame_where(client, lambda frame: frame["at"] > since)
        frame = client.until("machine")  # the sample of the other process is newer, too
        after = {pid: cpu_seconds(process) for pid, process in processes.items()}
    cards = {card["pid"]: card for card in frame["processes"]}
    assert set(cards) == set(processes)
    for pid, card in cards.items():
        process = processes[pid]
        assert card["rss_bytes"] == pytest.approx(process.memory_info().rss, rel=RSS_MARGIN)
        assert before[pid] - CPU_MARGIN <= card["cpu_seconds"] <= after[pid] + CPU_MARGIN
        started_at = datetime.fromisoformat(card["started_at"]).timestamp()
        assert started_at == pytest.approx(process.create_time(), abs=0.001)
        assert 0 <= card["dashboard_cpu_percent"] <= card["cpu_percent"] + 1
        assert 0 <= card["lag_ms"]["p50"] <= card["lag_ms"]["p99"]
    assert sum(card["sockets"] for card in cards.values()) == 1
    assert sum(card["viewers"] for card in cards.values()) == 1


def test_cpu_of_a_busy_process_is_what_the_system_counts(installation):
    """MCH-1: the shares of all seconds together are the CPU time that was used."""
    processes = processes_of(installation)
    with watch(installation) as client, installation.api() as api:
        first = frame_where(client, lambda frame: len(frame["processes"]) == len(processes))
        for _ in range(40):
            assert api.get("shopping-lists/").status_code == 200
        frames = [client.until("machine") for _ in range(12)]
    busiest = max(
        processes, key=lambda pid: card_of(frames[-1], pid)["cpu_seconds"] - spent(first, pid)
    )
    used = spent(frames[-1], busiest) - spent(first, busiest)
    assert used > 0.05
    assert max(card_of(frame, busiest)["cpu_percent"] for frame in frames) > 10


def card_of(frame: Frame, pid: int) -> dict[str, Any]:
    return next(card for card in frame["processes"] if card["pid"] == pid)


def spent(frame: Frame, pid: int) -> float:
    return float(card_of(frame, pid)["cpu_seconds"])


def is_measured(frame: Frame) -> bool:
    """Return whether the disk is read, and the history, which is read last."""
    return bool(frame["storage"] and frame["storage"]["history_bytes"])


def test_database_and_disk_are_those_of_the_server(installation):
    """MCH-2, MCH-3"""
    with watch(installation) as client:
        frame = frame_where(client, lambda frame: is_measured(frame) and frame["database"])
        database, storage = frame["database"], frame["storage"]
        names = {card["process"] for card in frame["processes"]}
        assert {database["process"], storage["process"]} <= names
        assert 0 < database["round_trip_ms"] < 60_000
        assert storage["history_bytes"] > 0
        assert (storage["growth_per_day"], storage["days_left"]) == (None, None)
        if isinstance(installation, Cluster):
            assert_like_postgresql(client, frame, installation.database)
        else:
            assert_like_sqlite(frame, installation.data)


def assert_like_sqlite(frame: Frame, data: Path) -> None:
    database, storage = frame["database"], frame["storage"]
    assert (database["kind"], database["version"]) == ("SQLite", sqlite3.sqlite_version)
    assert 0 <= database["lock_wait_ms"] < 60_000
    assert database["connections"] is None
    file, disk = data / "trolley.sqlite3", shutil.disk_usage(data)
    assert storage["size_bytes"] <= file.stat().st_size
    assert storage["size_bytes"] > 0.5 * file.stat().st_size
    assert storage["wal_bytes"] is not None
    assert storage["total_bytes"] == disk.total
    assert storage["free_bytes"] == pytest.approx(disk.free, rel=0.2)
    assert frame["redis"] is None


def assert_like_postgresql(client: WebSocketClient, frame: Frame, url: str) -> None:
    database, storage = frame["database"], frame["storage"]
    assert database["kind"] == "PostgreSQL"
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT current_setting('server_version'), current_setting('max_connections')::int,"
            " pg_database_size(current_database()),"
            " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),"
            " (SELECT checkpoint_time FROM pg_control_checkpoint())"
        ).fetchone()
        assert row is not None
        version, max_connections, size, connections, checkpoint_at = row
        assert (database["version"], database["max_connections"]) == (
            version.split()[0],
            max_connections,
        )
        assert storage["size_bytes"] == pytest.approx(size, rel=0.2)
        assert datetime.fromisoformat(database["checkpoint_at"]) <= checkpoint_at
        # This connection is one more.
        assert 0 < database["connections"] < connections + 5
    assert (storage["free_bytes"], storage["wal_bytes"], database["lock_wait_ms"]) == (None,) * 3
    later = frame_where(
        client, lambda frame: frame["database"]["transactions_per_second"] is not None
    )
    assert later["database"]["transactions_per_second"] > 0


@pytest.mark.parametrize("installation", ["cluster"], indirect=True)
def test_redis_is_asked_over_the_layer_and_its_silence_is_shown(installation):
    """MCH-5"""
    with watch(installation) as client:
        frame = frame_where(client, lambda frame: frame["redis"])
        with redis.Redis.from_url(installation.redis.url) as own:
            info: Any = own.info()
        shown = frame["redis"]
        assert (shown["answers"], shown["version"]) == (True, info["redis_version"])
        assert shown["memory_bytes"] == pytest.approx(info["used_memory"], rel=0.5)
        assert 0 < shown["clients"] <= info["connected_clients"] + 2
        assert 0 < shown["round_trip_ms"] < 60_000
        installation.redis.process.send_signal(signal.SIGSTOP)
        try:
            frame = frame_where(
                client, lambda frame: frame["redis"] and not frame["redis"]["answers"]
            )
            assert frame["redis"]["memory_bytes"] is None
        finally:
            installation.redis.process.send_signal(signal.SIGCONT)
        frame_where(client, lambda frame: frame["redis"]["answers"])
        frame_where(client, lambda frame: len(frame["processes"]) == 2)


def test_metrics_have_each_process_under_the_standard_names(installation):
    """MCH-6"""
    processes = processes_of(installation)
    with watch(installation) as client:
        frame = frame_where(
            client, lambda frame: len(frame["processes"]) == len(processes) and frame["storage"]
        )
    url = f"{installation.first_server.url}/metrics"
    response = httpx.get(url, verify=SSL_CONTEXT, headers={"Host": "localhost"})
    assert response.status_code == 200
    samples = {
        (each.name, each.labels.get("process"), each.labels.get("quantile")): each.value
        for family in text_string_to_metric_families(response.text)
        for each in family.samples
    }
    for card in frame["processes"]:
        process, name = processes[card["pid"]], card["process"]
        rss = samples["process_resident_memory_bytes", name, None]
        assert rss == pytest.approx(process.memory_info().rss, rel=RSS_MARGIN)
        assert samples["process_cpu_seconds_total", name, None] >= card["cpu_seconds"]
        started_at = samples["process_start_time_seconds", name, None]
        assert started_at == pytest.approx(process.create_time(), abs=0.001)
        assert samples["trolley_event_loop_lag_seconds", name, "0.99"] >= 0
    assert samples["trolley_database_size_bytes", None, None] > 0
    has_disk = ("trolley_disk_free_bytes", None, None) in samples
    assert has_disk is not isinstance(installation, Cluster)


def test_bytes_of_a_viewer_are_those_that_it_receives(installation):
    """MCH-6"""
    with watch(installation) as client:
        sizes: list[int] = []
        shown = 0.0
        while len(sizes) < 25:
            text = client.socket.recv(TIMEOUT)
            if '"type":"machine"' not in text:
                continue
            sizes += [len(text)]
            frame = next(
                each for each in map(parse, str(text).split("\n")) if each["type"] == "machine"
            )
            shown = sum(card["viewer_bytes"] for card in frame["processes"])
    # The frame says the mean of the 10 frames before it, and its own figures differ in length.
    assert shown == pytest.approx(sum(sizes[-11:-1]) / 10, rel=0.05)


def parse(text: str) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(text)
    return frame
