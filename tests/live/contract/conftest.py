"""One installation for each pair of server and layer, for all tests of the suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.contract.world import Redis, World


@pytest.fixture(scope="package")
def redis() -> Iterator[Redis]:
    """A Redis that may be killed."""
    server = Redis()
    yield server
    server.kill()


@pytest.fixture(scope="package", params=["uvicorn", "daphne"])
def server(request) -> str:
    """Every server that may run the application."""
    return request.param


@pytest.fixture(scope="package", params=["memory", "redis-pubsub", "redis-core"])
def layer(request) -> str:
    """Every channel layer."""
    return request.param


@pytest.fixture(scope="package")
def world(server, layer, request, tmp_path_factory) -> Iterator[World]:
    """An installation on every server and every layer."""
    yield from _world(server, layer, request, tmp_path_factory)


@pytest.fixture(scope="package", params=["redis-pubsub", "redis-core"])
def scaled(server, request, tmp_path_factory) -> Iterator[World]:
    """An installation on every layer that several processes can share."""
    yield from _world(server, request.param, request, tmp_path_factory)


def _world(server, layer, request, tmp_path_factory) -> Iterator[World]:
    redis = None if layer == "memory" else request.getfixturevalue("redis")
    data = tmp_path_factory.mktemp(f"{server}-{layer}") / "data"
    made = World(data, server=server, layer=layer, redis=redis)
    yield made
    made.close()
