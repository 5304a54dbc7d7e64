"""A runtime on a faster clock, and socket clients of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from accounts.models import ApiToken, User
from accounts.sessions import SessionStore
from live import runtime
from live.db_threads import run_in_db_thread
from live.intervals import Intervals
from live.runtime import Runtime
from tests.support.socket_client import TIME_SCALE, SocketClient

INTERVALS = Intervals().scaled(TIME_SCALE)


@pytest.fixture
def intervals() -> Intervals:
    """Return the waiting times of the live package, multiplied by TIME_SCALE."""
    return INTERVALS


@pytest_asyncio.fixture
async def asyncio_debug() -> None:
    """Run the loop in debug mode, which is slow: it rejects calls from other threads."""
    asyncio.get_running_loop().set_debug(True)


@pytest_asyncio.fixture
async def live_runtime(intervals: Intervals) -> AsyncIterator[Runtime]:
    """Run the live package on a fast clock."""
    yield runtime.get_runtime(intervals)
    await runtime.stop()


@pytest.fixture
def create_session() -> Callable[[User], str]:
    """Sign a user in and return the key of the session."""

    def sign_in(user: User) -> str:
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.create()
        return str(store.session_key)

    return sign_in


@pytest.fixture
def create_token() -> Callable[..., str]:
    """Create a token for a user and return its secret."""

    def make(user: User, **fields: Any) -> str:
        return str(ApiToken.objects.create(user=user, **fields)[1])

    return make


@pytest_asyncio.fixture
async def open_client(
    live_runtime: Runtime, create_session: Callable[[User], str]
) -> AsyncIterator[Callable[..., Any]]:
    """Open a socket for a user who is signed in, and read its welcome."""
    opened: list[SocketClient] = []

    async def open_one(
        user: User | None = None, path: str = "/ws/", **options: Any
    ) -> SocketClient:
        if user is not None:
            options["session"] = await run_in_db_thread(create_session, user)
        client = await SocketClient(path, **options).open()
        opened.append(client)
        if user is not None and client.accepted:
            assert (await client.next())["type"] == "welcome"
        return client

    yield open_one
    for client in opened:
        client.communicator.stop(exceptions=False)
