"""Channel layers and the doctor reach each kind of Redis by its URL."""

from __future__ import annotations

import asyncio

import pytest

from asgi_project import redis_hosts
from asgi_project.environment.service_urls import REDIS
from live.delivery.layer_redis import redis_of
from tests.asgi_project.test_channel_layer import start_layer
from tests.support import redis_kinds

pytestmark = [pytest.mark.redis, pytest.mark.slow]
LAYERS = ("redis-pubsub", "redis-core")
KINDS = [
    *((redis_kinds.with_password, layer) for layer in LAYERS),
    *((redis_kinds.with_tls, layer) for layer in LAYERS),
    (redis_kinds.as_cluster, "redis-pubsub"),
    *(
        pytest.param(redis_kinds.with_sentinel, layer, marks=pytest.mark.extended)
        for layer in LAYERS
    ),
]


async def send_and_receive(layer: str, url: str) -> None:
    """Send a message from one process to another one, as far as the layer knows."""
    sender, receiver = start_layer(layer, url, "test"), start_layer(layer, url, "test")
    channel = await receiver.new_channel()
    await receiver.group_add("live.control", channel)
    await sender.group_send("live.control", {"type": "x", "number": 1})
    async with asyncio.timeout(20):
        assert (await receiver.receive(channel))["number"] == 1
    for each in (sender, receiver):
        pool = redis_of(each).connection_pool
        await each.flush()
        # The layer leaves these connections to the end of the process.
        for sentinel in getattr(getattr(pool, "sentinel_manager", None), "sentinels", ()):
            await sentinel.aclose()


@pytest.mark.parametrize(("kind", "layer"), KINDS)
async def test_layer_and_doctor_reach_each_kind_of_redis(kind, layer, tmp_path):
    """SCL-6"""
    with kind(tmp_path) as url:
        assert REDIS.parse(url) == url
        await send_and_receive(layer, url)
        with redis_hosts.connected(url, timeout=3) as client:
            assert client.ping()


@pytest.mark.extended
@pytest.mark.parametrize("layer", LAYERS)
async def test_layer_goes_to_the_new_master_after_a_failover(layer, tmp_path):
    """SCL-6"""
    with redis_kinds.with_sentinel(tmp_path) as url:
        await send_and_receive(layer, url)
        redis_kinds.failover(url)
        await send_and_receive(layer, url)


def test_parts_of_a_url_of_sentinels_are_understood():
    """SCL-6"""
    host = redis_hosts.layer_host(
        "rediss+sentinel://ana:p%40ss@one.example,[::1]:7000/the%20master/2"
        "?sentinel_username=watch&sentinel_password=w&ssl_ca_certs=/ca.pem"
    )
    assert host.pop("retry").get_retries() > 0
    tls = {"ssl": True, "ssl_ca_certs": "/ca.pem"}
    timeouts = {"socket_timeout": 2.0, "socket_connect_timeout": 2.0}
    assert host == {
        "sentinels": [("one.example", 26_379), ("::1", 7000)],
        "master_name": "the master",
        "username": "ana",
        "password": "p@ss",
        "db": 2,
        "socket_timeout": None,
        "sentinel_kwargs": {"username": "watch", "password": "w", **timeouts, **tls},
        **tls,
    }
