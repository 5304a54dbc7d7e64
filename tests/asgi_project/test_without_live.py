"""The REST API of the lists works without the `live` app."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.processes import ROOT, ServerProcess

REST = [f"tests/shopping_list/api/test_{name}.py" for name in ("lists", "items", "adding")]
pytestmark = pytest.mark.system


def test_rest_tests_pass_without_live():
    completed = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", *REST],
        cwd=ROOT,
        env={**os.environ, "TROLLEY_WITHOUT_APPS": "live"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout[-3000:]


def test_server_starts_and_stops_without_live(tmp_path):
    with ServerProcess(tmp_path / "data", TROLLEY_WITHOUT_APPS="live") as serving:
        assert serving.get("/api/shopping-lists/").status_code == 401
        assert serving.get("/healthz").status_code == 404
        assert serving.stop() == 0
