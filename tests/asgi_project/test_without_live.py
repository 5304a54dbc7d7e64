"""The lists do not need the live package. `./run test` also runs their REST tests without it."""

from __future__ import annotations

import pytest

from tests.support.processes import ServerProcess

pytestmark = pytest.mark.system


def test_server_starts_and_stops_without_live(tmp_path):
    with ServerProcess(tmp_path / "data", TROLLEY_WITHOUT_APPS="live") as server:
        assert server.get("/api/shopping-lists/").status_code == 401
        assert server.get("/healthz").status_code == 404
        assert server.stop() == 0
