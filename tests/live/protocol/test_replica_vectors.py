"""The reference client keeps the client rules as the browser does: both read the same frames."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import reference_client
from tests.support.reference_client import ReferenceClient

CASES = json.loads((Path(__file__).parents[2] / "vectors" / "replica.json").read_text("utf-8"))


class FramesOnlyClient(ReferenceClient):
    """A client without a socket, which counts how often it subscribes again."""

    def __init__(self) -> None:
        super().__init__("http://localhost", "token", "list", path="/ws/", seed=1)
        self.subscribes = 0

    async def _subscribe(self) -> None:
        self.subscribes += 1

    def receive(self, frame: dict[str, Any]) -> None:
        """Handle one frame."""
        asyncio.run(self._handle(reference_client.decode(json.dumps(frame))))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_client_has_the_state_after_each_frame(case: dict[str, Any]) -> None:
    """POS-1: frontend/tests/replica-vectors.test.ts reads the same file."""
    client = FramesOnlyClient()
    for step in case["steps"]:
        before = client.subscribes
        client.receive(step["frame"])
        assert (client.replica and client.replica.version) == step["version"]
        if step["again"] is not None:
            assert (client.subscribes > before) == step["again"]
        if client.replica is not None and "items" in step:
            rows = client.replica.items.values()
            assert {str(row.id): row.name for row in rows} == step["items"]
