"""Lists to test with, and a witness that folds what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from accounts.models import User
from shopping_list.models import Membership, ShoppingList
from tests.support.change_recorder import witnessed


@pytest.fixture
def groceries(ana: User, bob: User) -> ShoppingList:
    """Ana's list, with bob on it."""
    made = ShoppingList.objects.create(name="Groceries", created_by=ana)
    Membership.objects.create(shopping_list=made, user=ana, role="owner")
    Membership.objects.create(shopping_list=made, user=bob)
    return made


@pytest.fixture
def hardware(ana: User) -> ShoppingList:
    """Another list of ana's."""
    made = ShoppingList.objects.create(name="Hardware", created_by=ana)
    Membership.objects.create(shopping_list=made, user=ana, role="owner")
    return made


@pytest.fixture
def milk(groceries: ShoppingList) -> Any:
    """An open item."""
    return groceries.items.create(name="Milk", quantity="1 l")


@pytest.fixture
def watching() -> Callable[..., AbstractContextManager[Any]]:
    """Witness what a block of code records on these lists (witness.py)."""
    return witnessed
