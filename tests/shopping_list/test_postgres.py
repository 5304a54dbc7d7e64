"""The rules that are tested on SQLite by default hold on PostgreSQL too."""

import os
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

HERE = Path(__file__).parent
SUITES = (
    "test_signals.py",
    "test_model_saves.py",
    "test_frames.py",
    "test_save_query_counts.py",
    "test_bulk_writes.py",
    "test_rollback.py",
    "test_oracle.py",
    "test_admin.py",
)


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_recording_rules_hold_on_postgresql(postgres_url):
    """REC-22: every rule that the other suites cite, on a database of its own."""
    name = f"rules_{uuid.uuid4().hex}"
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(urlsplit(postgres_url)._replace(path=f"/{name}")),
    }
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *(str(HERE / suite) for suite in SUITES)],
        cwd=HERE.parents[1],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS test_{name} WITH (FORCE)")
    assert result.returncode == 0, result.stdout
