"""The data of users that other apps store: lists and memberships.

An app that stores such data registers itself as a provider in its `ready()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from uuid import UUID

from accounts.models import User


class PersonalDataProvider(Protocol):
    """A module that stores data of users."""

    def is_member(self, user: User, list_id: UUID) -> bool:
        """Return whether the user is a member of the list."""

    def is_member_of_any(self, user: User) -> bool:
        """Return whether the user is a member of any list."""

    def export(self, user: User) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield all stored data of the user: a name that is its own, and JSON in pieces.

        The pieces of one name are read before the next name is.
        """

    def before_delete(self, user: User) -> None:
        """Release the data of the user, in the transaction that deletes the user.

        Raises a DomainError if the user cannot be deleted yet.
        """


_providers: list[PersonalDataProvider] = []


def register_provider(provider: PersonalDataProvider) -> None:
    """Add a provider, once. An app calls this in `ready()`, which tests of apps run again."""
    if provider not in _providers:
        _providers.append(provider)


def is_member(user: User, list_id: UUID) -> bool:
    """Return whether the user is a member of the list."""
    return any(provider.is_member(user, list_id) for provider in _providers)


def is_member_of_any(user: User) -> bool:
    """Return whether the user is a member of any list."""
    return any(provider.is_member_of_any(user) for provider in _providers)


def export(user: User) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield all data of the user from all providers, as each of them does."""
    for provider in _providers:
        yield from provider.export(user)


def before_delete(user: User) -> None:
    """Let all providers release the data of the user. Raises a DomainError of theirs."""
    for provider in _providers:
        provider.before_delete(user)
