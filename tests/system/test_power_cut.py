"""An edit that was answered is on the disk: a power cut does not lose it."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.databases import MIGRATE, SETUP, copy_template, parse_fixtures
from tests.support.postgres_server import PostgresServer
from tests.support.power_cut import ForgetfulDisk
from tests.support.processes import SSL_CONTEXT, ServerProcess, process_environment, run_shell
from tests.support.websocket_client import WebSocketClient

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(180),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux can preload the library"),
]
WRITERS = 3
ANSWERS = 60
"""Answers after which the power is cut."""
UNSYNCED = {
    "sqlite": {"TROLLEY_SYNC_EVERY_COMMIT": "false"},
    "postgres": {"PGOPTIONS": "-c synchronous_commit=off"},
}
"""Environments in which a commit is not on the disk when it is answered."""
READ_LOG = """
import json
from io import StringIO
from django.core.management import call_command
from shopping_list.models import Activity
output = StringIO()
call_command("check_lists", stdout=output)
digests = dict(Activity.objects.filter(list_id="{list}").values_list("version", "digest"))
print("STORED " + json.dumps([output.getvalue(), digests]))
"""


Machine = Any
"""A server and its database, which lose their power at the same moment."""


class SqliteMachine:
    """The server and its SQLite."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.data = folder / "data"
        self.fixtures = copy_template(self.data)
        self._disk = ForgetfulDisk(self.data)
        self.environment = {**self._disk.environment, **environment}

    def checkpoint(self) -> None:
        """Nothing: the log is too short for one."""

    def cut_power(self) -> None:
        """Lose what was not synced. The server must have been killed before."""
        self._disk.cut_power()


class PostgresMachine:
    """The server and its PostgreSQL. The data directory of the server loses nothing."""

    def __init__(self, folder: Path, postgres: PostgresServer, **environment: str) -> None:
        """The running `postgres` is started again, with a disk that forgets."""
        self.data, self._postgres = folder / "data", postgres
        self.environment = {"DATABASE_URL": postgres.url, **environment}
        variables = process_environment(self.data, **self.environment)
        self.fixtures = parse_fixtures(run_shell(MIGRATE + SETUP, variables))
        postgres.stop("fast")
        self._disk = ForgetfulDisk(postgres.data)
        postgres.environment |= self._disk.environment
        postgres.start()

    def checkpoint(self) -> None:
        """Let PostgreSQL write and sync its tables, and begin another file of its log."""
        self._postgres.execute("SELECT pg_switch_wal()")
        self._postgres.execute("CHECKPOINT")

    def cut_power(self) -> None:
        """Lose what was not synced, and start PostgreSQL again."""
        self._postgres.kill()
        self._disk.cut_power()
        self._postgres.start()


@contextmanager
def machine_with(database: str, folder: Path, **environment: str) -> Iterator[Machine]:
    if database == "sqlite":
        yield SqliteMachine(folder, **environment)
        return
    with PostgresServer(initdb=["--wal-segsize", "1"]) as postgres:
        yield PostgresMachine(folder, postgres, **environment)


class Writer(threading.Thread):
    """Adds items until the server is gone; knows those that were answered."""

    def __init__(self, api: httpx.Client, path: str, name: str, enough: threading.Event) -> None:
        super().__init__(name=name)
        self.api, self.path, self.enough = api, path, enough
        self.answered: dict[str, tuple[str, int]] = {}
        """The name of each item, and the version of the list that has added it."""

    def run(self) -> None:
        with self.api:
            while True:
                name = f"{self.name} {len(self.answered)}"
                try:
                    response = self.api.post(self.path, json={"name": name})
                except httpx.TransportError:
                    return
                assert response.status_code == 201, response.text
                item = response.json()
                self.answered[item["id"]] = (item["name"], item["version"])
                if len(self.answered) >= ANSWERS // WRITERS:
                    self.enough.set()


class Screen(threading.Thread):
    """Follows the list until the server is gone; knows the position of each frame."""

    def __init__(self, server: ServerProcess, fixtures: dict[str, Any]) -> None:
        super().__init__(name="screen")
        self._socket = WebSocketClient(server.url, fixtures["ana"])
        self._socket.until("welcome")
        self._socket.send(type="subscribe", topic=f"list:{fixtures['list']}")
        self.position = self._socket.until("snapshot")
        self.digests = {self.position["version"]: self.position["digest"]}

    def run(self) -> None:
        with self._socket, suppress(ConnectionClosed):
            while True:
                self.position = self._socket.until("change")
                self.digests[self.position["version"]] = self.position["digest"]


def client(server: ServerProcess, fixtures: dict[str, Any]) -> httpx.Client:
    headers = {"Authorization": f"Bearer {fixtures['ana']}"}
    url = f"{server.url}/api/shopping-lists/{fixtures['list']}/"
    return httpx.Client(base_url=url, headers=headers, timeout=30, verify=SSL_CONTEXT)


def edit_until_power_cut(machine: Machine) -> tuple[dict[str, tuple[str, int]], Screen]:
    """Return the items that were answered, and what a screen got."""
    enough = threading.Event()
    with ServerProcess(machine.data, **machine.environment) as server:
        screen = Screen(server, machine.fixtures)
        writers = [
            Writer(client(server, machine.fixtures), "shopping-items/", f"writer {n}", enough)
            for n in range(WRITERS)
        ]
        for thread in (screen, *writers):
            thread.start()
        machine.checkpoint()
        assert enough.wait(60)
        server.process.kill()
        server.process.wait()
        for thread in (screen, *writers):
            thread.join()
    machine.cut_power()
    return {pk: item for writer in writers for pk, item in writer.answered.items()}, screen


def stored_items(server: ServerProcess, fixtures: dict[str, Any]) -> dict[str, tuple[str, int]]:
    with client(server, fixtures) as api:
        results = api.get("shopping-items/?page_size=1000").json()["results"]
    return {item["id"]: (item["name"], item["version"]) for item in results}


def stored_log(server: ServerProcess, fixtures: dict[str, Any]) -> tuple[str, dict[int, str]]:
    """Return what `check_lists` says, and the digest of each version."""
    output = run_shell(READ_LOG.format(list=fixtures["list"]), server.environment)
    checked, digests = json.loads(output.split("STORED ")[1])
    return checked, {int(version): digest for version, digest in digests.items()}


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.extended)]
)
def test_no_answered_edit_is_lost_at_a_power_cut(database: str, tmp_path: Path) -> None:
    """POS-6: and no screen has seen a history that the database does not have."""
    with machine_with(database, tmp_path) as machine:
        answered, screen = edit_until_power_cut(machine)
        with ServerProcess(machine.data, name="after", **machine.environment) as server:
            items = stored_items(server, machine.fixtures)
            assert len(answered) >= ANSWERS // WRITERS
            assert {pk: items.get(pk) for pk in answered} == answered
            checked, digests = stored_log(server, machine.fixtures)
            assert checked == "1 lists checked, 0 wrong\n"
            assert len(screen.digests) > ANSWERS // WRITERS
            assert screen.digests.items() <= digests.items()
            assert resumed(server, machine.fixtures, screen.position)["recovered"] is True


def resumed(
    server: ServerProcess, fixtures: dict[str, Any], position: dict[str, Any]
) -> dict[str, Any]:
    """Return how a subscription of a screen that comes back begins."""
    at = {"since": position["version"], "epoch": position["epoch"], "digest": position["digest"]}
    with WebSocketClient(server.url, fixtures["ana"]) as socket:
        socket.until("welcome")
        socket.send(type="subscribe", topic=f"list:{fixtures['list']}", **at)
        return socket.until("subscribed")


@pytest.mark.extended
@pytest.mark.rewritten_history
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_power_cut_loses_answered_edits_when_commits_are_not_synced(
    database: str, tmp_path: Path
) -> None:
    """POS-6: otherwise the test above would prove nothing."""
    with machine_with(database, tmp_path, **UNSYNCED[database]) as machine:
        answered, _ = edit_until_power_cut(machine)
        with ServerProcess(machine.data, name="after", **machine.environment) as server:
            assert answered.keys() - stored_items(server, machine.fixtures).keys()
            assert stored_log(server, machine.fixtures)[0] == "1 lists checked, 0 wrong\n"
