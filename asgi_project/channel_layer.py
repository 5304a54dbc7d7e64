"""The configuration of each channel layer."""

from __future__ import annotations

from typing import Any

MAX_QUEUED_MESSAGES = 10_000


def channel_layer(kind: str, redis_url: str, prefix: str) -> dict[str, Any]:
    """Return an entry of CHANNEL_LAYERS.

    Everything in Redis begins with `prefix`: pub/sub knows no numbers of databases, so
    without it two installations on one Redis would hear each other.
    """
    redis = {"hosts": [{"address": redis_url, "socket_timeout": None}], "prefix": prefix}
    capacity = {"capacity": MAX_QUEUED_MESSAGES}
    return {
        "memory": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": capacity},
        "redis-pubsub": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": redis,
        },
        "redis-core": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {**redis, **capacity, "group_expiry": 600},
        },
    }[kind]
