"""One installation for each pair of server and layer, shared by all tests of the suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.installation import Installation
from tests.support.processes import RedisServer

LAYERS = ("memory", "redis-pubsub", "redis-core")
SHARED_LAYERS = LAYERS[1:]
"""The layers that connect several processes."""
DEFAULT = {("uvicorn", "memory"), ("uvicorn", "redis-pubsub")}
DAPHNE_MODULE = "test_single_process.py"
"""In the default run, daphne is tested here, with the layer in memory."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the tests of the other pairs to `./run test extended`."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        parameters = callspec.params if callspec else {}
        pair = (parameters.get("server"), parameters.get("layer"))
        is_default = pair in DEFAULT or (
            pair == ("daphne", "memory") and item.path.name == DAPHNE_MODULE
        )
        if None not in pair and not is_default:
            item.add_marker(pytest.mark.extended)


@pytest.fixture(scope="package")
def redis() -> Iterator[RedisServer]:
    """A Redis that tests may kill."""
    redis = RedisServer()
    yield redis
    redis.kill()


@pytest.fixture(scope="package", params=["uvicorn", "daphne"])
def server(request) -> str:
    """Every server that can run the application."""
    return request.param


@pytest.fixture(scope="package", params=LAYERS)
def layer(request) -> str:
    """Every channel layer, or the layers that a module names."""
    return request.param


@pytest.fixture(scope="package")
def installation(server, layer, request, tmp_path_factory) -> Iterator[Installation]:
    """An installation on a server and a layer."""
    redis = None if layer == "memory" else request.getfixturevalue("redis")
    data = tmp_path_factory.mktemp(f"{server}-{layer}") / "data"
    installation = Installation(data, server=server, layer=layer, redis=redis)
    yield installation
    installation.close()
