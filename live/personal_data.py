"""The data that this app stores about a user: the provider for `accounts.personal_data`."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import msgspec

from accounts.models import User
from live.models import Visit


def is_member(user: User, list_id: UUID) -> bool:
    """Return false: memberships are in another app."""
    return False


def is_member_of_any(user: User) -> bool:
    """Return false: memberships are in another app."""
    return False


def export(user: User) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield which lists the user has seen, up to which version and when."""
    visits = Visit.objects.filter(user=user).order_by("at", "pk")
    rows = visits.values("shopping_list_id", "epoch", "version", "at")
    yield "visits", iter([msgspec.json.encode(list(rows))])


def before_delete(user: User) -> None:
    """Do nothing: the rows are deleted with the user."""
