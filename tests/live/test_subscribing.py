"""A screen that follows a list sees everything that happens on it, in order, once."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid

import pytest

from live.db_threads import run_in_db_thread
from live.delivery import change_log
from live.protocol import frames
from shopping_list.models import Membership, ShoppingItem
from shopping_list.rows import topic_of
from tests.support.socket_client import TIMEOUT

pytestmark = pytest.mark.django_db(transaction=True)


def add(groceries, name):
    return groceries.items.create(name=name)


async def test_the_welcome_says_who_and_what(open_client, create_session, ana, groceries, hardware):
    one = await open_client(session=await run_in_db_thread(create_session, ana))
    welcome = await one.next()
    assert welcome["type"] == "welcome"
    assert welcome["protocol"] == 1
    assert welcome["user"] == {"id": ana.pk, "name": "Ana"}
    assert welcome["heartbeat"] == 20
    assert welcome["limits"] == {"topics": 200, "message": 65536, "rate": 20}
    await run_in_db_thread(groceries.refresh_from_db)
    assert {"id": str(groceries.pk), "epoch": groceries.epoch, "version": groceries.version} in (
        welcome["lists"]
    )
    assert len(welcome["lists"]) == 2


async def test_subscribing_gives_a_snapshot_then_live_changes(open_client, ana, groceries):
    await run_in_db_thread(add, groceries, "Milk")
    one = await open_client(ana)
    answer = await one.subscribe(groceries)
    assert (answer["type"], answer["recovered"]) == ("subscribed", False)
    snapshot = await one.next()
    assert snapshot["type"] == "snapshot"
    assert (snapshot["part"], snapshot["parts"]) == (1, 1)
    assert snapshot["version"] == answer["version"]
    assert [item["name"] for item in snapshot["items"]] == ["Milk"]
    await run_in_db_thread(add, groceries, "Bread")
    change = await one.next()
    assert (change["type"], change["verb"]) == ("change", "item.added")
    assert change["version"] == answer["version"] + 1
    assert change["items"][0]["name"] == "Bread"


async def test_every_member_gets_the_same_bytes(open_client, ana, bob, groceries):
    """LIV-2."""
    screens = [await open_client(ana), await open_client(ana), await open_client(bob)]
    for one in screens:
        await one.subscribe(groceries)
        await one.until("snapshot")
    await run_in_db_thread(add, groceries, "Milk")
    received = [await one.next() for one in screens]
    assert received[0] == received[1] == received[2]


async def test_resuming_gives_exactly_what_was_missed(open_client, ana, groceries):
    await run_in_db_thread(groceries.refresh_from_db)
    since = groceries.version
    for name in ("Milk", "Bread", "Salt"):
        await run_in_db_thread(add, groceries, name)
    one = await open_client(ana)
    answer = await one.subscribe(groceries, since=since, epoch=groceries.epoch)
    assert answer["recovered"] is True
    assert answer["version"] == since + 3
    changes = [await one.next() for _ in range(3)]
    assert [change["version"] for change in changes] == [since + 1, since + 2, since + 3]
    assert await one.drain() == []


async def test_resuming_where_one_is_gives_nothing(open_client, ana, groceries):
    await run_in_db_thread(groceries.refresh_from_db)
    one = await open_client(ana)
    answer = await one.subscribe(groceries, since=groceries.version, epoch=groceries.epoch)
    assert (answer["recovered"], answer["version"]) == (True, groceries.version)
    assert await one.drain() == []


async def test_a_reading_kept_from_before_serves_whoever_was_here_since(
    open_client, ana, groceries
):
    await run_in_db_thread(groceries.refresh_from_db)
    before = {"since": groceries.version, "epoch": groceries.epoch}
    await run_in_db_thread(add, groceries, "Milk")
    one, other = await open_client(ana), await open_client(ana)
    assert (await one.subscribe(groceries, **before))["recovered"] is True
    for name in ("Bread", "Salt"):
        await run_in_db_thread(add, groceries, name)
        await one.until("change", verb="item.added")
    now = {**before, "since": before["since"] + 2}
    answer = await other.subscribe(groceries, **now)
    assert (answer["recovered"], answer["version"]) == (True, before["since"] + 3)
    assert (await other.next())["version"] == before["since"] + 3


@pytest.mark.parametrize("position", ["ahead", "other epoch", "before the log", "negative"])
async def test_a_position_that_cannot_be_resumed_gets_a_snapshot(
    open_client, ana, groceries, position
):
    """LIV-7."""
    await run_in_db_thread(add, groceries, "Milk")
    await run_in_db_thread(groceries.refresh_from_db)
    since, epoch = groceries.version, groceries.epoch
    if position == "ahead":
        since += 1
    elif position == "other epoch":
        epoch = "zzzzzzzz"
    elif position == "before the log":
        from shopping_list.models import Activity

        await run_in_db_thread(
            Activity.objects.filter(list_id=groceries.pk, version__lt=since).delete
        )
        since -= 2
    else:
        since = -1
    one = await open_client(ana)
    answer = await one.subscribe(groceries, since=since, epoch=epoch)
    assert answer["recovered"] is False
    assert answer["epoch"] == groceries.epoch
    assert (await one.next())["type"] == "snapshot"


@pytest.mark.parametrize(
    ("limit", "value"), [("MAX_RESUME_CHANGES", 2), ("MAX_RESUME_BYTES", 1_000)]
)
async def test_too_much_to_resume_gets_a_snapshot(
    open_client, ana, groceries, monkeypatch, limit, value
):
    monkeypatch.setattr(change_log, limit, value)
    await run_in_db_thread(groceries.refresh_from_db)
    since = groceries.version
    for name in ("Milk", "Bread", "Salt"):
        await run_in_db_thread(add, groceries, name)
    one = await open_client(ana)
    answer = await one.subscribe(groceries, since=since, epoch=groceries.epoch)
    assert answer["recovered"] is False
    answer = await one.subscribe(groceries, since=since + 2, epoch=groceries.epoch)
    assert answer["recovered"] is True


async def test_a_long_list_comes_in_parts_of_one_version(open_client, ana, groceries):
    items = [ShoppingItem(shopping_list=groceries, name=f"Item {n}") for n in range(4_100)]
    await run_in_db_thread(ShoppingItem.objects.bulk_create, items)
    one = await open_client(ana)
    answer = await one.subscribe(groceries)
    parts = [await one.next() for _ in range(3)]
    assert [(part["part"], part["parts"]) for part in parts] == [(1, 3), (2, 3), (3, 3)]
    assert {part["version"] for part in parts} == {answer["version"]}
    assert [len(part["items"]) for part in parts] == [2_000, 2_000, 100]


async def test_a_part_of_long_items_holds_fewer_of_them(open_client, ana, groceries):
    items = [
        ShoppingItem(shopping_list=groceries, name=f"Item {n}", note="\N{EURO SIGN}" * 1_000)
        for n in range(400)
    ]
    await run_in_db_thread(ShoppingItem.objects.bulk_create, items)
    one = await open_client(ana)
    await one.subscribe(groceries)
    parts = [await one.next()]
    while len(parts) < parts[0]["parts"]:
        parts.append(await one.next())
    assert len(parts) > 1
    assert sum(len(part["items"]) for part in parts) == 400
    assert all(len(json.dumps(part, ensure_ascii=False).encode()) < 1_000_000 for part in parts)


async def test_forbidden_and_unknown_get_the_same_answer(open_client, mallory, groceries):
    """LIV-13."""
    one = await open_client(mallory)
    unknown = f"list:{uuid.uuid4()}"
    answers = []
    for topic in (topic_of(groceries.pk), unknown, "ops", "nothing", "list:x"):
        answer = await one.subscribe(topic)
        answer.pop("id")
        answers.append(answer)
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["code"] == "not_found"
    await run_in_db_thread(add, groceries, "Milk")
    assert await one.drain() == []


async def test_a_member_who_was_added_silently_is_found_in_the_database(
    open_client, live_runtime, mallory, groceries
):
    one = await open_client(mallory)
    member = Membership(shopping_list=groceries, user=mallory, role="viewer")
    await run_in_db_thread(Membership.objects.bulk_create, [member])
    live_runtime.registry._users[mallory.pk].lists.clear()
    assert (await one.subscribe(groceries))["type"] == "subscribed"


async def test_unsubscribing_ends_the_changes(open_client, ana, groceries):
    one = await open_client(ana)
    await one.subscribe(groceries)
    await one.until("snapshot")
    await one.send(type="unsubscribe", topic=topic_of(groceries.pk), id=3)
    assert await one.next() == {"type": "unsubscribed", "topic": topic_of(groceries.pk), "id": 3}
    await run_in_db_thread(add, groceries, "Milk")
    assert await one.drain() == []


async def test_subscribing_again_starts_from_the_new_position(open_client, ana, groceries):
    one = await open_client(ana)
    first = await one.subscribe(groceries)
    await one.until("snapshot")
    again = await one.subscribe(groceries, since=first["version"], epoch=first["epoch"])
    assert again["recovered"] is True
    await run_in_db_thread(add, groceries, "Milk")
    assert [frame["type"] for frame in [await one.next()]] == ["change"]
    assert await one.drain() == []


async def test_the_address_of_a_list_subscribes_by_itself(
    open_client, create_token, ana, groceries
):
    token = await run_in_db_thread(create_token, ana)
    one = await open_client(path=f"/ws/lists/{groceries.pk}/", token=token, origin=None)
    received = [await one.next() for _ in range(3)]
    assert [frame["type"] for frame in received] == ["welcome", "subscribed", "snapshot"]


async def test_the_address_of_a_list_resumes(open_client, create_token, ana, groceries):
    await run_in_db_thread(add, groceries, "Milk")
    await run_in_db_thread(groceries.refresh_from_db)
    since, epoch = groceries.version - 1, groceries.epoch
    token = await run_in_db_thread(create_token, ana)
    path = f"/ws/lists/{groceries.pk}/?since={since}&epoch={epoch}"
    one = await open_client(path=path, token=token, origin=None)
    received = [await one.next() for _ in range(3)]
    assert [frame["type"] for frame in received] == ["welcome", "subscribed", "change"]


@pytest.mark.parametrize(
    "query_string", ["since=x&epoch=y", "since=1", "epoch=k3f9a2xx", "since=-1&epoch=a"]
)
async def test_a_malformed_position_in_the_address_is_told(
    open_client, create_token, ana, groceries, query_string
):
    token = await run_in_db_thread(create_token, ana)
    one = await open_client(
        path=f"/ws/lists/{groceries.pk}/?{query_string}", token=token, origin=None
    )
    assert (await one.until("error"))["code"] == "bad_frame"


async def test_two_thousand_resuming_sockets_cost_five_queries(
    live_runtime, open_client, ana, groceries, monkeypatch
):
    """LIV-8."""
    from live.connections.state_machine import StartSubscription

    await run_in_db_thread(groceries.refresh_from_db)
    since, epoch = groceries.version, groceries.epoch
    for number in range(20):
        await run_in_db_thread(add, groceries, f"Item {number}")
    counted = []
    for name in ("read_tail", "read_snapshot", "list_states"):
        original = getattr(change_log, name)

        def counting(*args, original=original, name=name, **kwargs):
            counted.append(name)
            return original(*args, **kwargs)

        monkeypatch.setattr(change_log, name, counting)
    one = await open_client(ana)
    connection = next(live_runtime.registry.all_connections())
    others = []
    for number in range(2_000):
        other = _Deaf(connection)
        others.append(other)
        wanted = StartSubscription(topic_of(groceries.pk), since=since + number % 20, epoch=epoch)
        other.task = asyncio.ensure_future(
            live_runtime.subscriptions.subscribe(other.connection, wanted)
        )
    await asyncio.gather(*(other.task for other in others))
    assert all(other.versions == other.expected(since + 20) for other in others)
    assert len(counted) <= 4, counted  # a tail is two queries and counts standings too
    assert one.accepted


class _Deaf:
    """A connection without a socket, that remembers the versions that it was sent."""

    def __init__(self, like):
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
        self.connection.identity = like.identity
        self.connection.on_unsubscribe = like.on_unsubscribe

    def expected(self, end: int) -> list[int]:
        return list(range(end - len(self.versions) + 1, end + 1))


async def test_changes_while_subscribing_are_neither_lost_nor_repeated(open_client, ana, groceries):
    """LIV-6: Writers go on while screens come; each sees a contiguous run to the end."""
    await run_in_db_thread(groceries.refresh_from_db)
    total = 60

    async def write() -> None:
        for number in range(total):
            await run_in_db_thread(add, groceries, f"Item {number}")

    end = groceries.version + total
    writing = asyncio.ensure_future(write())
    runs = []
    for number in range(12):
        one = await open_client(ana)
        position = {"since": groceries.version, "epoch": groceries.epoch} if number % 2 else {}
        answer = await one.subscribe(groceries, **position)
        runs.append((one, answer, groceries.version))
    await writing
    for one, answer, since in runs:
        seen = [] if not answer["recovered"] else [since]
        while not seen or seen[-1] < end:
            frame = await one.next()
            if frame["type"] in {"snapshot", "change"}:
                seen.append(frame["version"])
        assert seen == list(range(seen[0], end + 1))
        assert await one.drain() == []


async def test_a_slow_query_of_one_socket_holds_nobody_else_up(
    open_client, ana, bob, groceries, monkeypatch
):
    """LIV-11."""
    from live.connections import identity

    one, other = await open_client(ana), await open_client(bob)
    started = asyncio.Event()
    loop = asyncio.get_running_loop()
    go_on = threading.Event()

    def slow(*args):
        loop.call_soon_threadsafe(started.set)
        assert go_on.wait(TIMEOUT)

    monkeypatch.setattr(identity, "list_position", slow)
    await one.send(type="subscribe", topic=f"list:{uuid.uuid4()}")
    await started.wait()
    await other.drain()
    go_on.set()
    assert (await one.next())["code"] == "not_found"


def test_limits_of_the_protocol_are_the_published_ones():
    assert (frames.MAX_RESUME_CHANGES, frames.MAX_RESUME_BYTES) == (500, 262_144)
