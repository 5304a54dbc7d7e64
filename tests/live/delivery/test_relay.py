"""Whatever the layer loses, repeats or reorders, every mailbox sees 1, 2, 3 ... n."""

from __future__ import annotations

import asyncio
import uuid
from random import Random

import pytest
from channels.layers import get_channel_layer
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from live.db_threads import run_in_db_thread
from live.delivery import relay as module
from live.delivery.access_changes import NO_CHANGES
from live.delivery.change_log import ListState, LoggedChange, Tail
from live.delivery.change_sequence import ChangeSequence
from live.delivery.hub import Hub
from live.delivery.local_bus import GroupMessage, group_name
from live.delivery.relay import Relay
from live.delivery.send_queue import SendQueue
from live.intervals import Intervals
from shopping_list.models import Activity, ShoppingList
from shopping_list.rows import topic_of
from tests.support.socket_client import TIME_SCALE, eventually

LIST = uuid.UUID("8f0e7a4e-5d2c-4a8e-9b6e-1c2d3e4f5a6b")


class People:
    """Nobody is told."""

    def changed(self, *_args) -> None: ...

    def list_deleted(self, *_args) -> None: ...


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
        "frame": str(version).encode(),
    }


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 100_000), total=st.integers(1, 30))
def test_a_lossy_layer_and_a_log_make_one_run(seed, total):
    """LIV-1: Half of the messages are lost, some come twice, all in any order."""

    async def run() -> None:
        random = Random(seed)
        committed = 0

        def read_tail(_list_id, *, epoch, since):
            changes = tuple(
                LoggedChange(v, str(v), NO_CHANGES) for v in range(since + 1, committed + 1)
            )
            return ListState(epoch, committed, alive=True), Tail(epoch, since, committed, changes)

        async def reading(work, *args, **kwargs):
            await asyncio.sleep(random.choice([0, 0.001]))
            return work(*args, **kwargs)

        patch = pytest.MonkeyPatch()
        patch.setattr(module, "read_tail", read_tail)
        patch.setattr(
            module, "list_states", lambda ids: {LIST: ListState("e", committed, alive=True)}
        )
        patch.setattr(module, "run_in_db_thread", reading)
        hub = Hub(loop=asyncio.get_running_loop(), interval=0.0005)
        relay = Relay(hub=hub, access_listener=People(), intervals=Intervals().scaled(0.002))
        relay.start()
        try:
            watch = relay.watch(LIST)
            watch.sequence = ChangeSequence("e", 0)
            reader = Reader()
            hub.attach(topic_of(LIST), reader.send_queue)
            waiting: list[int] = []
            for version in range(1, total + 1):
                committed = version
                waiting += [version] * random.choice([0, 0, 1, 1, 2])
                random.shuffle(waiting)
                while waiting and random.random() < 0.6:
                    relay.receive(message(waiting.pop()))
                if random.random() < 0.3:
                    await asyncio.sleep(0)
            await eventually(lambda: len(reader.versions) >= total)
            assert reader.versions == list(range(1, total + 1))
        finally:
            await relay.stop()
            hub.close()
            patch.undo()

    asyncio.run(run())


pytestmark = [pytest.mark.usefixtures("asyncio_debug"), pytest.mark.django_db(transaction=True)]


def unheard(groceries: ShoppingList, name: str) -> None:
    """Record a change as another process would whose message is lost."""
    from live.delivery import publisher

    patch = pytest.MonkeyPatch()
    patch.setattr(publisher, "_send", lambda outgoing: None)
    try:
        groceries.items.create(name=name)
    finally:
        patch.undo()


async def test_a_lost_last_message_is_found_by_reconciling(open_client, ana, groceries):
    """LIV-4."""
    one = await open_client(ana)
    answer = await one.subscribe(groceries)
    await one.until("snapshot")
    await run_in_db_thread(unheard, groceries, "Milk")
    change = await one.until("change")
    assert change["version"] == answer["version"] + 1


async def test_a_message_after_a_lost_one_brings_both(open_client, live_runtime, ana, groceries):
    one = await open_client(ana)
    answer = await one.subscribe(groceries)
    await one.until("snapshot")
    live_runtime.relay._reconciling.cancel()
    await run_in_db_thread(unheard, groceries, "Milk")
    await run_in_db_thread(groceries.items.create, name="Bread")
    changes = [await one.until("change") for _ in range(2)]
    first = answer["version"] + 1
    assert [change["version"] for change in changes] == [first, first + 1]


async def test_a_message_of_another_process_is_delivered(open_client, live_runtime, ana, groceries):
    """The layer alone carries it: no reconcile, no local publisher."""
    one = await open_client(ana)
    await one.subscribe(groceries)
    await one.until("snapshot")
    live_runtime.relay._reconciling.cancel()
    await run_in_db_thread(unheard, groceries, "Milk")
    found = await run_in_db_thread(
        lambda: Activity.objects.filter(list_id=groceries.pk).latest("version")
    )
    told = {
        "type": "live.change",
        "list": str(groceries.pk),
        "epoch": found.epoch,
        "version": found.version,
        "frame": bytes(found.frame),
    }
    for _ in range(3):
        await get_channel_layer().group_send(group_name(groceries.pk), told)
    assert (await one.until("change"))["version"] == found.version
    assert [f for f in await one.drain() if f["type"] == "change"] == []


async def test_another_epoch_makes_everybody_start_over(open_client, ana, groceries):
    one = await open_client(ana)
    await one.subscribe(groceries)
    await one.until("snapshot")

    def restore() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE shopping_list_shoppinglist SET epoch = 'restored', version = 1")

    await run_in_db_thread(restore)
    snapshot = await one.until("snapshot")
    assert (snapshot["epoch"], snapshot["version"]) == ("restored", 1)


async def test_a_log_that_cannot_repair_makes_everybody_start_over(open_client, ana, groceries):
    one = await open_client(ana)
    answer = await one.subscribe(groceries)
    await one.until("snapshot")

    def lose() -> None:
        for name in ("Milk", "Bread"):
            unheard(groceries, name)
        Activity.objects.filter(list_id=groceries.pk, version=answer["version"] + 1).delete()

    await run_in_db_thread(lose)
    snapshot = await one.until("snapshot")
    assert len(snapshot["items"]) == 2


async def test_a_change_too_big_for_a_message_comes_as_a_snapshot(
    open_client, ana, groceries, monkeypatch
):
    one = await open_client(ana)
    answer = await one.subscribe(groceries)
    await one.until("snapshot")
    monkeypatch.setattr(module, "MAX_MESSAGE_BYTES", 100)
    await run_in_db_thread(groceries.items.create, name="Milk")
    snapshot = await one.until("snapshot")
    assert snapshot["version"] == answer["version"] + 1
    monkeypatch.undo()
    await run_in_db_thread(groceries.items.create, name="Bread")
    assert (await one.until("change"))["version"] == answer["version"] + 2


async def test_the_group_is_joined_by_the_first_and_left_by_the_last(
    open_client, live_runtime, ana, bob, groceries
):
    groups = get_channel_layer().groups
    name = group_name(groceries.pk)
    one, other = await open_client(ana), await open_client(bob)
    await one.subscribe(groceries)
    await other.subscribe(groceries)
    assert len(groups[name]) == 1
    await one.disconnect()
    assert len(groups[name]) == 1
    await other.disconnect()
    await eventually(lambda: name not in groups)


async def test_a_layer_that_forgets_us_is_joined_again(open_client, live_runtime, ana, groceries):
    """As the in-memory layer does for one unread message, and the core layer with age."""
    one = await open_client(ana)
    await one.subscribe(groceries)
    groups = get_channel_layer().groups
    groups.clear()
    await eventually(lambda: {group_name(groceries.pk), "live.control"} <= set(groups))


class Down:
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


async def test_a_layer_that_is_down_is_survived(ana, bob, groceries, create_session):
    from live import runtime
    from tests.support.socket_client import SocketClient

    patch = pytest.MonkeyPatch()
    layer = Down(get_channel_layer())
    patch.setattr(module, "get_channel_layer", lambda: layer)
    running = runtime.get_runtime(Intervals().scaled(TIME_SCALE))
    try:
        one = await SocketClient(session=await run_in_db_thread(create_session, ana)).open()
        await one.subscribe(groceries)
        await one.until("snapshot")
        assert not running.relay.layer_client.is_up
        await run_in_db_thread(groceries.items.create, name="Milk")
        assert (await one.until("change"))["verb"] == "item.added"
        layer.down = False
        await eventually(lambda: group_name(groceries.pk) in layer.layer.groups)
        layer.down = True
        running.relay.layer_client.send(GroupMessage("g", {"type": "x"}))
        await eventually(lambda: not running.relay.layer_client.is_up)
        await run_in_db_thread(unheard, groceries, "Bread")
        assert (await one.until("change"))["items"][0]["name"] == "Bread"
        layer.down = False
    finally:
        await runtime.stop()
        patch.undo()
