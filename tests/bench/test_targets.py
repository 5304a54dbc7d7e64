"""The servers that are compared are found where they are installed."""

import shutil

import pytest

from bench.processes import ROOT
from bench.targets import NodeWs


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_node_ws_is_available_when_frontend_packages_are_installed(monkeypatch):
    """Nobody has to set NODE_PATH."""
    monkeypatch.delenv("NODE_PATH", raising=False)
    assert NodeWs().is_available() == (ROOT / "frontend/node_modules/ws").is_dir()
