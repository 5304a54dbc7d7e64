"""One server for all examples, and a new list for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.docs.example_list import ExampleList
from tests.support.installation import Installation


@pytest.fixture(scope="package")
def installation(tmp_path_factory: Any) -> Iterator[Installation]:
    running = Installation(
        tmp_path_factory.mktemp("docs") / "data", server="uvicorn", layer="memory", redis=None
    )
    yield running
    running.close()


@pytest.fixture
def example_list(installation: Installation, tmp_path: Any) -> Iterator[ExampleList]:
    with installation.api() as api:
        yield ExampleList(installation, api, tmp_path)
