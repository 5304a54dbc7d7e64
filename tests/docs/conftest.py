"""A server for the examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.docs.example_list import Scene
from tests.support.installation import World


@pytest.fixture(scope="package")
def world(tmp_path_factory: Any) -> Iterator[World]:
    made = World(
        tmp_path_factory.mktemp("docs") / "data", server="uvicorn", layer="memory", redis=None
    )
    yield made
    made.close()


@pytest.fixture
def scene(world: World, tmp_path: Any) -> Iterator[Scene]:
    with world.api() as api:
        yield Scene(world, api, tmp_path)
