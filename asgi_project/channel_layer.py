"""The configuration of each channel layer."""

from __future__ import annotations

from typing import Any

from asgi_project.redis_hosts import is_sentinel, layer_host

MAX_QUEUED_MESSAGES = 10_000


def default_layer(redis_url: str) -> str:
    """Return the layer for a URL of Redis, which may be empty.

    By Sentinels it is not pub/sub, whose calls timed out after a failover.
    """
    if not redis_url:
        return "memory"
    return "redis-core" if is_sentinel(redis_url) else "redis-pubsub"


def channel_layer(kind: str, redis_url: str, prefix: str) -> dict[str, Any]:
    """Return an entry of CHANNEL_LAYERS.

    Everything in Redis begins with `prefix`: pub/sub knows no numbers of databases, so
    without it two installations on one Redis would hear each other.
    """
    redis = {"hosts": [layer_host(redis_url)], "prefix": prefix}
    capacity = {"capacity": MAX_QUEUED_MESSAGES}
    return {
        "memory": {"BACKEND": "asgi_project.memory_layer.MemoryChannelLayer", "CONFIG": capacity},
        "redis-pubsub": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": redis,
        },
        "redis-core": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {**redis, **capacity, "group_expiry": 600},
        },
    }[kind]
