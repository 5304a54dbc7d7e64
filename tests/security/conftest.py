"""One installation with default settings, on plain http, as a target for hostile requests."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import PASSWORD
from tests.support.processes import ServerProcess


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose owner is olga."""
    data = tmp_path_factory.mktemp("security") / "data"
    owner = {"DJANGO_SUPERUSER_USERNAME": "olga", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    with ServerProcess(data, **owner) as running:
        yield running


@pytest.fixture
def browser(server: ServerProcess) -> Iterator[httpx.Client]:
    """A browser that has loaded our page once, and sends its CSRF token."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        client.get("/signin/")
        client.headers["X-CSRFToken"] = client.cookies["trolley_csrftoken"]
        yield client
