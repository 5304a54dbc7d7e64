"""API clients of the users, and the URLs of their lists."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from shopping_list.models import Membership, ShoppingList

RunConcurrently = Callable[..., list[Any]]


@pytest.fixture
def ana_client(ana: User, signed_in_client: Callable[[User], APIClient]) -> APIClient:
    return signed_in_client(ana)


@pytest.fixture
def bob_client(bob: User, signed_in_client: Callable[[User], APIClient]) -> APIClient:
    return signed_in_client(bob)


@pytest.fixture
def mallory_client(mallory: User, signed_in_client: Callable[[User], APIClient]) -> APIClient:
    return signed_in_client(mallory)


@pytest.fixture
def items_url(groceries: ShoppingList) -> str:
    """The URL of the items of ana's list."""
    return url_of_items(groceries)


@pytest.fixture
def add_member(groceries: ShoppingList, make_user: Callable[..., User]) -> Callable[[str], User]:
    """Create a member of ana's list whose name is the role."""

    def make(role: str) -> User:
        user = make_user(role)
        Membership.objects.create(shopping_list=groceries, user=user, role=role)
        return user

    return make


@pytest.fixture
def token_client() -> Callable[..., APIClient]:
    """Return an API client with a token of that user, as a script has it."""

    def create_client(user: User, **fields: Any) -> APIClient:
        _, secret = ApiToken.objects.create(user=user, name="script", **fields)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return create_client


@pytest.fixture
def run_concurrently() -> RunConcurrently:
    """Call functions at the same moment, each in its own thread with its own connection."""

    def run(*calls: Callable[[], Any]) -> list[Any]:
        barrier = Barrier(len(calls), timeout=20)
        results: list[Any] = [None] * len(calls)

        def call(number: int) -> None:
            try:
                barrier.wait()
                results[number] = calls[number]()
            except BaseException as error:  # it is the result
                results[number] = error
            finally:
                connections.close_all()

        threads = [Thread(target=call, args=(number,)) for number in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    return run


def url_of_list(shopping_list: ShoppingList) -> str:
    """Return the URL of a list."""
    return f"/api/shopping-lists/{shopping_list.pk}/"


def url_of_items(shopping_list: ShoppingList) -> str:
    """Return the URL of a list's items."""
    return f"{url_of_list(shopping_list)}shopping-items/"


def url_of_item(item: Any) -> str:
    """Return the URL of an item."""
    return f"{url_of_items(item.shopping_list)}{item.pk}/"


def current_version(shopping_list: ShoppingList) -> int:
    """Return the current version of a list."""
    return ShoppingList.objects.values_list("version", flat=True).get(pk=shopping_list.pk)
