"""What becomes of each change that a screen is owed is counted, and nothing else is."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live.connections.socket_writer import SocketWriter
from live.delivery.hub import Hub
from live.delivery_meter import DeliveryMeter
from live.protocol.frames import MAX_OUTBOUND_BYTES
from tests.support.socket_client import eventually

TOPICS = ("list:a", "list:b")
LARGE = "x" * (MAX_OUTBOUND_BYTES // 3)
"""A few of these fill a send queue."""


class Screen:
    """A socket that may stop reading, and what the owner of a socket does for it."""

    def __init__(self, hub: Hub, meter: DeliveryMeter) -> None:
        self._hub = hub
        self._is_open = asyncio.Event()
        self._is_open.set()
        self.writer = SocketWriter(self._send, meter=meter)
        self.writer.on_drained = self.replay
        self.topics: set[str] = set()

    async def _send(self, message: dict) -> None:
        await self._is_open.wait()

    def toggle_reading(self) -> None:
        """Stop to read, or read again."""
        if self._is_open.is_set():
            self._is_open.clear()
        else:
            self._is_open.set()

    def toggle_topic(self, topic: str) -> None:
        """Follow a topic, or follow it no longer."""
        if topic in self.topics:
            self.topics.remove(topic)
            self._hub.detach(topic, self.writer.send_queue)
            self.writer.send_queue.drop_topic(topic)
        elif not self.writer.send_queue.is_closed:
            self.topics.add(topic)
            self._hub.attach(topic, self.writer.send_queue)

    def replay(self) -> None:
        """Bring what was missed: the owner reads it from the log. Nothing has to be sent for it."""
        queue = self.writer.send_queue
        for topic, position in tuple(queue.missed.items()):
            self._hub.attach(topic, queue)
            del queue.missed[topic]
            covered = None if position is None else queue.owed.count
            queue.owed.start_replay(topic, batches=0, covered=covered)

    def close(self) -> None:
        """Disconnect."""
        for topic in tuple(self.topics):
            self.toggle_topic(topic)
        self.writer.abort()


class HubWithScreens:
    """A hub, and screens that come, go, stop reading and read again."""

    def __init__(self) -> None:
        self.meter = DeliveryMeter()
        self.hub = Hub(loop=asyncio.get_running_loop(), interval=0.0, meter=self.meter)
        self.screens = [Screen(self.hub, self.meter) for _ in range(4)]
        self.version = 0

    def publish(self, topic: str, text: str) -> None:
        """Publish one change."""
        self.version += 1
        now = asyncio.get_running_loop().time()
        self.hub.publish(topic, text, before=self.version - 1, published_at=now)

    @property
    def waiting(self) -> int:
        """The changes that are on their way."""
        queued = sum(screen.writer.waiting_changes for screen in self.screens)
        return queued + self.hub.waiting_changes

    @property
    def lost(self) -> int:
        """The changes that nothing accounts for."""
        meter = self.meter
        outcomes = meter.live + meter.resumed + meter.copied + meter.withdrawn
        return meter.promised - outcomes - self.waiting

    async def step(self, random: Random) -> None:
        """Let one thing happen."""
        screen, topic = random.choice(self.screens), random.choice(TOPICS)
        actions = {
            "publish": lambda: self.publish(topic, random.choice(("x", LARGE))),
            "presence": lambda: self.hub.publish(topic, "presence", before=self.version),
            "follow": lambda: screen.toggle_topic(topic),
            "read": screen.toggle_reading,
            "reset": lambda: self.hub.reset(topic, change_count=1),
            "close": screen.close,
        }
        weights = {"publish": 12, "presence": 2, "follow": 6, "read": 5, "reset": 1, "close": 0.2}
        (name,) = random.choices(list(weights), list(weights.values()))
        actions[name]()
        for _ in range(random.randrange(4)):
            await asyncio.sleep(0)

    async def come_to_rest(self) -> None:
        """Let all screens read what waits."""
        for screen in self.screens:
            screen._is_open.set()
        await eventually(lambda: not self.waiting)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_promise_has_one_outcome_whatever_screens_do(seed):
    """DEL-2"""

    async def run() -> None:
        random, setup = Random(seed), HubWithScreens()
        for screen in setup.screens:
            screen.toggle_topic(random.choice(TOPICS))
        for number in range(200):
            await setup.step(random)
            assert setup.lost == 0, number
        await setup.come_to_rest()
        assert setup.lost == 0
        setup.hub.close()
        for screen in setup.screens:
            screen.close()
        await eventually(lambda: not setup.waiting)
        assert setup.lost == 0

    asyncio.run(run())


async def test_change_is_lost_when_a_queue_drops_it_silently():
    """DEL-2: the number of lost changes is computed, so it shows a fault that nobody foresaw."""
    setup = HubWithScreens()
    screen = setup.screens[0]
    screen.toggle_topic("list:a")
    screen.toggle_reading()
    for _ in range(3):
        setup.publish("list:a", "x")
        await asyncio.sleep(0.001)
    assert (setup.lost, setup.waiting) == (0, 3)
    assert screen.writer.send_queue.take() is not None  # nobody writes it
    assert (setup.lost, setup.waiting) == (1, 2)
    screen.close()
    await eventually(lambda: not setup.waiting)
    assert setup.lost == 1


async def test_change_is_lost_when_a_replay_does_not_contain_it():
    """DEL-2"""
    setup = HubWithScreens()
    screen = setup.screens[0]
    screen.toggle_topic("list:a")
    queue = screen.writer.send_queue
    screen.toggle_reading()
    for _ in range(5):
        setup.publish("list:a", LARGE)
        await asyncio.sleep(0.001)
    assert queue.is_lagging
    missed = queue.owed.count
    assert missed > 1
    queue.missed.clear()
    queue.owed.start_replay("list:a", batches=0, covered=missed - 1)
    assert setup.lost == 1
    screen.close()
    await asyncio.sleep(0)


@pytest.mark.parametrize("is_snapshot", [True, False])
async def test_missed_changes_are_settled_when_the_last_batch_of_the_replay_is_written(is_snapshot):
    """DEL-2"""
    setup = HubWithScreens()
    owed = setup.screens[0].writer.send_queue.owed
    owed.add("list:a", 7, since=0.0)
    owed.start_replay("list:a", batches=2, covered=None if is_snapshot else 7)
    owed.replay_written("list:a")
    assert (owed.count, setup.meter.copied, setup.meter.resumed) == (7, 0, 0)
    owed.replay_written("list:a")
    expected = (7, 0) if is_snapshot else (0, 7)
    assert (setup.meter.copied, setup.meter.resumed) == expected
    assert owed.count == 0
    assert setup.meter.longest_seconds > 0
