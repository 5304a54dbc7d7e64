"""A runtime on a faster clock, and screens that look at it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from accounts.models import ApiToken, User
from accounts.sessions import SessionStore
from live import runtime
from live.db_threads import run_in_db_thread
from live.intervals import Intervals
from live.runtime import Runtime
from shopping_list.models import Membership, ShoppingList
from tests.support.socket_client import UNIT, Screen

TIMING = Intervals().scaled(UNIT)


@pytest.fixture
def groceries(ana: User, bob: User) -> ShoppingList:
    """Ana's list, with bob on it."""
    made = ShoppingList.objects.create(name="Groceries", created_by=ana)
    Membership.objects.create(shopping_list=made, user=ana, role="owner")
    Membership.objects.create(shopping_list=made, user=bob, role="editor")
    return made


@pytest.fixture
def hardware(ana: User) -> ShoppingList:
    """Ana's other list; bob is not on it."""
    made = ShoppingList.objects.create(name="Hardware", created_by=ana)
    Membership.objects.create(shopping_list=made, user=ana, role="owner")
    return made


@pytest.fixture
def timing() -> Intervals:
    """Return the clock of the live side: UNIT times as fast."""
    return TIMING


@pytest_asyncio.fixture
async def live(timing: Intervals) -> AsyncIterator[Runtime]:
    """Run the live side on a fast clock."""
    yield runtime.get_runtime(timing)
    await runtime.stop()


@pytest.fixture
def session_of() -> Callable[[User], str]:
    """Sign a person in and return the key of the session."""

    def sign_in(user: User) -> str:
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.create()
        return str(store.session_key)

    return sign_in


@pytest.fixture
def token_of() -> Callable[..., str]:
    """Make a token for a person and return its secret."""

    def make(user: User, **fields: Any) -> str:
        return str(ApiToken.objects.create(user=user, **fields)[1])

    return make


@pytest_asyncio.fixture
async def screen(
    live: Runtime, session_of: Callable[[User], str]
) -> AsyncIterator[Callable[..., Any]]:
    """Open a screen for a person who is signed in, past its welcome."""
    opened: list[Screen] = []

    async def open_screen(user: User | None = None, path: str = "/ws/", **options: Any) -> Screen:
        if user is not None:
            options["session"] = await run_in_db_thread(session_of, user)
        one = await Screen(path, **options).open()
        opened.append(one)
        if user is not None and one.accepted:
            assert (await one.next())["type"] == "welcome"
        return one

    yield open_screen
    for one in opened:
        one.communicator.stop(exceptions=False)
