"""What holds on every server and on every layer."""

from __future__ import annotations

import time

import httpx
import pytest

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


def test_a_patch_over_rest_reaches_every_screen(world):
    with world.watch() as one, world.watch("bob") as other:
        world.edit("from rest")
        assert one.until_note("from rest") == other.until_note("from rest")


def test_the_writes_of_another_process_arrive(world):
    code = "\n".join(world.add(f"item {time.time()} {number}") for number in range(7))
    with world.watch() as one:
        world.shell(code)
        versions = [one.until("change")["version"] for _ in range(7)]
    assert versions == list(range(versions[0], versions[0] + 7))


def test_a_membership_of_another_process_is_told(world):
    """LIV-25: Also on the layer in memory, where no message can."""
    code = (
        "from shopping_list.models import Membership, ShoppingList\n"
        "made = ShoppingList.objects.create(name='Shared')\n"
        f"Membership.objects.create(shopping_list=made, user_id={world.made['bob_id']})\n"
        "print('LIST', made.pk)\n"
    )
    with world.watch("bob") as one:
        made = next(x.split()[1] for x in world.shell(code).splitlines() if x.startswith("LIST"))
        assert one.until("joined")["list"]["id"] == made


def test_a_resumed_socket_gets_what_it_missed(world):
    with world.watch() as one:
        world.edit("before")
        at = one.until_note("before")
    for number in range(3):
        world.edit(f"missed {number}")
    with world.watch() as one:
        position = {"since": at["version"], "epoch": at["epoch"]}
        one.send(type="subscribe", topic=f"list:{world.list}", **position)
        assert one.until("subscribed")["recovered"] is True
        assert one.until_note("missed 2")["version"] == at["version"] + 3


def test_an_idle_socket_stays_up_and_still_hears(world):
    with world.watch() as one:
        with pytest.raises(TimeoutError):
            one.next(patience=8.0)
        world.edit("after a pause")
        one.until_note("after a pause")


def test_a_foreign_origin_is_refused_with_403(world):
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Origin": "http://evil.example",
    }
    assert httpx.get(f"{world.first.url}/ws/", headers=headers).status_code == 403


def test_it_is_healthy(world):
    assert world.first.get("/healthz").json() == {"status": "alive"}
    ready = world.first.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


def test_the_counters_are_live(world):
    with world.watch() as one:
        one.send(type="subscribe", topic="requests")
        while one.until("subscribed").get("history") is None:
            pass
        before = one.until("sample")
        for number in range(5):
            world.edit(f"counted {number}")
        world.first.get("/healthz")
        while (sample := one.until("sample"))["status"]["2xx"] < before["status"]["2xx"] + 5:
            pass
        assert sample["started"] == before["started"] + 5
        assert sample["finished"] == before["finished"] + 5
        assert sample["in_flight"] == 0
        assert sample["processes"] == 1
