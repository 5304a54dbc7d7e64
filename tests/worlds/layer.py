"""A channel layer that loses, repeats, delays and reorders messages, forgets groups and fails."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from tests.worlds.decisions import Decisions
from tests.worlds.scheduler import ProcessLoop, Scheduler

DELIVERIES = (0.001, None, (0.001, 0.004), (0.001, 0.6), 0.0, 0.012, 0.05, 0.4, 2.5)
"""What becomes of a message: its delay in seconds, None if it is lost, two delays if repeated."""
CALLS = ((0.001, 0.001), (0.02, 0.02), (0.7, 0.0), (0.0, 3.0), (0.02, None), None)
"""The seconds before and after the effect of a call; None: it fails."""

Channel = str


class ChannelLayer:
    """The groups of all processes and the messages on their way."""

    def __init__(self, scheduler: Scheduler, decisions: Decisions) -> None:
        self._scheduler, self._decisions = scheduler, decisions
        self.groups: dict[str, dict[Channel, None]] = {}
        self._clients: dict[Channel, LayerOfProcess] = {}
        self.is_up = True
        self._numbers: dict[str, int] = {}
        self.sent_count = 0

    def of_process(self, name: str, loop: ProcessLoop) -> LayerOfProcess:
        """Return the layer as one process uses it."""
        return LayerOfProcess(self, name, loop)

    def open_channel(self, client: LayerOfProcess) -> Channel:
        """Return a new channel of a process."""
        channel = f"{client.name}:{self.next_number(client.name)}"
        self._clients[channel] = client
        return channel

    def loop_of(self, channel: Channel) -> ProcessLoop:
        """Return the event loop of the process of a channel."""
        return self._clients[channel].loop

    def next_number(self, key: str) -> int:
        """Return how often this was called with a key before."""
        number = self._numbers.get(key, 0)
        self._numbers[key] = number + 1
        return number

    def go_down(self) -> None:
        """Fail all calls from now on, also those that wait for a message."""
        self.is_up = False
        for client in self._clients.values():
            client.fail_receive()

    def forget(self, channel_number: int | None = None) -> None:
        """Forget all groups, or those of one channel, without a sign."""
        if channel_number is None:
            self.groups.clear()
            return
        channels = list(self._clients)
        for members in self.groups.values():
            members.pop(channels[channel_number % len(channels)], None)

    def send(self, sender: str, group: str, message: dict[str, Any]) -> None:
        """Put a message on its way to each channel of a group."""
        content = msgspec.msgpack.encode(message)
        self.sent_count += 1
        for channel in self.groups.get(group, ()):
            receiver = self._clients[channel].name
            key = f"message {sender}>{receiver}"
            key = f"{key} {self.next_number(key)} {message['type'][5:]}"
            delivery = DELIVERIES[self._decisions.decide("layer", key, len(DELIVERIES))]
            delays = delivery if isinstance(delivery, tuple) else (delivery,)
            for delay in delays:
                if delay is not None:
                    self._scheduler.post(delay, self.deliver, channel, content, key)

    def deliver(self, channel: Channel, content: bytes, _key: str) -> None:
        """Let a message arrive, unless the layer is down."""
        if self.is_up:
            self._clients[channel].deliver(msgspec.msgpack.decode(content))

    async def call(self, client: LayerOfProcess, effect: Callable[[], Any]) -> Any:
        """Have an effect after a while, and return its result after another while."""
        key = f"call {client.name} {self.next_number(f'call {client.name}')}"
        times = CALLS[self._decisions.decide("call", key, len(CALLS))]
        future = client.loop.create_future()
        if times is None:
            self._scheduler.post(0.001, _fail, future)
        else:
            self._scheduler.post(times[0], self._have_effect, future, effect, times[1])
        return await future

    def _have_effect(
        self, future: asyncio.Future[Any], effect: Callable[[], Any], delay: float | None
    ) -> None:
        if future.get_loop().is_dead:  # type: ignore[attr-defined]
            return
        if not self.is_up:
            _fail(future)
            return
        result = effect()
        if delay is None:
            _fail(future)  # it had its effect, but the response is lost
        else:
            self._scheduler.post(delay, _answer, future, result)


class LayerOfProcess:
    """What a process gets from `get_channel_layer`."""

    def __init__(self, layer: ChannelLayer, name: str, loop: ProcessLoop) -> None:
        self._layer, self.name, self.loop = layer, name, loop
        self._inbox: deque[dict[str, Any]] = deque()
        self._receiving: asyncio.Future[dict[str, Any]] | None = None

    async def new_channel(self) -> Channel:
        channel: Channel = await self._layer.call(self, lambda: self._layer.open_channel(self))
        return channel

    async def group_add(self, group: str, channel: Channel) -> None:
        members = self._layer.groups
        await self._layer.call(self, lambda: members.setdefault(group, {}).setdefault(channel))

    async def group_discard(self, group: str, channel: Channel) -> None:
        members = self._layer.groups
        await self._layer.call(self, lambda: members.get(group, {}).pop(channel, None))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._layer.call(self, lambda: self._layer.send(self.name, group, message))

    async def receive(self, channel: Channel) -> dict[str, Any]:
        if not self._layer.is_up:
            raise ConnectionError("the channel layer is down")
        if self._inbox:
            return self._inbox.popleft()
        self._receiving = self.loop.create_future()
        try:
            return await self._receiving
        finally:
            self._receiving = None

    def deliver(self, message: dict[str, Any]) -> None:
        """Pass a message to the process."""
        if self._receiving is not None and not self._receiving.done():
            self._receiving.set_result(message)
        else:
            self._inbox.append(message)

    def fail_receive(self) -> None:
        """Fail the call that waits for a message."""
        self._inbox.clear()
        if self._receiving is not None:
            _fail(self._receiving)


def _answer(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_exception(ConnectionError("the channel layer is down"))
