"""A client that subscribes to a list gets every change of it, in order, exactly once."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from urllib.parse import urlencode

import pytest
from django.db import OperationalError

from live import runtime
from live.db_threads import run_in_db_thread
from live.delivery import change_log
from live.protocol import frames
from shopping_list.models import Activity, Membership, ShoppingItem
from shopping_list.rows import topic_of
from tests.live.conftest import INTERVALS
from tests.support.positions import position_after, position_in, position_of
from tests.support.socket_client import TIMEOUT

pytestmark = pytest.mark.django_db(transaction=True)


def add(groceries, name):
    return groceries.items.create(name=name)


async def test_welcome_has_user_limits_and_list_positions(
    open_client, create_session, ana, groceries, hardware
):
    client = await open_client(session=await run_in_db_thread(create_session, ana))
    welcome = await client.next()
    assert welcome["type"] == "welcome"
    assert welcome["protocol"] == 1
    assert welcome["user"] == {"id": ana.pk, "name": "Ana"}
    assert welcome["heartbeat"] == 20
    limits = {"topics": 200, "message": 65536, "rate": 20}
    assert welcome["limits"] == {**limits, "presence": INTERVALS.presence_lease}
    await run_in_db_thread(groceries.refresh_from_db)
    position = {
        "id": str(groceries.pk),
        "epoch": groceries.epoch,
        "version": groceries.version,
        "digest": groceries.digest,
    }
    assert position in welcome["lists"]
    assert len(welcome["lists"]) == 2


async def test_new_subscription_gets_snapshot_then_live_changes(open_client, ana, groceries):
    await run_in_db_thread(add, groceries, "Milk")
    client = await open_client(ana)
    reply = await client.subscribe(groceries)
    assert (reply["type"], reply["recovered"]) == ("subscribed", False)
    snapshot = await client.next()
    assert snapshot["type"] == "snapshot"
    assert (snapshot["part"], snapshot["parts"]) == (1, 1)
    assert snapshot["version"] == reply["version"]
    assert [item["name"] for item in snapshot["items"]] == ["Milk"]
    await run_in_db_thread(add, groceries, "Bread")
    change = await client.next()
    assert (change["type"], change["verb"]) == ("change", "item.added")
    assert change["version"] == reply["version"] + 1
    assert change["items"][0]["name"] == "Bread"


async def test_every_member_gets_the_same_frame(open_client, ana, bob, groceries):
    """LIV-2."""
    clients = [await open_client(ana), await open_client(ana), await open_client(bob)]
    for client in clients:
        await client.subscribe(groceries)
        await client.until("snapshot")
    await run_in_db_thread(add, groceries, "Milk")
    received = [await client.next() for client in clients]
    assert received[0] == received[1] == received[2]


async def test_resumed_subscription_gets_exactly_the_missed_changes(open_client, ana, groceries):
    await run_in_db_thread(groceries.refresh_from_db)
    position, since = position_of(groceries), groceries.version
    for name in ("Milk", "Bread", "Salt"):
        await run_in_db_thread(add, groceries, name)
    client = await open_client(ana)
    reply = await client.subscribe(groceries, **position)
    assert reply["recovered"] is True
    assert reply["version"] == since + 3
    changes = [await client.next() for _ in range(3)]
    assert [change["version"] for change in changes] == [since + 1, since + 2, since + 3]
    assert await client.drain() == []


async def test_resumed_subscription_gets_nothing_when_already_up_to_date(
    open_client, ana, groceries
):
    await run_in_db_thread(groceries.refresh_from_db)
    client = await open_client(ana)
    reply = await client.subscribe(groceries, **position_of(groceries))
    assert (reply["recovered"], reply["version"]) == (True, groceries.version)
    assert await client.drain() == []


async def test_cached_replay_serves_client_that_resumes_from_a_later_version(
    open_client, ana, groceries
):
    await run_in_db_thread(groceries.refresh_from_db)
    position = position_of(groceries)
    await run_in_db_thread(add, groceries, "Milk")
    client, other_client = await open_client(ana), await open_client(ana)
    assert (await client.subscribe(groceries, **position))["recovered"] is True
    for name in ("Bread", "Salt"):
        await run_in_db_thread(add, groceries, name)
        await client.until("change", verb="item.added")
    later_position = await run_in_db_thread(position_after, groceries, position["since"] + 2)
    reply = await other_client.subscribe(groceries, **later_position)
    assert (reply["recovered"], reply["version"]) == (True, position["since"] + 3)
    assert (await other_client.next())["version"] == position["since"] + 3


@pytest.mark.parametrize(
    "problem",
    [
        "ahead",
        "other epoch",
        "other digest",
        "other digest of an earlier version",
        "before the log",
        "negative",
        "no epoch",
        "no digest",
    ],
)
async def test_subscription_gets_snapshot_when_position_cannot_be_resumed(
    open_client, ana, groceries, problem
):
    """LIV-7, POS-1."""
    await run_in_db_thread(add, groceries, "Milk")
    await run_in_db_thread(groceries.refresh_from_db)
    position, version = position_of(groceries), groceries.version
    earlier = await run_in_db_thread(position_after, groceries, version - 1)
    if problem == "before the log":
        changes = Activity.objects.filter(list_id=groceries.pk, version__lte=version - 1)
        await run_in_db_thread(changes.delete)
        earlier["since"] -= 1
    position = {
        "ahead": {**position, "since": version + 1},
        "other epoch": {**position, "epoch": "zzzzzzzz"},
        "other digest": {**position, "digest": earlier["digest"]},
        "other digest of an earlier version": {**position, "since": version - 1},
        "before the log": earlier,
        "negative": {**position, "since": -1},
        "no epoch": {"since": version, "digest": groceries.digest},
        "no digest": {"since": version, "epoch": groceries.epoch},
    }[problem]
    client = await open_client(ana)
    reply = await client.subscribe(groceries, **position)
    assert reply["recovered"] is False
    assert reply["epoch"] == groceries.epoch
    assert (await client.next())["type"] == "snapshot"


@pytest.mark.parametrize(
    ("limit", "value"), [("MAX_RESUME_CHANGES", 2), ("MAX_RESUME_BYTES", 1_000)]
)
async def test_subscription_gets_snapshot_when_missed_changes_exceed_limit(
    open_client, ana, groceries, monkeypatch, limit, value
):
    monkeypatch.setattr(change_log, limit, value)
    await run_in_db_thread(groceries.refresh_from_db)
    position = position_of(groceries)
    for name in ("Milk", "Bread", "Salt"):
        await run_in_db_thread(add, groceries, name)
    client = await open_client(ana)
    reply = await client.subscribe(groceries, **position)
    assert reply["recovered"] is False
    later_position = await run_in_db_thread(position_after, groceries, position["since"] + 2)
    reply = await client.subscribe(groceries, **later_position)
    assert reply["recovered"] is True


async def test_snapshot_of_long_list_is_sent_in_parts_of_one_version(open_client, ana, groceries):
    items = [ShoppingItem(shopping_list=groceries, name=f"Item {n}") for n in range(4_100)]
    await run_in_db_thread(ShoppingItem.objects.bulk_create, items)
    client = await open_client(ana)
    reply = await client.subscribe(groceries)
    parts = [await client.next() for _ in range(3)]
    assert [(part["part"], part["parts"]) for part in parts] == [(1, 3), (2, 3), (3, 3)]
    assert {part["version"] for part in parts} == {reply["version"]}
    assert [len(part["items"]) for part in parts] == [2_000, 2_000, 100]


async def test_snapshot_part_has_fewer_items_when_items_are_long(open_client, ana, groceries):
    items = [
        ShoppingItem(shopping_list=groceries, name=f"Item {n}", note="\N{EURO SIGN}" * 1_000)
        for n in range(400)
    ]
    await run_in_db_thread(ShoppingItem.objects.bulk_create, items)
    client = await open_client(ana)
    await client.subscribe(groceries)
    parts = [await client.next()]
    while len(parts) < parts[0]["parts"]:
        parts.append(await client.next())
    assert len(parts) > 1
    assert sum(len(part["items"]) for part in parts) == 400
    assert all(len(json.dumps(part, ensure_ascii=False).encode()) < 1_000_000 for part in parts)


async def test_forbidden_topic_gets_the_same_error_as_unknown_topic(
    open_client, mallory, groceries
):
    """LIV-13."""
    client = await open_client(mallory)
    unknown = f"list:{uuid.uuid4()}"
    replies = []
    for topic in (topic_of(groceries.pk), unknown, "ops", "nothing", "list:x"):
        reply = await client.subscribe(topic)
        reply.pop("id")
        replies.append(reply)
    assert all(reply == replies[0] for reply in replies)
    assert replies[0]["code"] == "not_found"
    await run_in_db_thread(add, groceries, "Milk")
    assert await client.drain() == []


async def test_silently_added_member_can_subscribe(open_client, live_runtime, mallory, groceries):
    client = await open_client(mallory)
    member = Membership(shopping_list=groceries, user=mallory, role="viewer")
    await run_in_db_thread(Membership.objects.bulk_create, [member])
    live_runtime.registry.users[mallory.pk].lists.clear()
    assert (await client.subscribe(groceries))["type"] == "subscribed"


async def test_unsubscribed_client_gets_no_more_changes(open_client, ana, groceries):
    client = await open_client(ana)
    await client.subscribe(groceries)
    await client.until("snapshot")
    await client.send(type="unsubscribe", topic=topic_of(groceries.pk), id=3)
    assert await client.next() == {"type": "unsubscribed", "topic": topic_of(groceries.pk), "id": 3}
    await run_in_db_thread(add, groceries, "Milk")
    assert await client.drain() == []


async def test_second_subscription_continues_from_its_own_position(open_client, ana, groceries):
    client = await open_client(ana)
    first = await client.subscribe(groceries)
    await client.until("snapshot")
    second = await client.subscribe(groceries, **position_in(first))
    assert second["recovered"] is True
    await run_in_db_thread(add, groceries, "Milk")
    assert [frame["type"] for frame in [await client.next()]] == ["change"]
    assert await client.drain() == []


async def test_list_address_subscribes_automatically(open_client, create_token, ana, groceries):
    token = await run_in_db_thread(create_token, ana)
    client = await open_client(path=f"/ws/lists/{groceries.pk}/", token=token, origin=None)
    received = [await client.next() for _ in range(3)]
    assert [frame["type"] for frame in received] == ["welcome", "subscribed", "snapshot"]


async def test_subscription_that_the_database_fails_is_refused_for_a_moment(
    open_client, create_token, monkeypatch, ana, groceries
):
    """LIV-60"""
    token = await run_in_db_thread(create_token, ana)
    client = await open_client(ana)

    def fail(*arguments, **options):
        raise OperationalError("the server closed the connection unexpectedly")

    monkeypatch.setattr(change_log, "read_snapshot", fail)
    refusal = await client.subscribe(groceries)
    assert (refusal["type"], refusal["code"]) == ("error", "unavailable")
    assert refusal["retry_in"] > 0
    script = await open_client(path=f"/ws/lists/{groceries.pk}/", token=token, origin=None)
    assert (await script.until("error"))["code"] == "unavailable"
    assert await script.wait_closed() == 4005
    assert script.frames[-1]["retry_in"] > 0
    monkeypatch.undo()
    assert (await client.subscribe(groceries))["type"] == "subscribed"


async def test_list_address_resumes_from_position_in_query(
    open_client, create_token, ana, groceries
):
    await run_in_db_thread(add, groceries, "Milk")
    await run_in_db_thread(groceries.refresh_from_db)
    position = await run_in_db_thread(position_after, groceries, groceries.version - 1)
    token = await run_in_db_thread(create_token, ana)
    path = f"/ws/lists/{groceries.pk}/?{urlencode(position)}"
    client = await open_client(path=path, token=token, origin=None)
    received = [await client.next() for _ in range(3)]
    assert [frame["type"] for frame in received] == ["welcome", "subscribed", "change"]


@pytest.mark.parametrize(
    "query_string", ["since=x&epoch=y&digest=z", "since=1e3", "since=1.5", "since=-1"]
)
async def test_list_address_returns_bad_frame_when_position_is_malformed(
    open_client, create_token, ana, groceries, query_string
):
    token = await run_in_db_thread(create_token, ana)
    client = await open_client(
        path=f"/ws/lists/{groceries.pk}/?{query_string}", token=token, origin=None
    )
    assert (await client.until("error"))["code"] == "bad_frame"


async def test_two_thousand_resuming_clients_cost_five_queries(
    live_runtime, open_client, ana, groceries, monkeypatch
):
    """LIV-8."""
    from live.connections.state_machine import StartSubscription

    await run_in_db_thread(groceries.refresh_from_db)
    since = groceries.version
    for number in range(20):
        await run_in_db_thread(add, groceries, f"Item {number}")
    positions = [
        await run_in_db_thread(position_after, groceries, since + number) for number in range(20)
    ]
    calls = []
    for name in ("read_tail", "read_snapshot", "list_states"):
        original = getattr(change_log, name)

        def counting_call(*args, original=original, name=name, **kwargs):
            calls.append(name)
            return original(*args, **kwargs)

        monkeypatch.setattr(change_log, name, counting_call)
    client = await open_client(ana)
    connection = next(live_runtime.registry.all_connections())
    recorders = []
    for number in range(2_000):
        recorder = _RecordingClient(connection)
        recorders.append(recorder)
        wanted = StartSubscription(topic_of(groceries.pk), **positions[number % 20])
        recorder.task = asyncio.ensure_future(
            live_runtime.subscriptions.subscribe(recorder.connection, wanted)
        )
    await asyncio.gather(*(recorder.task for recorder in recorders))
    assert all(recorder.versions == recorder.expected(since + 20) for recorder in recorders)
    assert len(calls) <= 4, calls  # read_tail runs two queries and calls list_states
    assert client.accepted


class _RecordingClient:
    """A connection without a socket that records the versions that are sent to it."""

    def __init__(self, template):
        import json

        from live.connections.connection import Connection

        self.versions: list[int] = []
        self.first: int | None = None

        async def send(message):
            for line in message["text"].split("\n"):
                frame = json.loads(line)
                if frame["type"] == "change":
                    self.versions.append(frame["version"])

        self.connection = Connection(send, finish=lambda: None)
        self.connection.identity = template.identity
        self.connection.on_unsubscribe = template.on_unsubscribe

    def expected(self, end: int) -> list[int]:
        return list(range(end - len(self.versions) + 1, end + 1))


async def test_changes_made_while_subscribing_arrive_exactly_once(open_client, ana, groceries):
    """LIV-6: Clients subscribe while writes continue; each gets a contiguous run to the end."""
    await run_in_db_thread(groceries.refresh_from_db)
    total = 60

    async def write() -> None:
        for number in range(total):
            await run_in_db_thread(add, groceries, f"Item {number}")

    end = groceries.version + total
    writing = asyncio.ensure_future(write())
    subscriptions = []
    for number in range(12):
        client = await open_client(ana)
        position = position_of(groceries) if number % 2 else {}
        reply = await client.subscribe(groceries, **position)
        subscriptions.append((client, reply, groceries.version))
    await writing
    for client, reply, since in subscriptions:
        versions = [] if not reply["recovered"] else [since]
        while not versions or versions[-1] < end:
            frame = await client.next()
            if frame["type"] in {"snapshot", "change"}:
                versions.append(frame["version"])
        assert versions == list(range(versions[0], end + 1))
        assert await client.drain() == []


async def test_slow_query_of_one_client_does_not_block_another_client(
    open_client, ana, bob, groceries, monkeypatch
):
    """LIV-11."""
    from live.connections import identity

    client, other_client = await open_client(ana), await open_client(bob)
    started = asyncio.Event()
    loop = asyncio.get_running_loop()
    resume = threading.Event()

    def slow_position(*args):
        loop.call_soon_threadsafe(started.set)
        assert resume.wait(TIMEOUT)

    monkeypatch.setattr(identity, "list_position", slow_position)
    await client.send(type="subscribe", topic=f"list:{uuid.uuid4()}")
    await started.wait()
    await other_client.drain()
    resume.set()
    assert (await client.next())["code"] == "not_found"


def test_resume_limits_equal_the_published_ones():
    assert (frames.MAX_RESUME_CHANGES, frames.MAX_RESUME_BYTES) == (500, 262_144)


async def test_snapshots_of_one_list_are_limited_for_one_socket(open_client, ana, groceries):
    """LIV-49: a resume and another socket do not wait."""
    client, other = await open_client(ana), await open_client(ana)
    topic = topic_of(groceries.pk)
    times = []
    for _ in range(2):
        await client.send(type="subscribe", topic=topic)
        snapshot = await client.until("snapshot")
        times.append(time.monotonic())
    await other.send(type="subscribe", topic=topic)
    await other.until("snapshot")
    position = {name: snapshot[name] for name in ("epoch", "digest")}
    await client.send(type="subscribe", topic=topic, since=snapshot["version"], **position)
    assert (await client.until("subscribed"))["recovered"] is True
    # They are received a little later than they were sent.
    assert times[1] - times[0] >= 0.5 * runtime.get_runtime().intervals.snapshot_interval
