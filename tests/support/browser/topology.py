"""Several app processes behind Caddy, with the users and lists of browser tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import StorageState

from asgi_project.topology.processes import Topology
from tests.support.browser.installation import BrowserInstallation
from tests.support.databases import SETUP, parse_fixtures
from tests.support.local_topology import VARIABLES
from tests.support.processes import process_environment, run_shell


class Site:
    """What browsers and scripts open: Caddy, in the place of a server process."""

    def __init__(self, url: str) -> None:
        self.url = url


class BrowserTopology(BrowserInstallation):
    """The installation that a running topology serves. It starts and stops no process."""

    def __init__(self, topology: Topology, *, data: Path, url: str) -> None:
        self._topology = topology
        self._storage_states: dict[str, StorageState] = {}
        self._shell_variables = {
            **process_environment(data),
            **VARIABLES,
            **topology.services["app-1"].environment,
        }
        self.data = data
        self.site = Site(url)
        self.fixtures: dict[str, Any] = parse_fixtures(run_shell(SETUP, self._shell_variables))
        self.list_id = self.fixtures["list"]

    @property
    def url(self) -> str:
        return self.site.url

    @property
    def first_server(self) -> Site:  # type: ignore[override]
        """Every request goes through Caddy."""
        return self.site

    @property
    def _shell_environment(self) -> dict[str, str]:
        return self._shell_variables
