"""One installation as it ships, on plain http, that a stranger may throw things at."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import PASSWORD
from tests.support.server_process import Serving


@pytest.fixture(scope="package")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server with olga as its owner."""
    data = tmp_path_factory.mktemp("security") / "data"
    owner = {"DJANGO_SUPERUSER_USERNAME": "olga", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    with Serving(data, **owner) as server:
        yield server


@pytest.fixture
def browser(serving: Serving) -> Iterator[httpx.Client]:
    """A browser that has looked at our page once."""
    with httpx.Client(base_url=serving.url, timeout=30) as client:
        client.get("/signin/")
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        yield client
