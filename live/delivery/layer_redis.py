"""The connection to Redis that a channel layer has.

Neither kind of layer has a public name for it. A second connection would say nothing about
the one that changes go through.
"""

from __future__ import annotations

from typing import Any


def redis_of(layer: Any) -> Any | None:
    """Return the asyncio client of a layer on this event loop; None if it has none (yet)."""
    if hasattr(type(layer), "connection"):  # channels_redis.core
        return layer.connection(0)
    if hasattr(type(layer), "_get_layer"):  # channels_redis.pubsub
        return layer._get_layer()._shards[0]._redis
    return None
