"""The layer in memory keeps the contract of Channels, and looks for expired messages less often."""

from __future__ import annotations

from typing import Any

from asgi_project.memory_layer import CLEANING_INTERVAL, MemoryChannelLayer
from tests.asgi_project.test_channel_layer import start_layer

EXPIRED_AT_ONCE = -1.0
"""A lifetime of messages."""


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def join(layer: MemoryChannelLayer, group: str) -> str:
    """Return a new channel in a group."""
    channel: str = await layer.new_channel()
    await layer.group_add(group, channel)
    return channel


def waiting(layer: MemoryChannelLayer) -> set[str]:
    """Return the channels with messages that nobody has received."""
    return set(layer.channels)


async def test_configured_layer_is_this_one() -> None:
    """Its capacity is that of the other layers."""
    layer: Any = start_layer("memory", "", "")
    assert isinstance(layer, MemoryChannelLayer)
    assert layer.capacity == 10_000


async def test_expired_messages_are_removed_once_in_an_interval() -> None:
    """A channel with an expired message leaves its groups, as with the layer of Channels."""
    clock = Clock()
    layer = MemoryChannelLayer(expiry=EXPIRED_AT_ONCE, clock=clock)
    silent = await join(layer, "news")
    await layer.group_send("news", {"type": "x"})
    clock.now += CLEANING_INTERVAL * 0.9
    await layer.group_send("other", {"type": "x"})
    assert waiting(layer) == {silent}
    clock.now += CLEANING_INTERVAL * 0.1
    await layer.group_send("other", {"type": "x"})
    assert waiting(layer) == set()
    assert not layer.groups["news"]


async def test_members_get_copies_and_a_full_channel_is_left_out() -> None:
    layer = MemoryChannelLayer(capacity=1)
    full, other = await join(layer, "news"), await join(layer, "news")
    await layer.send(full, {"type": "x", "number": 0})
    sent = {"type": "x", "number": 1, "rows": [1]}
    await layer.group_send("news", sent)
    assert (await layer.receive(full))["number"] == 0
    assert waiting(layer) == {other}
    received = await layer.receive(other)
    received["rows"].append(2)
    assert sent["rows"] == [1]
