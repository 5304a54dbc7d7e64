"""Installations that share one Redis do not hear each other."""

from __future__ import annotations

import asyncio

import pytest
from django.utils.module_loading import import_string

from asgi_project.channel_layer import channel_layer
from asgi_project.secret_key import public_name


def start_layer(kind, url, prefix):
    config = channel_layer(kind, url, prefix)
    return import_string(config["BACKEND"])(**config["CONFIG"])


@pytest.mark.redis
@pytest.mark.parametrize("kind", ["redis-pubsub", "redis-core"])
async def test_installations_on_one_redis_do_not_hear_each_other(kind, redis_url):
    """CFG-6, case K1: with another number of the database, and with the same."""
    same, other = redis_url, f"{redis_url.rpartition('/')[0]}/1"
    home, away, far = (public_name(f"key {number}") for number in range(3))
    layers = [
        start_layer(kind, url, prefix)
        for url, prefix in ((same, home), (same, home), (same, away), (other, far))
    ]
    listener, *senders = layers
    channel = await listener.new_channel()
    await listener.group_add("live.control", channel)
    for layer in reversed(senders):
        await layer.group_add("live.control", await layer.new_channel())
        await layer.group_send("live.control", {"type": "x", "from": senders.index(layer)})
    async with asyncio.timeout(10):
        # The last sender is the other process of the same installation.
        assert (await listener.receive(channel))["from"] == 0
    for layer in layers:
        await layer.flush()
