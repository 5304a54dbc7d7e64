"""Links, other than the setup link, that open the sign-up.

This app knows no lists. The app that makes such links provides itself when it
is ready.
"""

from __future__ import annotations

from typing import Protocol

from accounts.models import User


class InviteProvider(Protocol):
    """Whoever makes links and knows which are good."""

    def may_register(self, secret: str) -> bool:
        """Say whether the link would be good now, without using it."""

    def claim(self, secret: str, person: User) -> bool:
        """Use the link up for a new person, in the transaction that creates them.

        The answer decides a race.
        """


_providers: list[InviteProvider] = []


def register_provider(doorkeeper: InviteProvider) -> None:
    """Ask this one too from now on. Call it in an app's `ready`."""
    _providers.append(doorkeeper)


def may_register(secret: str) -> bool:
    """Say whether anybody's link would be good now."""
    return any(one.may_register(secret) for one in _providers)


def claim(secret: str, person: User) -> bool:
    """Use the link up for this person."""
    return any(one.claim(secret, person) for one in _providers)
