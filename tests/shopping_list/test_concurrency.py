"""Many processes write at once, on SQLite and PostgreSQL; see concurrent_writers.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def scenario(request, tmp_path_factory):
    """Return a function that runs a scenario on a new database and returns its outcome."""
    data = tmp_path_factory.mktemp("writers")
    environment = {**os.environ, "TROLLEY_DATA": str(data), "TROLLEY_DATABASE_POOL": "30"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    environment["DATABASE_URL"] = f"sqlite:///{data / 'writers.sqlite3'}"
    name = f"writers_{uuid.uuid4().hex}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}")
        environment["DATABASE_URL"] = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))

    def run(*command):
        result = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    run("manage.py", "migrate", "--verbosity=0")
    yield lambda scenario_name: json.loads(
        run("-m", "tests.support.concurrent_writers", scenario_name)
    )
    if request.param == "postgres":
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_eight_writers_with_rollbacks_leave_no_version_gap(scenario):
    """REC-22"""
    outcome = scenario("eight_writers")
    assert outcome["done"] + outcome["rolled back"] == 8 * 20
    assert min(outcome["changes"]) > 20


def test_eight_writers_without_a_recording_leave_no_version_gap(scenario):
    """REC-22"""
    assert scenario("plain_saves")["changes"] > 120


def test_lists_created_concurrently_are_created_once(scenario):
    """REC-22"""
    outcome = scenario("new_lists")
    assert outcome["won"] == 20
    assert outcome["changes"] == [2] * 20


def test_lists_locked_in_opposite_orders_do_not_deadlock(scenario):
    """REC-14"""
    assert min(scenario("crossing")["changes"]) > 20


def test_fifty_concurrent_adds_of_one_name_create_one_open_item(scenario):
    """ROW-3"""
    assert scenario("one_name") == {"won": 1, "open": 1, "changes": 2}


def test_lock_lost_with_its_savepoint_is_a_conflict_or_harmless(scenario):
    """REC-20"""
    outcome = scenario("lost_lock")
    if outcome["outcome"] == "conflict":
        assert (outcome["row"], outcome["changes"]) == (["", "winner"], [1, 3])
    else:
        assert (outcome["row"], outcome["changes"]) == (["loser", "winner"], [2, 4])


def test_snapshot_contains_exactly_one_version_during_writes(scenario):
    """REC-23"""
    outcome = scenario("snapshots")
    assert outcome["checked"] > 10
    assert outcome["changes"] > 20


def test_concurrent_writers_with_one_operation_record_it_once(scenario):
    """REC-17: the other writers record no operation, or are refused."""
    outcome = scenario("one_operation")
    assert outcome["named"] == 1
    assert outcome["changes"] == 1 + outcome["won"]
