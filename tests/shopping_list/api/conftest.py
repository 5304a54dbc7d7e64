"""The cast at the door of the API, and the addresses of their lists."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from shopping_list.models import Membership, ShoppingList

Together = Callable[..., list[Any]]


@pytest.fixture
def as_ana(ana: User, client_of: Callable[[User], APIClient]) -> APIClient:
    return client_of(ana)


@pytest.fixture
def as_bob(bob: User, client_of: Callable[[User], APIClient]) -> APIClient:
    return client_of(bob)


@pytest.fixture
def as_mallory(mallory: User, client_of: Callable[[User], APIClient]) -> APIClient:
    return client_of(mallory)


@pytest.fixture
def items(groceries: ShoppingList) -> str:
    """The address of the items of ana's list."""
    return items_of(groceries)


@pytest.fixture
def join(groceries: ShoppingList, make_user: Callable[..., User]) -> Callable[[str], User]:
    """Make a member of ana's list, called by their role."""

    def make(role: str) -> User:
        person = make_user(role)
        Membership.objects.create(shopping_list=groceries, user=person, role=role)
        return person

    return make


@pytest.fixture
def bearer() -> Callable[..., APIClient]:
    """Return a script's client, with a token of that person."""

    def present(user: User, **fields: Any) -> APIClient:
        _, secret = ApiToken.objects.create(user=user, name="script", **fields)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return present


@pytest.fixture
def together() -> Together:
    """Call functions at the same moment, each on a thread and a connection of its own."""

    def run(*calls: Callable[[], Any]) -> list[Any]:
        barrier = Barrier(len(calls), timeout=20)
        answers: list[Any] = [None] * len(calls)

        def call(number: int) -> None:
            try:
                barrier.wait()
                answers[number] = calls[number]()
            except BaseException as error:  # it is the answer
                answers[number] = error
            finally:
                connections.close_all()

        threads = [Thread(target=call, args=(number,)) for number in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return answers

    return run


def list_at(one: ShoppingList) -> str:
    """Return the address of a list."""
    return f"/api/shopping-lists/{one.pk}/"


def items_of(one: ShoppingList) -> str:
    """Return the address of a list's items."""
    return f"{list_at(one)}shopping-items/"


def item_at(item: Any) -> str:
    """Return the address of an item."""
    return f"{items_of(item.shopping_list)}{item.pk}/"


def version_of(one: ShoppingList) -> int:
    """Return the version that a list has now."""
    return ShoppingList.objects.values_list("version", flat=True).get(pk=one.pk)
