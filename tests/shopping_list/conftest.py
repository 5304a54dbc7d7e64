"""An item to test with, and the recorder of changes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from shopping_list.models import ShoppingList
from tests.support import change_recorder


@pytest.fixture
def milk(groceries: ShoppingList) -> Any:
    """An open item."""
    return groceries.items.create(name="Milk", quantity="1 l")


@pytest.fixture
def recorded_changes() -> Callable[..., AbstractContextManager[Any]]:
    """Return a context that collects the changes of these lists (change_recorder.py)."""
    return change_recorder.recorded_changes
