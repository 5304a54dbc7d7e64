"""Frames reach every mailbox of a topic in order, joined once per tick."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live.delivery.hub import DELIVERIES_PER_SLICE, MAX_BATCH_FRAMES, Hub
from live.delivery.send_queue import Batch, SendQueue

pytestmark = pytest.mark.usefixtures("asyncio_debug")


class Reader:
    """A mailbox that is read at once."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.send_queue = SendQueue(self._read)

    def _read(self) -> None:
        while (batch := self.send_queue.take()) is not None:
            self.batches.append(batch)

    @property
    def frames(self) -> list[str]:
        return [frame for batch in self.batches for frame in batch.message["text"].split("\n")]


@pytest.fixture
def make_hub():
    hubs = []

    def make(**options) -> Hub:
        hubs.append(Hub(loop=asyncio.get_running_loop(), **options))
        return hubs[-1]

    yield make
    for hub in hubs:
        hub.close()


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_quiet_hub_flushes_at_once(make_hub):
    hub, reader = make_hub(interval=60), Reader()
    hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    await turns()
    assert reader.frames == ["1"]


async def test_a_busy_hub_waits_for_its_tick_and_joins(make_hub):
    hub, reader = make_hub(interval=0.02), Reader()
    hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    await turns()
    hub.publish("t", "2")
    hub.publish("t", "3")
    await turns()
    assert reader.frames == ["1"]
    await asyncio.sleep(0.03)
    assert [batch.message["text"] for batch in reader.batches] == ["1", "2\n3"]


async def test_everybody_gets_the_same_object(make_hub):
    hub, readers = make_hub(), [Reader(), Reader()]
    for reader in readers:
        hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    hub.publish("t", "2")
    await turns()
    assert readers[0].batches[0] is readers[1].batches[0]


async def test_nobody_else_hears_a_topic(make_hub):
    hub, reader = make_hub(), Reader()
    hub.attach("t", reader.send_queue)
    hub.publish("u", "1")
    await turns()
    assert reader.frames == []


async def test_a_mailbox_gets_nothing_from_before_it_was_attached(make_hub):
    hub, early, late = make_hub(interval=60), Reader(), Reader()
    hub.attach("t", early.send_queue)
    hub.publish("t", "1")
    hub.attach("t", late.send_queue)
    hub.publish("t", "2")
    await turns()
    assert early.frames == ["1", "2"]
    assert late.frames == ["2"]


async def test_a_detached_mailbox_gets_not_even_what_is_on_its_way(make_hub):
    hub, reader, other = make_hub(), Reader(), Reader()
    hub.attach("t", other.send_queue)
    hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    hub.detach("t", reader.send_queue)
    await turns()
    assert (other.frames, reader.frames) == (["1"], [])


async def test_a_mailbox_that_is_detached_between_slices_gets_nothing(make_hub):
    hub = make_hub()
    readers = [Reader() for _ in range(DELIVERIES_PER_SLICE + 1)]
    for reader in readers:
        hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    await asyncio.sleep(0)
    hub.detach("t", readers[-1].send_queue)
    await turns()
    assert readers[0].frames == ["1"]
    assert readers[-1].frames == []


async def test_the_loop_gets_a_turn_between_slices(make_hub):
    hub = make_hub()
    readers = [Reader() for _ in range(DELIVERIES_PER_SLICE * 3)]
    for reader in readers:
        hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    await asyncio.sleep(0)
    served = sum(bool(reader.batches) for reader in readers)
    assert 0 < served <= DELIVERIES_PER_SLICE
    await turns(5)
    assert all(reader.frames == ["1"] for reader in readers)


async def test_settling_finishes_a_topic_in_one_step(make_hub):
    hub = make_hub()
    readers = [Reader() for _ in range(DELIVERIES_PER_SLICE * 2)]
    for reader in readers:
        hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    await asyncio.sleep(0)
    hub.publish("t", "2")
    hub.flush_topic("t")
    assert all(reader.frames == ["1", "2"] for reader in readers)


async def test_a_storm_is_split_into_messages_of_bearable_size(make_hub):
    hub, reader = make_hub(), Reader()
    hub.attach("t", reader.send_queue)
    for number in range(MAX_BATCH_FRAMES * 2):
        hub.publish("t", str(number), before=number)
    await turns()
    assert [batch.frames for batch in reader.batches] == [MAX_BATCH_FRAMES, MAX_BATCH_FRAMES]
    assert [batch.before for batch in reader.batches] == [0, MAX_BATCH_FRAMES]


async def test_the_commit_times_are_reported_once_the_last_mailbox_has_its_frames(make_hub):
    reported = []
    hub = make_hub(delivered=reported.append)
    for _ in range(3):
        hub.attach("t", Reader().send_queue)
    hub.publish("t", "1", committed=5.0)
    hub.publish("t", "2")
    await turns()
    assert reported == [[5.0]]


async def test_a_reset_makes_everybody_start_from_scratch(make_hub):
    hub, reader = make_hub(), Reader()
    hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    hub.reset("t")
    await turns()
    assert reader.frames == []
    assert reader.send_queue.missed == {"t": None}


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_mailbox_sees_a_contiguous_run(seed):
    """From the frame after its attachment to the frame before its detachment, once each."""

    async def run() -> None:
        random = Random(seed)
        hub = Hub(loop=asyncio.get_running_loop(), interval=0.001)
        published = 0
        following: dict[Reader, int] = {}
        over: list[tuple[Reader, int, int]] = []
        for _ in range(60):
            action = random.choice(["publish", "publish", "attach", "detach", "turn", "tick"])
            if action == "publish":
                published += 1
                hub.publish("t", str(published))
            elif action == "attach":
                reader = Reader()
                hub.attach("t", reader.send_queue)
                following[reader] = published
            elif action == "detach" and following:
                reader = random.choice(list(following))
                hub.flush_topic("t")
                hub.detach("t", reader.send_queue)
                over.append((reader, following.pop(reader), published))
            elif action == "turn":
                await asyncio.sleep(0)
            else:
                await asyncio.sleep(0.002)
        hub.flush_topic("t")
        over.extend((reader, start, published) for reader, start in following.items())
        for reader, start, end in over:
            assert reader.frames == [str(number) for number in range(start + 1, end + 1)]
        hub.close()

    asyncio.run(run())
