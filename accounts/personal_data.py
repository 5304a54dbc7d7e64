"""What people own that this app does not know of: lists.

The app that keeps it provides itself when it is ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from accounts.models import User


class PersonalDataProvider(Protocol):
    """Whoever keeps what people own."""

    def is_member(self, person: User, list_id: UUID) -> bool:
        """Tell whether the person is a member of a list."""

    def is_member_of_any(self, person: User) -> bool:
        """Tell whether the person is a member of anything."""

    def export(self, person: User) -> Mapping[str, Any]:
        """Return everything that is kept of the person, ready for JSON, under names of its own."""

    def before_delete(self, person: User) -> None:
        """Settle what becomes of it, in the transaction that deletes the person.

        Raises an APIException where they cannot go yet.
        """


_providers: list[PersonalDataProvider] = []


def register_provider(keeper: PersonalDataProvider) -> None:
    """Ask this one too from now on. Call it in an app's `ready`."""
    _providers.append(keeper)


def is_member(person: User, list_id: UUID) -> bool:
    """Tell whether the person is a member of a list."""
    return any(keeper.is_member(person, list_id) for keeper in _providers)


def is_member_of_any(person: User) -> bool:
    """Tell whether the person is a member of any list."""
    return any(keeper.is_member_of_any(person) for keeper in _providers)


def export(person: User) -> dict[str, Any]:
    """Return everything that anybody keeps of the person."""
    return {name: value for keeper in _providers for name, value in keeper.export(person).items()}


def before_delete(person: User) -> None:
    """Settle everything that anybody keeps of the person."""
    for keeper in _providers:
        keeper.before_delete(person)
