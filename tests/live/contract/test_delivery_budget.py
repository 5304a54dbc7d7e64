"""Real screens, real processes: every promised change has an outcome, and slow readers a name."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.live.contract.conftest import SHARED_LAYERS
from tests.live.contract.test_slow_readers import (
    NonReadingSocket,
    UnscaledInstallation,
)
from tests.support.installation import Installation
from tests.support.processes import SSL_CONTEXT, ServerProcess
from tests.support.websocket_client import WebSocketClient

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

CHANGES_THAT_FILL_BUFFERS = 30
"""The kernel takes megabytes, and the send queue another half of one."""
CREATE_STAFF = (
    "from accounts.models import ApiToken, User\n"
    "user = User.objects.create_user('{name}', name='Olga', is_staff=True)\n"
    "print('TOKEN', ApiToken.objects.create(user=user, name='test')[1])\n"
)


def create_staff(installation: Installation) -> str:
    """Create a user of staff, and return a token."""
    output = installation.shell(CREATE_STAFF.format(name=f"olga{time.monotonic_ns()}"))
    return next(line.split()[1] for line in output.splitlines() if line.startswith("TOKEN"))


def watch(installation: Installation, staff: str, topic: str) -> WebSocketClient:
    """Follow a topic as staff."""
    client = WebSocketClient(installation.first_server.url, staff)
    client.until("welcome")
    client.send(type="subscribe", topic=topic)
    assert client.until("subscribed")["topic"] == topic
    return client


def budget_of(client: WebSocketClient, *, processes: int) -> dict:
    """Return the budget of the next frame to which so many processes have contributed."""
    while True:
        frame = client.until("delivery")
        if len(frame["relays"]) == processes:
            return frame["budget"]


def settled_budget(client: WebSocketClient, *, promised: int) -> dict:
    """Return the first budget with so many promises, of which none waits."""
    while True:
        budget = client.until("delivery")["budget"]
        assert budget["lost"] == 0, budget
        if budget["promised"] >= promised and not budget["waiting"]:
            return budget


@pytest.fixture
def unscaled_installation(server, tmp_path):
    """A list on a server with the real waiting times: a reader may stall for 10 s."""
    installation = UnscaledInstallation(
        tmp_path / "data", server=server, layer="memory", redis=None
    )
    yield installation
    installation.close()


def add_long_items(installation: Installation, *, changes: int) -> None:
    """Make changes of 200 kB each."""
    path = f"shopping-lists/{installation.list_id}/shopping-items/bulk/"
    with installation.api() as api:
        for change in range(changes):
            items = [{"name": f"Item {change} {n}", "note": "x" * 700} for n in range(200)]
            assert api.post(path, json={"items": items}).status_code == 200


def slowest_row(screens: WebSocketClient, **expected: Any) -> dict:
    """Return the first row of the first table in which it has these values."""
    while True:
        for row in screens.until("screens")["rows"][:1]:
            if all(row[name] == value for name, value in expected.items()):
                return row


def test_client_that_stops_reading_is_named_before_the_buffers_are_full(unscaled_installation):
    """DEL-4: nothing waits in this process, but the kernel knows."""
    installation = unscaled_installation
    if installation.server == "daphne":
        pytest.skip("only under uvicorn the kernel is asked")
    staff = create_staff(installation)
    with (
        watch(installation, staff, "ops:screens") as screens,
        watch(installation, staff, "ops:verdict") as verdicts,
        NonReadingSocket(installation),
    ):
        add_long_items(installation, changes=2)
        while not (verdict := verdicts.until("verdict"))["conditions"]:
            pass
        assert verdict["sentence"].startswith("ana's screen has read nothing for ")
        while not (row := slowest_row(screens, is_blocked=False))["oldest_ms"]:
            pass
        assert row["user"]["name"] == "ana"
        assert row["lists"] == [installation.list_id]
        assert row["pending_frames"] == 0
        assert row["pending_bytes"] > 10_000
        assert row["oldest_ms"] < 10_000


def test_client_that_stops_reading_is_named_before_it_is_closed(unscaled_installation):
    """DEL-2, DEL-4, DEL-6"""
    installation = unscaled_installation
    staff = create_staff(installation)
    with (
        watch(installation, staff, "ops:screens") as screens,
        watch(installation, staff, "ops:delivery") as delivery,
        NonReadingSocket(installation),
    ):
        add_long_items(installation, changes=CHANGES_THAT_FILL_BUFFERS)
        row = slowest_row(screens, is_blocked=True)
        assert row["user"]["name"] == "ana"
        assert row["lists"] == [installation.list_id]
        assert row["pending_frames"] > 0
        assert row["pending_bytes"] > 100_000
        assert row["changes_behind"] > 0
        assert 0 < row["oldest_ms"] < 10_000
        while not (frame := delivery.until("delivery"))["budget"]["waiting"]:
            assert not frame["close_codes"]
        budget = settled_budget(delivery, promised=CHANGES_THAT_FILL_BUFFERS)
        assert budget["promised"] == CHANGES_THAT_FILL_BUFFERS
        assert budget["withdrawn"] > 0
        while not (codes := delivery.until("delivery")["close_codes"]):
            pass
        assert list(codes.values()) == [1]


def test_staff_disconnects_a_client_that_does_not_read(unscaled_installation):
    """DEL-7"""
    installation = unscaled_installation
    staff = create_staff(installation)
    with (
        watch(installation, staff, "ops:screens") as screens,
        watch(installation, staff, "ops:delivery") as delivery,
        NonReadingSocket(installation),
    ):
        add_long_items(installation, changes=CHANGES_THAT_FILL_BUFFERS)
        row = slowest_row(screens, is_blocked=True)
        assert row["oldest_ms"] < 10_000
        assert disconnect(installation.first_server, staff, row["connection"]) == 202
        while not (codes := delivery.until("delivery")["close_codes"]):
            pass
        assert codes == {"4002": 1}
        while slowest_row(screens)["connection"] == row["connection"]:
            pass


def disconnect(server: ServerProcess, staff: str, connection: str) -> int:
    """Ask one process to disconnect a socket, and return the status."""
    headers = {"Authorization": f"Bearer {staff}"}
    with httpx.Client(base_url=server.url, headers=headers, verify=SSL_CONTEXT) as api:
        return api.delete(f"/api/live/sockets/{connection}/").status_code


@pytest.mark.parametrize("layer", SHARED_LAYERS, indirect=True, scope="package")
class TestSeveralProcesses:
    """Two processes and a Redis, which may fail."""

    def test_budget_adds_up_after_a_process_was_killed(self, installation):
        """DEL-2, DEL-8"""
        staff = create_staff(installation)
        second_server = installation.start_server(f"second-{time.monotonic_ns()}")
        with (
            watch(installation, staff, "ops:delivery") as delivery,
            installation.subscribe() as first,
            installation.subscribe(server=second_server) as second,
        ):
            before = budget_of(delivery, processes=2)
            for number in range(5):
                installation.edit(f"both {number} {time.monotonic_ns()}")
            last = [client.until("change") for client in (first, second) for _ in range(5)][-1]
            budget = settled_budget(delivery, promised=before["promised"] + 10)
            assert budget["promised"] == before["promised"] + 10
            assert budget["live"] == before["live"] + 10
            second_server.process.kill()
            for number in range(3):
                installation.edit(f"one {number} {time.monotonic_ns()}")
            after = budget_of(delivery, processes=1)
            assert after["promised"] >= budget["promised"]
            position = {"since": last["version"], **{k: last[k] for k in ("epoch", "digest")}}
            with WebSocketClient(
                installation.first_server.url, installation.fixtures["ana"]
            ) as returned:
                returned.send(type="subscribe", topic=f"list:{installation.list_id}", **position)
                assert returned.until("subscribed")["recovered"] is True
                after = settled_budget(delivery, promised=budget["promised"] + 6)
            assert after["promised"] == budget["promised"] + 6
            assert after["resumed"] == budget["resumed"] + 3
            assert after["live"] == budget["live"] + 3

    def test_budget_adds_up_after_redis_was_away(self, installation):
        """DEL-2, LIV-5"""
        staff = create_staff(installation)
        second_server = installation.start_server(f"second-{time.monotonic_ns()}")
        with (
            watch(installation, staff, "ops:delivery") as delivery,
            installation.subscribe() as first,
            installation.subscribe(server=second_server) as second,
        ):
            before = budget_of(delivery, processes=2)
            installation.redis.kill()
            for number in range(4):
                installation.edit(f"away {number} {time.monotonic_ns()}")
            for client in (first, second):
                for _ in range(4):
                    client.until("change")
            installation.redis.start()
            budget = settled_budget(delivery, promised=before["promised"] + 8)
            assert budget["promised"] == before["promised"] + 8
            assert budget["live"] == before["live"] + 8
            assert budget["longest_ms"] > 0
        second_server.process.kill()

    def test_socket_of_another_process_is_shown_and_disconnected(self, installation):
        """DEL-4, DEL-7"""
        staff = create_staff(installation)
        second_server = installation.start_server(f"second-{time.monotonic_ns()}")
        with (
            watch(installation, staff, "ops:screens") as screens,
            installation.subscribe("bob", server=second_server) as bob,
        ):
            rows: list = []
            while not rows:
                rows = [
                    row for row in screens.until("screens")["rows"] if row["user"]["name"] == "bob"
                ]
            assert rows[0]["lists"] == [installation.list_id]
            assert disconnect(installation.first_server, staff, rows[0]["connection"]) == 202
            assert bob.wait_closed() == 4002
        second_server.process.kill()
