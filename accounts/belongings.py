"""What people own that this app does not know of: lists.

The app that keeps it provides itself when it is ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from accounts.models import User


class Keeper(Protocol):
    """Whoever keeps what people own."""

    def is_on(self, person: User, list_id: UUID) -> bool:
        """Tell whether the person is a member of a list."""

    def is_on_any(self, person: User) -> bool:
        """Tell whether the person is a member of anything."""

    def held(self, person: User) -> Mapping[str, Any]:
        """Return everything that is kept of the person, ready for JSON, under names of its own."""

    def leave(self, person: User) -> None:
        """Settle what becomes of it, in the transaction that deletes the person.

        Raises an APIException where they cannot go yet.
        """


_keepers: list[Keeper] = []


def provide(keeper: Keeper) -> None:
    """Ask this one too from now on. Call it in an app's `ready`."""
    _keepers.append(keeper)


def is_on(person: User, list_id: UUID) -> bool:
    """Tell whether the person is a member of a list."""
    return any(keeper.is_on(person, list_id) for keeper in _keepers)


def is_on_any(person: User) -> bool:
    """Tell whether the person is a member of any list."""
    return any(keeper.is_on_any(person) for keeper in _keepers)


def held(person: User) -> dict[str, Any]:
    """Return everything that anybody keeps of the person."""
    return {name: value for keeper in _keepers for name, value in keeper.held(person).items()}


def leave(person: User) -> None:
    """Settle everything that anybody keeps of the person."""
    for keeper in _keepers:
        keeper.leave(person)
