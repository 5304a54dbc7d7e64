"""The suites that depend on the database run on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import re
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from tests.support.processes import ROOT

RECORDING_SUITES = (
    "test_signals",
    "test_model_saves",
    "test_frames",
    "test_save_query_counts",
    "test_bulk_writes",
    "test_rollback",
    "test_oracle",
    "test_admin",
)
POSTGRES_STEP = re.compile(
    r"^test_postgres\(\) \{\n +DATABASE_URL=\S*TROLLEY_TEST_POSTGRES\S* "
    r".*-m pytest(?P<arguments>.*)$",
    re.MULTILINE,
)


def marks_of(module: Any) -> set[str]:
    marks = module.pytestmark
    return {mark.name for mark in (marks if isinstance(marks, list) else [marks])}


@pytest.mark.parametrize("suite", RECORDING_SUITES)
def test_recording_suite_has_the_database_mark(suite):
    """REC-22: the rules of recording hold on PostgreSQL too."""
    assert "database" in marks_of(import_module(f"tests.shopping_list.{suite}"))


def test_postgres_step_runs_every_test_with_the_database_mark():
    """REC-22: the step names no paths, and leaves out only what is marked so."""
    step = POSTGRES_STEP.search((ROOT / "run").read_text())
    assert step is not None
    assert '-m "database and not sqlite_only and ${1:-not extended}"' in step["arguments"]
    assert not re.search(r"tests/|--ignore|--deselect|-k ", step["arguments"])


@pytest.mark.parametrize("suite", RECORDING_SUITES)
def test_recording_suite_leaves_no_test_out(suite):
    """REC-22"""
    module = import_module(f"tests.shopping_list.{suite}")
    functions = [value for name, value in vars(module).items() if name.startswith("test_")]
    assert functions
    marks = {mark.name for function in functions for mark in getattr(function, "pytestmark", [])}
    assert "sqlite_only" not in marks


@pytest.mark.database
def test_database_is_the_one_of_the_environment(db):
    """REC-22: a test with the mark meets the database of its step."""
    url = os.environ.get("DATABASE_URL", "sqlite")
    assert connection.vendor == ("postgresql" if url.startswith("postgres") else "sqlite")
