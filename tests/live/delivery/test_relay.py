"""Every queue gets 1, 2, 3 ... n, even if the layer loses, repeats or reorders messages."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest
from channels.layers import get_channel_layer
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from live.db_threads import run_in_db_thread
from live.delivery import log_repair, ordered_delivery
from live.delivery import relay as module
from live.delivery.access_changes import NO_CHANGES
from live.delivery.change_sequence import ChangeSequence
from live.delivery.hub import Hub
from live.delivery.local_bus import GroupMessage, group_name
from live.delivery.readings import ListState, LoggedChange, Position, Tail
from live.delivery.relay import Relay
from live.delivery.send_queue import SendQueue
from live.intervals import Intervals
from shopping_list.models import Activity, ShoppingList
from shopping_list.rows import topic_of
from tests.support.socket_client import TIME_SCALE, eventually

LIST = uuid.UUID("8f0e7a4e-5d2c-4a8e-9b6e-1c2d3e4f5a6b")


class IgnoringAccessListener:
    """An access listener that ignores every call."""

    def on_access_changed(self, *_args) -> None: ...

    def on_list_deleted(self, *_args) -> None: ...


async def check_nothing() -> None: ...


def new_relay(hub: Hub) -> Relay:
    """Return a relay that compares all positions every 4 ms."""
    return Relay(
        hub=hub,
        access_listener=IgnoringAccessListener(),
        before_restart=check_nothing,
        intervals=Intervals().scaled(0.002),
    )


def state(version: int) -> ListState:
    return ListState(Position("e", version, str(version)), exists=True)


class Reader:
    def __init__(self) -> None:
        self.versions: list[int] = []
        self.send_queue = SendQueue(self._read)

    def _read(self) -> None:
        while (batch := self.send_queue.take()) is not None:
            self.versions.extend(int(text) for text in batch.message["text"].split("\n"))


def message(version: int, epoch: str = "e") -> dict:
    return {
        "type": "live.change",
        "list": str(LIST),
        "epoch": epoch,
        "version": version,
        "base": str(version - 1),
        "digest": str(version),
        "frame": str(version).encode(),
    }


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 100_000), total=st.integers(1, 30))
def test_changes_are_delivered_in_order_when_layer_loses_messages(seed, total):
    """LIV-1: Half of the messages are lost, some arrive twice, all in any order."""

    async def run() -> None:
        random = Random(seed)
        committed = 0

        def read_tail(_list_id, *, epoch, since):
            changes = tuple(
                LoggedChange(v, str(v - 1), str(v), str(v), NO_CHANGES)
                for v in range(since + 1, committed + 1)
            )
            return state(committed), Tail(epoch, since, str(since), changes)

        async def read_in_thread(work, *args, **kwargs):
            await asyncio.sleep(random.choice([0, 0.001]))
            return work(*args, **kwargs)

        patch = pytest.MonkeyPatch()
        patch.setattr(log_repair, "read_tail", read_tail)
        patch.setattr(log_repair, "list_states", lambda ids: {LIST: state(committed)})
        patch.setattr(log_repair, "run_in_db_thread", read_in_thread)
        hub = Hub(loop=asyncio.get_running_loop(), interval=0.0005)
        relay = new_relay(hub)
        relay.start()
        try:
            watch = relay.watch(LIST)
            watch.sequence = ChangeSequence(Position("e", 0, "0"))
            reader = Reader()
            hub.attach(topic_of(LIST), reader.send_queue)
            pending: list[int] = []
            for version in range(1, total + 1):
                committed = version
                pending += [version] * random.choice([0, 0, 1, 1, 2])
                random.shuffle(pending)
                while pending and random.random() < 0.6:
                    relay.receive(message(pending.pop()))
                if random.random() < 0.3:
                    await asyncio.sleep(0)
            await eventually(lambda: len(reader.versions) >= total)
            assert reader.versions == list(range(1, total + 1))
        finally:
            await relay.stop()
            hub.close()
            patch.undo()

    asyncio.run(run())


async def test_lists_that_are_late_are_not_all_read_at_once(monkeypatch):
    """LIV-67"""
    lists = [uuid.UUID(int=number) for number in range(12)]
    reading: set[uuid.UUID] = set()
    read: list[uuid.UUID] = []
    counts: list[int] = []

    def receive_late_messages() -> None:
        for list_id in lists[6:]:
            relay.receive(message(1) | {"list": str(list_id)})

    async def read_in_thread(work, *args, **kwargs):
        if work is log_repair.list_states:
            return {list_id: state(1) for list_id in lists}
        list_id = args[0]
        read.append(list_id)
        reading.add(list_id)
        counts.append(len(reading))
        await asyncio.sleep(0.001)
        reading.remove(list_id)
        if list_id == lists[0]:
            receive_late_messages()
        return state(1), Tail("e", 0, "0", (LoggedChange(1, "0", "1", "1", NO_CHANGES),))

    monkeypatch.setattr(log_repair, "run_in_db_thread", read_in_thread)
    hub = Hub(loop=asyncio.get_running_loop(), interval=0.0005)
    relay = new_relay(hub)
    readers = {list_id: Reader() for list_id in lists}
    for list_id, reader in readers.items():
        relay.watch(list_id).sequence = ChangeSequence(Position("e", 0, "0"))
        hub.attach(topic_of(list_id), reader.send_queue)
    relay.start()
    await eventually(lambda: all(reader.versions for reader in readers.values()))
    await relay.stop()
    hub.close()
    assert [reader.versions for reader in readers.values()] == [[1]] * 12
    assert sorted(read) == lists[:6]
    assert max(counts) == log_repair.REPAIRS_AT_ONCE


pytestmark = [pytest.mark.usefixtures("asyncio_debug"), pytest.mark.django_db(transaction=True)]


@contextmanager
def lost_messages() -> Iterator[None]:
    """Record changes as another process does whose messages are lost."""
    from live.delivery import publisher

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publisher, "_send", lambda outgoing: None)
        yield


def record_without_message(groceries: ShoppingList, name: str) -> None:
    with lost_messages():
        groceries.items.create(name=name)


async def test_reconciling_delivers_change_when_its_message_is_lost(open_client, ana, groceries):
    """LIV-4."""
    client = await open_client(ana)
    reply = await client.subscribe(groceries)
    await client.until("snapshot")
    await run_in_db_thread(record_without_message, groceries, "Milk")
    change = await client.until("change")
    assert change["version"] == reply["version"] + 1


async def test_gap_is_repaired_from_log(open_client, live_runtime, ana, groceries):
    client = await open_client(ana)
    reply = await client.subscribe(groceries)
    await client.until("snapshot")
    live_runtime.relay._log_repair._reconcile_task.cancel()
    await run_in_db_thread(record_without_message, groceries, "Milk")
    await run_in_db_thread(groceries.items.create, name="Bread")
    changes = [await client.until("change") for _ in range(2)]
    first_version = reply["version"] + 1
    assert [change["version"] for change in changes] == [first_version, first_version + 1]


async def test_message_of_another_process_is_delivered_once(
    open_client, live_runtime, ana, groceries
):
    """Only the layer delivers it: neither reconciling nor the local publisher does."""
    client = await open_client(ana)
    await client.subscribe(groceries)
    await client.until("snapshot")
    live_runtime.relay._log_repair._reconcile_task.cancel()
    await run_in_db_thread(record_without_message, groceries, "Milk")
    activity = await run_in_db_thread(
        lambda: Activity.objects.filter(list_id=groceries.pk).latest("version")
    )
    change_message = {
        "type": "live.change",
        "list": str(groceries.pk),
        "epoch": activity.epoch,
        "version": activity.version,
        "base": activity.base,
        "digest": activity.digest,
        "frame": bytes(activity.frame),
    }
    for _ in range(3):
        await get_channel_layer().group_send(group_name(groceries.pk), change_message)
    assert (await client.until("change"))["version"] == activity.version
    assert [f for f in await client.drain() if f["type"] == "change"] == []


async def test_new_epoch_sends_snapshot_to_subscribers(open_client, ana, groceries):
    client = await open_client(ana)
    await client.subscribe(groceries)
    await client.until("snapshot")

    def restore() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE shopping_list_shoppinglist SET epoch = 'restored', version = 1")

    await run_in_db_thread(restore)
    snapshot = await client.until("snapshot")
    assert (snapshot["epoch"], snapshot["version"]) == ("restored", 1)


@pytest.mark.unrecorded_writes
async def test_subscribers_get_snapshot_when_log_cannot_fill_gap(open_client, ana, groceries):
    client = await open_client(ana)
    reply = await client.subscribe(groceries)
    await client.until("snapshot")

    def lose_change() -> None:
        # Together: the reconciler might read both changes before one is lost.
        with lost_messages(), transaction.atomic():
            for name in ("Milk", "Bread"):
                groceries.items.create(name=name)
            lost = reply["version"] + 1
            Activity.objects.filter(list_id=groceries.pk, version=lost).delete()

    await run_in_db_thread(lose_change)
    snapshot = await client.until("snapshot")
    assert len(snapshot["items"]) == 2


async def test_subscribers_get_snapshot_when_change_exceeds_message_size(
    open_client, ana, groceries, monkeypatch
):
    client = await open_client(ana)
    reply = await client.subscribe(groceries)
    await client.until("snapshot")
    monkeypatch.setattr(ordered_delivery, "MAX_MESSAGE_BYTES", 100)
    await run_in_db_thread(groceries.items.create, name="Milk")
    snapshot = await client.until("snapshot")
    assert snapshot["version"] == reply["version"] + 1
    monkeypatch.undo()
    await run_in_db_thread(groceries.items.create, name="Bread")
    assert (await client.until("change"))["version"] == reply["version"] + 2


async def test_group_is_joined_by_first_and_left_by_last_subscriber(
    open_client, live_runtime, ana, bob, groceries
):
    groups = get_channel_layer().groups
    name = group_name(groceries.pk)
    client, other_client = await open_client(ana), await open_client(bob)
    await client.subscribe(groceries)
    await other_client.subscribe(groceries)
    assert len(groups[name]) == 1
    await client.disconnect()
    assert len(groups[name]) == 1
    await other_client.disconnect()
    await eventually(lambda: name not in groups)


async def test_group_is_joined_again_when_layer_drops_it(open_client, live_runtime, ana, groceries):
    """The in-memory layer drops groups after an unread message, the core layer after a time."""
    client = await open_client(ana)
    await client.subscribe(groceries)
    groups = get_channel_layer().groups
    groups.clear()
    await eventually(lambda: {group_name(groceries.pk), "live.control"} <= set(groups))


class FailingLayer:
    """A layer that fails while `down`."""

    def __init__(self, layer) -> None:
        self.layer = layer
        self.down = True
        self.calls = 0

    def __getattr__(self, name):
        real = getattr(self.layer, name)

        async def call(*args):
            self.calls += 1
            if self.down:
                raise ConnectionError("no layer")
            return await real(*args)

        return call


async def test_changes_are_delivered_when_layer_is_down(ana, bob, groceries, create_session):
    from live import runtime
    from tests.support.socket_client import SocketClient

    patch = pytest.MonkeyPatch()
    layer = FailingLayer(get_channel_layer())
    patch.setattr(module, "get_channel_layer", lambda: layer)
    live_runtime = runtime.get_runtime(Intervals().scaled(TIME_SCALE))
    try:
        client = await SocketClient(session=await run_in_db_thread(create_session, ana)).open()
        await client.subscribe(groceries)
        await client.until("snapshot")
        assert not live_runtime.relay.layer_client.is_up
        await run_in_db_thread(groceries.items.create, name="Milk")
        assert (await client.until("change"))["verb"] == "item.added"
        layer.down = False
        await eventually(lambda: group_name(groceries.pk) in layer.layer.groups)
        layer.down = True
        live_runtime.relay.layer_client.send(GroupMessage("g", {"type": "x"}))
        await eventually(lambda: not live_runtime.relay.layer_client.is_up)
        await run_in_db_thread(record_without_message, groceries, "Bread")
        assert (await client.until("change"))["items"][0]["name"] == "Bread"
        layer.down = False
    finally:
        await runtime.stop()
        patch.undo()


async def test_layer_stays_down_while_only_joining_succeeds():
    """LIV-54: redis-pubsub joins a group that it knows without asking Redis."""
    from live import runtime

    patch = pytest.MonkeyPatch()
    layer = FailingLayer(get_channel_layer())
    layer.down = False
    patch.setattr(module, "get_channel_layer", lambda: layer)
    live_runtime = runtime.get_runtime(Intervals().scaled(TIME_SCALE))
    client = live_runtime.relay.layer_client
    states = []
    try:
        await eventually(lambda: "live.control" in layer.layer.groups)

        async def group_send(*args):
            states.append(client.is_up)
            if layer.down:
                raise ConnectionError("no layer")
            await layer.layer.group_send(*args)

        layer.group_send = group_send
        layer.group_add = layer.layer.group_add
        layer.down = True
        await eventually(lambda: len(states) >= 8 and not client.is_up)
        assert not any(states[states.index(False) :])
        layer.down = False
        await eventually(lambda: client.is_up)
    finally:
        await runtime.stop()
        patch.undo()
