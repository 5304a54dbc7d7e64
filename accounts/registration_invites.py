"""Links, other than the setup link, that allow a user to register.

This app knows no lists. The app that creates such links registers itself as a provider
in its `ready()`.
"""

from __future__ import annotations

from typing import Protocol

from accounts.models import User


class InviteProvider(Protocol):
    """A module that creates invites and knows which of them are valid."""

    def may_register(self, secret: str) -> bool:
        """Return whether the invite is valid now, without using it."""

    def claim(self, secret: str, user: User) -> bool:
        """Use the invite for a new user, in the transaction that creates the user.

        The result decides between concurrent uses.
        """


_providers: list[InviteProvider] = []


def register_provider(provider: InviteProvider) -> None:
    """Add a provider, once. An app calls this in `ready()`, which tests of apps run again."""
    if provider not in _providers:
        _providers.append(provider)


def may_register(secret: str) -> bool:
    """Return whether any provider has a valid invite with this secret."""
    return any(provider.may_register(secret) for provider in _providers)


def claim(secret: str, user: User) -> bool:
    """Use the invite for this user; return whether it was valid."""
    return any(provider.claim(secret, user) for provider in _providers)
