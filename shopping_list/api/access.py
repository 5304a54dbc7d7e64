"""Who may do what with a list. A stranger learns nothing, not even that it exists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BigIntegerField, DateTimeField, QuerySet, UUIDField
from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.models import ApiToken, User
from shopping_list import models
from shopping_list.prepared import Prepared
from shopping_list.rows import ROLES, Role
from shopping_list.trash import horizon

HIGHEST: Mapping[str, Role] = {"read": "viewer", "tick": "ticker", "write": "owner"}
"""The role that a token of each scope can use at most."""


def user_of(request: Request) -> User:
    """Return the caller. Every view here asks for one (DEFAULT_PERMISSION_CLASSES)."""
    assert isinstance(request.user, User)
    return request.user


def includes(role: str, needed: Role) -> bool:
    """Tell whether a role has the rights of another."""
    return ROLES.index(role) >= ROLES.index(needed)


def lists(request: Request) -> QuerySet[Any]:
    """Return the lists that the caller may see; those in the trash are left out."""
    mine = models.ShoppingList.objects.alive().filter(memberships__in=_memberships(request))
    return _opened(request, mine)


def trash(request: Request) -> QuerySet[Any]:
    """Return the deleted lists that the caller may restore."""
    owned = _memberships(request).filter(role=models.Membership.Role.OWNER)
    lost = models.ShoppingList.objects.filter(deleted_at__gte=horizon(), memberships__in=owned)
    return _opened(request, lost)


class Standing(NamedTuple):
    """What a member is on a list, and that list's position."""

    role: str
    epoch: str
    version: int
    deleted_at: datetime | None


_standing = Prepared(
    lambda list_id, user_id, now: (
        models.Membership.objects.current(now)
        .filter(shopping_list_id=list_id, user_id=user_id)
        .values_list(
            "role",
            "shopping_list__epoch",
            "shopping_list__version",
            "shopping_list__deleted_at",
        )
    ),
    fields=[UUIDField(), BigIntegerField(), DateTimeField()],
    samples=(
        (UUID(int=1), 1, datetime(2026, 1, 1, tzinfo=UTC)),
        (UUID(int=2), 2, datetime(2026, 1, 2, tzinfo=UTC)),
    ),
)


def member(request: Request, list_id: UUID, needed: Role = "viewer") -> Standing:
    """Return the caller's standing on a list that is not in the trash.

    Raises Http404 for a stranger, PermissionDenied for a member whose role does
    not include `needed`. Call it inside the recording: the list's lock makes
    the answer hold until the change is committed.
    """
    rows = _standing(list_id, user_of(request).pk, timezone.now())
    found = [Standing(*row) for row in rows]
    if not found or found[0].deleted_at is not None or _only(request) not in {None, list_id}:
        raise Http404
    require(request, found[0].role, needed)
    return found[0]


def membership(request: Request, list_id: UUID) -> models.Membership:
    """Return the caller's membership of a list, in the trash or not. Raises Http404."""
    mine = _memberships(request).filter(shopping_list_id=list_id).select_related("shopping_list")
    found: models.Membership | None = mine.first()
    if found is None or _only(request) not in {None, list_id}:
        raise Http404
    return found


def require(request: Request, role: str, needed: Role) -> None:
    """Raise PermissionDenied unless the role, and the token used, include `needed`."""
    if not includes(role, needed):
        raise PermissionDenied(f"This needs the role {needed}; yours is {role}.")
    require_token(request, needed)


def require_token(request: Request, needed: Role) -> None:
    """Raise PermissionDenied if the caller came by a token that may not do that."""
    token = _token(request)
    if token is not None and not includes(HIGHEST[token.scope], needed):
        raise PermissionDenied(f"This token is for '{token.scope}' only.")


def require_every_list(request: Request) -> None:
    """Raise PermissionDenied if the caller came by a token that opens one list only."""
    if _only(request) is not None:
        raise PermissionDenied("This token opens one list only.")


def _memberships(request: Request) -> QuerySet[Any]:
    return models.Membership.objects.current().filter(user_id=user_of(request).pk)


def _opened(request: Request, lists: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of the lists that the caller's token opens."""
    only = _only(request)
    return lists if only is None else lists.filter(pk=only)


def _token(request: Request) -> ApiToken | None:
    return request.auth if isinstance(request.auth, ApiToken) else None


def _only(request: Request) -> UUID | None:
    token = _token(request)
    return token.list_id if token else None
