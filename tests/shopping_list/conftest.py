"""An item to test with, API clients of the users, and the recorder of changes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from shopping_list.models import ShoppingList
from tests.support import change_recorder


@pytest.fixture
def milk(groceries: ShoppingList) -> Any:
    """An open item."""
    return groceries.items.create(name="Milk", quantity="1 l")


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
def token_client() -> Callable[..., APIClient]:
    """Return an API client with a token of that user, as a script has it."""

    def create_client(user: User, **fields: Any) -> APIClient:
        _, secret = ApiToken.objects.create(user=user, name="script", **fields)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return create_client


@pytest.fixture
def recorded_changes() -> Callable[..., AbstractContextManager[Any]]:
    """Return a context that collects the changes of these lists (change_recorder.py)."""
    return change_recorder.recorded_changes
