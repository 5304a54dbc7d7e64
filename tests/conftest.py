"""The users of every test: ana owns, bob is a member, mallory must never see anything."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import pytest
import pytest_asyncio
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from rest_framework.test import APIClient

from accounts.api import page_failures
from accounts.models import User
from shopping_list.models import Membership, ShoppingList
from shopping_list.services import list_checks
from tests import extended_tests
from tests.support import frame_history, listed_static_files
from tests.support.scheduling import SharedServerScheduling

pytest_plugins = ["pytester", "tests.support.secret_leaks"]
PASSWORD = "correct horse battery"

# A busy machine is not a defect; pytest-timeout ends a test that hangs.
hypothesis.settings.register_profile("trolley", deadline=None)
hypothesis.settings.load_profile("trolley")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what takes longest; in a run of the whole suite, check the list of it."""
    is_whole_suite = config.args == config.getini("testpaths")
    extended_tests.mark(items, is_whole_suite=is_whole_suite)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharedServerScheduling:
    """Run tests that share a server in one worker."""
    return SharedServerScheduling(config, log)


@pytest.fixture(autouse=True, scope="session")
def _list_static_files_once() -> Iterator[None]:
    """Let the middleware of each test client find the static files in memory."""
    with pytest.MonkeyPatch.context() as patch:
        listed_static_files.list_once(patch)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Keep PostgreSQL from analysing the tables of the test database.

    When it has, it knows how few rows they have, and reads them whole: tests of plans would fail.
    """
    if connection.vendor != "postgresql":
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            name = connection.ops.quote_name(table)
            cursor.execute(f"ALTER TABLE {name} SET (autovacuum_enabled = false)")


@pytest.fixture(autouse=True)
def _clear_cache() -> None:
    """Forget the failed sign-ins, rate limits and log lines of earlier tests."""
    cache.clear()
    page_failures.line_limit.clear()
    if apps.is_installed("live"):
        from live import consumers, views

        consumers.foreign_origins.clear()
        views.missing_upgrades.clear()


@pytest.fixture(autouse=True)
def _check_digests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test whose changes leave a list with a wrong digest (list_checks.py).

    A test that writes SQL by hand is marked `unrecorded_writes`.
    """
    is_checked = (
        request.node.get_closest_marker("django_db")
        and not request.node.get_closest_marker("unrecorded_writes")
        and not request.node.get_closest_marker("system")
    )
    if not is_checked:
        yield
        return
    request.getfixturevalue("_django_db_helper")  # it must end after this fixture
    yield
    list_ids = ShoppingList.objects.values_list("pk", flat=True)
    differences = {pk: list_checks.differences(pk) for pk in list_ids}
    assert not any(differences.values()), differences


@pytest.fixture(autouse=True)
def _judge_frames(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test whose clients got frames that break a promise of docs/protocol.md.

    A test that puts an older copy of the database back is marked `rewritten_history`: its clients
    get the same versions again, with other changes.
    """
    frame_history.forget()
    yield
    if not request.node.get_closest_marker("rewritten_history"):
        assert frame_history.findings() == []


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """Create a user with the given user name and PASSWORD."""

    def make(username: str, **fields: object) -> User:
        fields.setdefault("name", username.capitalize())
        return User.objects.create_user(username, password=PASSWORD, **fields)

    return make


@pytest.fixture
def ana(make_user: Callable[..., User]) -> User:
    """The owner of the lists."""
    return make_user("ana")


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    """A member of `groceries`."""
    return make_user("bob")


@pytest.fixture
def mallory(make_user: Callable[..., User]) -> User:
    """A user who must never see anything."""
    return make_user("mallory")


@pytest.fixture
def olga(make_user: Callable[..., User]) -> User:
    """The owner of the installation: staff, and a member of no list."""
    return make_user("olga", is_staff=True, is_superuser=True)


@pytest.fixture
def groceries(ana: User, bob: User) -> ShoppingList:
    """Ana's list, with bob as an editor."""
    groceries = ShoppingList.objects.create(name="Groceries", created_by=ana)
    Membership.objects.create(shopping_list=groceries, user=ana, role="owner")
    Membership.objects.create(shopping_list=groceries, user=bob, role="editor")
    return groceries


@pytest.fixture
def hardware(ana: User) -> ShoppingList:
    """Ana's other list, without bob."""
    hardware = ShoppingList.objects.create(name="Hardware", created_by=ana)
    Membership.objects.create(shopping_list=hardware, user=ana, role="owner")
    return hardware


@pytest.fixture
def signed_in_client() -> Callable[[User], APIClient]:
    """Return an API client with the session of that user, as a browser has it."""

    def sign_in(user: User) -> APIClient:
        client = APIClient()
        client.force_login(user)
        return client

    return sign_in


@pytest_asyncio.fixture
async def application_stops() -> AsyncIterator[None]:
    """Stop what the ASGI application starts with its first request on the loop of this test.

    Other tests would find it, because a process has one runtime.
    """
    from live import runtime  # the tests without live use this file, too

    yield
    await runtime.stop()


@pytest.fixture
def anonymous_client() -> APIClient:
    """Return an API client that is not signed in."""
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
    """Return the URL of a Redis that tests may use. A missing one is a failure, not a skip."""
    url = os.environ.get("TROLLEY_TEST_REDIS", "redis://127.0.0.1:6379/9")
    if not _reachable(url, 6379):
        pytest.fail(f"no Redis at {url}: ./run test starts one, or set TROLLEY_TEST_REDIS")
    return url


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Return the URL of a PostgreSQL that may create databases. A missing one is a failure."""
    url = os.environ.get("TROLLEY_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")
    if not _reachable(url, 5432):
        pytest.fail(f"no PostgreSQL at {url}: ./run test starts one, or set TROLLEY_TEST_POSTGRES")
    return url
