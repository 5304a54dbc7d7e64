"""Several processes write at the same time, on SQLite and on PostgreSQL.

The scenarios are in tests/support/concurrent_writers.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack

import pytest

from tests.support.concurrent_writers import TURNS
from tests.support.databases import fresh_database
from tests.support.processes import ROOT

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def scenario(request, tmp_path_factory):
    """Run all scenarios in one process on a new database, and return the outcome of each."""
    data = tmp_path_factory.mktemp("writers")
    environment = {**os.environ, "TROLLEY_DATA": str(data)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    with ExitStack() as stack:
        if request.param == "sqlite":
            database = f"sqlite:///{data / 'writers.sqlite3'}"
        else:
            server = request.getfixturevalue("postgres_url")
            database = stack.enter_context(fresh_database(server))
        completed = subprocess.run(
            [sys.executable, "-m", "tests.support.concurrent_writers"],
            cwd=ROOT,
            env={**environment, "DATABASE_URL": database},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert completed.returncode == 0, completed.stderr
    results = json.loads(completed.stdout)

    def outcome_of(name):
        assert "failure" not in results[name], results[name]["failure"]
        return results[name]["observed"]

    return outcome_of


def test_eight_writers_with_rollbacks_leave_no_version_gap(scenario):
    """REC-22"""
    outcome = scenario("eight_writers")
    assert outcome["done"] + outcome["rolled back"] == 8 * TURNS
    assert min(outcome["changes"]) > TURNS


def test_eight_writers_without_a_recording_leave_no_version_gap(scenario):
    """REC-22"""
    assert scenario("plain_saves")["changes"] > 6 * TURNS


def test_lists_created_concurrently_are_created_once(scenario):
    """REC-22"""
    outcome = scenario("new_lists")
    assert outcome["won"] == 20
    assert outcome["changes"] == [2] * 20


def test_lists_locked_in_opposite_orders_do_not_deadlock(scenario):
    """REC-14"""
    assert min(scenario("crossing")["changes"]) > TURNS


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
