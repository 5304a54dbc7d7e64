"""Rules for several processes that share a Redis, also while Redis is down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from live.protocol.frames import CloseCode
from shopping_list.rows import topic_of
from tests.live.contract.conftest import SHARED_LAYERS

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(180),
    pytest.mark.parametrize("layer", SHARED_LAYERS, indirect=True, scope="package"),
]


@pytest.fixture(scope="module")
def second_server(installation):
    """Another process of the same installation."""
    server = installation.start_server(f"second-{time.monotonic_ns()}")
    yield server
    server.__exit__()


@contextmanager
def repairs(installation, *, processes: int) -> Iterator[list[int]]:
    """Count how often the processes read the log during the block, because no message came."""
    with installation.subscribe() as client:
        client.send(type="subscribe", topic="requests")
        while (before := client.until("sample"))["processes"] != processes:
            pass
        result: list[int] = []
        yield result
        client.drain()
        client.until("sample")  # may have left a process before its last repair
        after = client.until("sample")
        result.append(after["repairs"] - before["repairs"])


def test_edit_in_one_process_reaches_sockets_of_another(installation, second_server):
    with (
        installation.subscribe() as client,
        installation.subscribe(server=second_server) as other,
        repairs(installation, processes=2) as repaired,
    ):
        _edit_repeatedly(installation, client, other, edits=20)
    assert repaired[0] < 10  # without the layer: at least twenty


def _edit_repeatedly(installation, client, other, *, edits: int) -> None:
    """Make edits, each one when both clients have received the one before."""
    for number in range(edits):
        note = f"one after the other {number} {time.monotonic_ns()}"
        installation.edit(note)
        assert client.until_note(note) == other.until_note(note)


def test_writes_of_a_command_arrive_through_the_layer(installation, second_server):
    code = (
        "import sys\n"
        "from shopping_list.models import ShoppingList\n"
        f"groceries = ShoppingList.objects.get(pk='{installation.list_id}')\n"
        "for line in sys.stdin: groceries.items.create(name=line.strip())\n"
    )
    with (
        installation.subscribe() as client,
        repairs(installation, processes=2) as repaired,
        installation.shell_with_input(code) as stdin,
    ):
        for number in range(12):
            name = f"written {number} {time.time()}"
            print(name, file=stdin, flush=True)
            assert client.until("change")["items"][0]["name"] == name
    assert repaired[0] < 6  # without the layer: at least twelve


def test_member_removed_in_one_process_loses_access_in_another(installation, second_server):
    """LIV-14."""
    bob = installation.fixtures["bob_id"]
    with installation.subscribe("bob", server=second_server) as client, installation.api() as api:
        path = f"shopping-lists/{installation.list_id}/remove-members/"
        assert api.put(path, json={"members": [bob]}).status_code < 300
        installation.edit("not for bob")
        frames = client.frames_until("left")
        frames = [frame for frame in frames if frame["type"] in ("change", "ended")]
        assert [frame.get("reason") for frame in frames] == ["revoked"]
        installation.shell(
            "from shopping_list.models import Membership\n"
            f"Membership.objects.create(shopping_list_id='{installation.list_id}', "
            f"user_id={bob}, role='editor')"
        )
        frames = client.frames_until("joined")
        assert "change" not in [frame["type"] for frame in frames]
        assert frames[-1]["list"]["id"] == installation.list_id


def test_token_deleted_by_a_command_closes_its_socket(installation):
    output = installation.shell(
        "from accounts.models import ApiToken, User\n"
        "print('TOKEN', ApiToken.objects.create("
        "user=User.objects.get(username='bob'), name='short')[1])"
    )
    lines = output.splitlines()
    installation.fixtures["short"] = next(
        line.split()[1] for line in lines if line.startswith("TOKEN")
    )
    with installation.subscribe("short") as client:
        installation.shell(
            "from accounts.models import ApiToken\nApiToken.objects.get(name='short').delete()"
        )
        # Longer than the revalidation interval, if the machine is too busy for the message.
        assert client.wait_closed(60) == CloseCode.REVOKED


def test_presence_is_reported_across_processes(installation, second_server):
    topic = topic_of(installation.list_id)
    with installation.subscribe() as client:
        with installation.subscribe("bob", server=second_server) as other:
            other.send(type="presence", topic=topic, state="shopping")
            assert client.until("presence")["people"][0]["name"] == "bob"
        assert client.until("presence")["people"] == []


TRIP = {
    "id": "0f2b1c4e-7a55-4c1d-9e83-5b6d1f0a9c22",
    "shop": "Corner shop",
    "started_at": "2026-11-22T10:00:00Z",
}


def test_shopper_who_dies_is_gone_in_every_process(installation):
    """TOG-1, TOG-2, TOG-5: first the phone dies, then its process, on a clock ten times as fast."""
    topic = topic_of(installation.list_id)
    near, far = (
        installation.start_server(f"{name}-{time.monotonic_ns()}", TROLLEY_TIME_SCALE="0.1")
        for name in ("near", "far")
    )
    details = {"state": "shopping", "trip": TRIP, "aisles": ["Dairy", "Fruit"]}
    with (
        installation.subscribe(server=near) as client,
        installation.subscribe("bob", server=far) as phone,
    ):
        phone.send(type="presence", topic=topic, **details)
        (person,) = client.until("presence")["people"]
        assert (person["trip"], person["aisles"]) == (TRIP, details["aisles"])
        assert client.until("presence")["people"] == []  # the socket of the phone is open
        client.send(type="presence", topic=topic, state="shopping", aisles=["Dairy"])
        assert client.until("presence")["people"][0]["aisles"] == ["Dairy"]
        phone.send(type="presence", topic=topic, **details)
        while len(people := client.until("presence")["people"]) != 2:
            client.send(type="presence", topic=topic, state="shopping", aisles=["Dairy"])
        assert {person["name"]: person["aisles"] for person in people} == {
            "ana": ["Dairy"],
            "bob": ["Fruit"],
        }
        far.process.kill()
        while "bob" in [person["name"] for person in client.until("presence")["people"]]:
            pass
    near.__exit__()


def test_crash_between_commit_and_publish_is_repaired(installation):
    """LIV-4."""
    fragile_server = installation.start_server(
        f"fragile-{time.monotonic_ns()}", TROLLEY_DEBUG="1", TROLLEY_FAILPOINT="after_commit"
    )
    with installation.subscribe() as client:
        with pytest.raises(httpx.HTTPError):
            installation.edit("committed, then killed", server=fragile_server)
        client.until_note("committed, then killed")
    assert fragile_server.process.wait(60) == 137


def test_totals_include_a_killed_process(installation, second_server):
    third_server = installation.start_server(f"killed-{time.monotonic_ns()}")
    with installation.subscribe() as client:
        client.send(type="subscribe", topic="requests")
        while (sample := client.until("sample"))["processes"] != 3:
            pass
        for number in range(5):
            installation.edit(f"in the third {number}", server=third_server)
        while (before := client.until("sample"))["finished"] < sample["finished"] + 5:
            pass
        third_server.process.kill()
        while (after := client.until("sample"))["processes"] != 2:
            assert after["finished"] >= before["finished"]
        assert after["finished"] >= before["finished"]


def test_redis_outages_drop_no_socket_and_lose_no_change(installation, second_server):
    """LIV-5: Redis fails three times: no socket closes, no edit fails or waits."""
    redis = installation.redis
    with (
        installation.subscribe() as client,
        installation.subscribe(server=second_server) as other,
    ):
        for number, fail in enumerate((redis.kill, redis.freeze, redis.kill)):
            fail()
            began = time.monotonic()
            for step in range(10):
                installation.edit(f"down {number} {step}")
            assert time.monotonic() - began < 15  # if each edit waited for a frozen Redis: 20
            # One client gets the edits from its own process, the other by reconciling.
            for receiver in (client, other):
                receiver.until_note(f"down {number} 9")
            redis.kill()
            redis.start()
            _wait_for_layer(installation, client, other)


def _wait_for_layer(installation, client, other) -> None:
    """Wait until changes arrive through the layer again, not by reconciling."""
    for _ in range(10):
        with repairs(installation, processes=2) as repaired:
            _edit_repeatedly(installation, client, other, edits=5)
        if repaired[0] < 5:
            return
    raise AssertionError("Redis is up, but changes do not arrive through the layer")


def test_frozen_redis_does_not_delay_a_command(installation):
    code = (
        "import time\n"
        "from shopping_list.models import ShoppingList\n"
        f"groceries = ShoppingList.objects.get(pk='{installation.list_id}')\n"
        "began = time.monotonic()\n"
        "for number in range(40): groceries.items.create(name=f'{number} {time.time()}')\n"
        "print('SECONDS', time.monotonic() - began)\n"
    )
    with installation.subscribe() as client:
        installation.redis.freeze()
        try:
            lines = installation.shell(code).splitlines()
        finally:
            installation.redis.kill()
            installation.redis.start()
        seconds = next(float(line.split()[1]) for line in lines if line.startswith("SECONDS"))
        assert seconds < 15  # if each write waited for Redis: 20
        for _ in range(40):
            client.until("change")
