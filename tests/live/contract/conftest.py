"""One installation for each pair of server and layer, for all tests of the suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.installation import Redis, World

LAYERS = ("memory", "redis-pubsub", "redis-core")
SHARED_LAYERS = LAYERS[1:]
"""Those that several processes can share."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep together what shares an installation (`--dist loadgroup`)."""
    given = getattr(getattr(item, "callspec", None), "params", {})
    shared = [given.get("server", item.path.stem), given.get("layer", "")]
    item.add_marker(pytest.mark.xdist_group("contract-" + "-".join(filter(None, shared))))


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


@pytest.fixture(scope="package", params=LAYERS)
def layer(request) -> str:
    """Every channel layer, or those that a module asks for."""
    return request.param


@pytest.fixture(scope="package")
def world(server, layer, request, tmp_path_factory) -> Iterator[World]:
    """An installation on a server and a layer."""
    redis = None if layer == "memory" else request.getfixturevalue("redis")
    data = tmp_path_factory.mktemp(f"{server}-{layer}") / "data"
    made = World(data, server=server, layer=layer, redis=redis)
    yield made
    made.close()
