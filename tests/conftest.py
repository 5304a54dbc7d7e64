"""The cast of every test: ana owns, bob is a member, mallory must never see anything."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import hypothesis
import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from accounts.models import User

pytest_plugins = ["tests.support.secret_leaks"]
PASSWORD = "correct horse battery"

# A busy machine is no defect; pytest-timeout ends what hangs.
hypothesis.settings.register_profile("trolley", deadline=None)
hypothesis.settings.load_profile("trolley")


@pytest.fixture(autouse=True)
def _no_failures_remembered() -> None:
    """Let no test wait for the wrong passwords of another."""
    cache.clear()


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """Make a person called by the given name, with PASSWORD."""

    def make(username: str, **fields: object) -> User:
        fields.setdefault("name", username.capitalize())
        return User.objects.create_user(username, password=PASSWORD, **fields)

    return make


@pytest.fixture
def ana(make_user: Callable[..., User]) -> User:
    """She owns the list."""
    return make_user("ana")


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    """He is a member."""
    return make_user("bob")


@pytest.fixture
def mallory(make_user: Callable[..., User]) -> User:
    """She must never see anything."""
    return make_user("mallory")


@pytest.fixture
def olga(make_user: Callable[..., User]) -> User:
    """She owns the installation: staff, and no member of anything."""
    return make_user("olga", is_staff=True, is_superuser=True)


@pytest.fixture
def client_of() -> Callable[[User], APIClient]:
    """Return a browser-like API client in which that person is signed in."""

    def sign_in(user: User) -> APIClient:
        client = APIClient()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def anyone() -> APIClient:
    """Return an API client without identity."""
    return APIClient()


def _reachable(url: str, default_port: int) -> bool:
    parts = urlsplit(url)
    address = (parts.hostname or "127.0.0.1", parts.port or default_port)
    try:
        socket.create_connection(address, timeout=2).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Return the address of a Redis to use freely. Missing is a failure, not a skip."""
    url = os.environ.get("TROLLEY_TEST_REDIS", "redis://127.0.0.1:6379/9")
    if not _reachable(url, 6379):
        pytest.fail(f"no Redis at {url}: ./run test brings one, or set TROLLEY_TEST_REDIS")
    return url


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Return a PostgreSQL address that may create databases. Missing is a failure."""
    url = os.environ.get("TROLLEY_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")
    if not _reachable(url, 5432):
        pytest.fail(f"no PostgreSQL at {url}: ./run test brings one, or set TROLLEY_TEST_POSTGRES")
    return url
