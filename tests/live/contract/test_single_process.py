"""Rules that hold on every server and on every layer."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.support.positions import position_in
from tests.support.processes import scaled

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


def test_patch_over_rest_reaches_every_client(installation):
    with installation.subscribe() as ana, installation.subscribe("bob") as bob:
        installation.edit("from rest")
        assert ana.until_note("from rest") == bob.until_note("from rest")


def test_writes_of_another_process_arrive_in_order(installation):
    code = "\n".join(
        installation.code_to_add_item(f"item {time.time()} {number}") for number in range(7)
    )
    with installation.subscribe() as client:
        installation.shell(code)
        versions = [client.until("change")["version"] for _ in range(7)]
    assert versions == list(range(versions[0], versions[0] + 7))


def test_membership_created_by_another_process_is_reported(installation):
    """LIV-25: also on the layer in memory, which carries no message to this process."""
    bob = installation.fixtures["bob_id"]
    code = (
        "from shopping_list.models import Membership, ShoppingList\n"
        "shared = ShoppingList.objects.create(name='Shared')\n"
        f"Membership.objects.create(shopping_list=shared, user_id={bob})\n"
        "print('LIST', shared.pk)\n"
    )
    with installation.subscribe("bob") as client:
        lines = installation.shell(code).splitlines()
        list_id = next(line.split()[1] for line in lines if line.startswith("LIST"))
        assert client.until("joined")["list"]["id"] == list_id


def test_resumed_socket_gets_missed_changes(installation):
    with installation.subscribe() as client:
        installation.edit("before")
        last = client.until_note("before")
    for number in range(3):
        installation.edit(f"missed {number}")
    with installation.subscribe() as client:
        topic = f"list:{installation.list_id}"
        client.send(type="subscribe", topic=topic, **position_in(last))
        assert client.until("subscribed")["recovered"] is True
        assert client.until_note("missed 2")["version"] == last["version"] + 3


def test_idle_socket_stays_open_and_still_gets_changes(installation):
    """No frame comes for several reconcile intervals, and the socket survives several pings."""
    with installation.subscribe() as client:
        with pytest.raises(TimeoutError):
            client.next(timeout=scaled(8.0))
        installation.edit("after a pause")
        client.until_note("after a pause")


def test_foreign_origin_is_rejected_with_403(installation):
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Origin": "http://evil.example",
    }
    response = httpx.get(f"{installation.first_server.url}/ws/", headers=headers)
    assert response.status_code == 403


def test_health_endpoints_report_alive_and_ready(installation):
    assert installation.first_server.get("/healthz").json() == {"status": "alive"}
    ready = installation.first_server.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


def test_request_counters_are_sent_live(installation):
    with installation.subscribe() as client:
        client.send(type="subscribe", topic="requests")
        while client.until("subscribed").get("history") is None:
            pass
        # A process that another test killed counts until its timeout.
        while (before := client.until("sample"))["processes"] != 1:
            pass
        for number in range(5):
            installation.edit(f"counted {number}")
        installation.first_server.get("/healthz")
        while (sample := client.until("sample"))["status"]["2xx"] < before["status"]["2xx"] + 5:
            pass
        assert sample["started"] == before["started"] + 5
        assert sample["finished"] == before["finished"] + 5
        assert sample["in_flight"] == 0
        assert sample["processes"] == 1
