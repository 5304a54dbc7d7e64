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
from shopping_list.compiled_query import CompiledQuery
from shopping_list.rows import ROLES, Role
from shopping_list.services.trash import restore_cutoff

MAX_ROLE_OF_SCOPE: Mapping[str, Role] = {"read": "viewer", "tick": "ticker", "write": "owner"}
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
    mine = models.ShoppingList.objects.not_deleted().filter(memberships__in=_memberships(request))
    return _visible_to_token(request, mine)


def trash(request: Request) -> QuerySet[Any]:
    """Return the deleted lists that the caller may restore."""
    owned = _memberships(request).filter(role=models.Membership.Role.OWNER)
    lost = models.ShoppingList.objects.filter(
        deleted_at__gte=restore_cutoff(), memberships__in=owned
    )
    return _visible_to_token(request, lost)


class ListAccess(NamedTuple):
    """What a member is on a list, and that list's position."""

    role: str
    epoch: str
    version: int
    deleted_at: datetime | None


_standing = CompiledQuery(
    lambda list_id, user_id, now: (
        models.Membership.objects.active(now)
        .filter(shopping_list_id=list_id, user_id=user_id)
        .values_list(
            "role",
            "shopping_list__epoch",
            "shopping_list__version",
            "shopping_list__deleted_at",
        )
    ),
    fields=[UUIDField(), BigIntegerField(), DateTimeField()],
    sample_arguments=(
        (UUID(int=1), 1, datetime(2026, 1, 1, tzinfo=UTC)),
        (UUID(int=2), 2, datetime(2026, 1, 2, tzinfo=UTC)),
    ),
)


def require_member(request: Request, list_id: UUID, needed: Role = "viewer") -> ListAccess:
    """Return the caller's standing on a list that is not in the trash.

    Raises Http404 for a stranger, PermissionDenied for a member whose role does
    not include `needed`. Call it inside the recording: the list's lock makes
    the answer hold until the change is committed.
    """
    rows = _standing(list_id, user_of(request).pk, timezone.now())
    found = [ListAccess(*row) for row in rows]
    if (
        not found
        or found[0].deleted_at is not None
        or _restricted_list(request) not in {None, list_id}
    ):
        raise Http404
    require_role(request, found[0].role, needed)
    return found[0]


def membership(request: Request, list_id: UUID) -> models.Membership:
    """Return the caller's membership of a list, in the trash or not. Raises Http404."""
    mine = _memberships(request).filter(shopping_list_id=list_id).select_related("shopping_list")
    found: models.Membership | None = mine.first()
    if found is None or _restricted_list(request) not in {None, list_id}:
        raise Http404
    return found


def require_role(request: Request, role: str, needed: Role) -> None:
    """Raise PermissionDenied unless the role, and the token used, include `needed`."""
    if not includes(role, needed):
        raise PermissionDenied(f"This needs the role {needed}; yours is {role}.")
    require_token(request, needed)


def require_token(request: Request, needed: Role) -> None:
    """Raise PermissionDenied if the caller came by a token that may not do that."""
    token = _token(request)
    if token is not None and not includes(MAX_ROLE_OF_SCOPE[token.scope], needed):
        raise PermissionDenied(f"This token is for '{token.scope}' only.")


def require_unrestricted_token(request: Request) -> None:
    """Raise PermissionDenied if the caller came by a token that opens one list only."""
    if _restricted_list(request) is not None:
        raise PermissionDenied("This token opens one list only.")


def _memberships(request: Request) -> QuerySet[Any]:
    return models.Membership.objects.active().filter(user_id=user_of(request).pk)


def _visible_to_token(request: Request, lists: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of the lists that the caller's token opens."""
    only = _restricted_list(request)
    return lists if only is None else lists.filter(pk=only)


def _token(request: Request) -> ApiToken | None:
    return request.auth if isinstance(request.auth, ApiToken) else None


def _restricted_list(request: Request) -> UUID | None:
    token = _token(request)
    return token.list_id if token else None
