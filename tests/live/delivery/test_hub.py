"""Frames reach every queue of a topic in order, joined once per tick."""

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
    """A send queue that is read at once."""

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


async def run_loop_turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_idle_hub_flushes_at_once(make_hub):
    hub, reader = make_hub(interval=60), Reader()
    hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    await run_loop_turns()
    assert reader.frames == ["1"]


async def test_busy_hub_joins_frames_until_next_tick(make_hub):
    hub, reader = make_hub(interval=0.02), Reader()
    hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    await run_loop_turns()
    hub.publish("t", "2")
    hub.publish("t", "3")
    await run_loop_turns()
    assert reader.frames == ["1"]
    await asyncio.sleep(0.03)
    assert [batch.message["text"] for batch in reader.batches] == ["1", "2\n3"]


async def test_every_subscriber_gets_the_same_batch_object(make_hub):
    hub, readers = make_hub(), [Reader(), Reader()]
    for reader in readers:
        hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    hub.publish("t", "2")
    await run_loop_turns()
    assert readers[0].batches[0] is readers[1].batches[0]


async def test_frame_is_not_sent_to_subscribers_of_other_topics(make_hub):
    hub, reader = make_hub(), Reader()
    hub.attach("t", reader.send_queue)
    hub.publish("u", "1")
    await run_loop_turns()
    assert reader.frames == []


async def test_queue_gets_no_frames_from_before_it_was_attached(make_hub):
    hub, early, late = make_hub(interval=60), Reader(), Reader()
    hub.attach("t", early.send_queue)
    hub.publish("t", "1")
    hub.attach("t", late.send_queue)
    hub.publish("t", "2")
    await run_loop_turns()
    assert early.frames == ["1", "2"]
    assert late.frames == ["2"]


async def test_detached_queue_gets_no_pending_frames(make_hub):
    hub, reader, other = make_hub(), Reader(), Reader()
    hub.attach("t", other.send_queue)
    hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    hub.detach("t", reader.send_queue)
    await run_loop_turns()
    assert (other.frames, reader.frames) == (["1"], [])


async def test_queue_gets_nothing_when_detached_between_slices(make_hub):
    hub = make_hub()
    readers = [Reader() for _ in range(DELIVERIES_PER_SLICE + 1)]
    for reader in readers:
        hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    await asyncio.sleep(0)
    hub.detach("t", readers[-1].send_queue)
    await run_loop_turns()
    assert readers[0].frames == ["1"]
    assert readers[-1].frames == []


async def test_hub_yields_to_event_loop_between_slices(make_hub):
    hub = make_hub()
    readers = [Reader() for _ in range(DELIVERIES_PER_SLICE * 3)]
    for reader in readers:
        hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    await asyncio.sleep(0)
    served = sum(bool(reader.batches) for reader in readers)
    assert 0 < served <= DELIVERIES_PER_SLICE
    await run_loop_turns(5)
    assert all(reader.frames == ["1"] for reader in readers)


async def test_flush_topic_delivers_everything_in_one_step(make_hub):
    hub = make_hub()
    readers = [Reader() for _ in range(DELIVERIES_PER_SLICE * 2)]
    for reader in readers:
        hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    await asyncio.sleep(0)
    hub.publish("t", "2")
    hub.flush_topic("t")
    assert all(reader.frames == ["1", "2"] for reader in readers)


async def test_large_batch_is_split_into_messages_of_limited_size(make_hub):
    hub, reader = make_hub(), Reader()
    hub.attach("t", reader.send_queue)
    for number in range(MAX_BATCH_FRAMES * 2):
        hub.publish("t", str(number), before=number)
    await run_loop_turns()
    assert [batch.frame_count for batch in reader.batches] == [MAX_BATCH_FRAMES, MAX_BATCH_FRAMES]
    assert [batch.before for batch in reader.batches] == [0, MAX_BATCH_FRAMES]


async def test_commit_times_are_reported_after_last_queue_has_its_frames(make_hub):
    reported = []
    hub = make_hub(on_delivered=reported.append)
    for _ in range(3):
        hub.attach("t", Reader().send_queue)
    hub.publish("t", "1", committed_at=5.0)
    hub.publish("t", "2")
    await run_loop_turns()
    assert reported == [[5.0]]


async def test_reset_drops_frames_and_requests_full_replay(make_hub):
    hub, reader = make_hub(), Reader()
    hub.attach("t", reader.send_queue)
    hub.publish("t", "1")
    hub.reset("t")
    await run_loop_turns()
    assert reader.frames == []
    assert reader.send_queue.missed == {"t": None}


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_queue_gets_a_contiguous_run_of_frames(seed):
    """Each once, from the first frame after attach to the last frame before detach."""

    async def run() -> None:
        random = Random(seed)
        hub = Hub(loop=asyncio.get_running_loop(), interval=0.001)
        published = 0
        attached: dict[Reader, int] = {}
        finished: list[tuple[Reader, int, int]] = []
        for _ in range(60):
            action = random.choice(["publish", "publish", "attach", "detach", "turn", "tick"])
            if action == "publish":
                published += 1
                hub.publish("t", str(published))
            elif action == "attach":
                reader = Reader()
                hub.attach("t", reader.send_queue)
                attached[reader] = published
            elif action == "detach" and attached:
                reader = random.choice(list(attached))
                hub.flush_topic("t")
                hub.detach("t", reader.send_queue)
                finished.append((reader, attached.pop(reader), published))
            elif action == "turn":
                await asyncio.sleep(0)
            else:
                await asyncio.sleep(0.002)
        hub.flush_topic("t")
        finished.extend((reader, start, published) for reader, start in attached.items())
        for reader, start, end in finished:
            assert reader.frames == [str(number) for number in range(start + 1, end + 1)]
        hub.close()

    asyncio.run(run())
