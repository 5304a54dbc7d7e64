"""What the caller may do with a list. Others get 404, so they do not learn that it exists."""

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

from accounts.api.permissions import current_user
from accounts.models import ApiToken
from rest.compiled_query import CompiledQuery, Row, Statement
from shopping_list import models
from shopping_list.rows import ROLES, Role
from shopping_list.services.trash import restore_cutoff

MAX_ROLE_OF_SCOPE: Mapping[str, Role] = {"read": "viewer", "tick": "ticker", "write": "owner"}
"""The role that a token of each scope can use at most."""


def includes_role(role: str, needed: Role) -> bool:
    """Tell whether a role has all rights of another."""
    return ROLES.index(role) >= ROLES.index(needed)


def lists(request: Request) -> QuerySet[Any]:
    """Return the lists that the caller may see, without those in the trash."""
    memberships = _memberships(request)
    visible = models.ShoppingList.objects.not_deleted().filter(memberships__in=memberships)
    return _visible_to_token(request, visible)


def trash(request: Request) -> QuerySet[Any]:
    """Return the deleted lists that the caller may restore."""
    ownerships = _memberships(request).filter(role=models.Membership.Role.OWNER)
    restorable = models.ShoppingList.objects.filter(
        deleted_at__gte=restore_cutoff(), memberships__in=ownerships
    )
    return _visible_to_token(request, restorable)


class ListAccess(NamedTuple):
    """The role of a member on a list, and the list's epoch and version."""

    role: str
    epoch: str
    version: int
    deleted_at: datetime | None


_list_access = CompiledQuery(
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


def access_to(request: Request, list_id: UUID) -> Statement[list[Row]]:
    """Return the statement that reads the caller's access, for `require_member`."""
    return _list_access.bind(list_id, current_user(request).pk, timezone.now())


def require_member(
    request: Request,
    list_id: UUID,
    needed: Role = "viewer",
    *,
    reading: Statement[list[Row]] | None = None,
) -> ListAccess:
    """Return the caller's access to a list that is not in the trash.

    Raises Http404 for a user who is no member, PermissionDenied for a member whose
    role does not include `needed`. Call it inside the recording: the list's lock
    keeps the result true until the change is committed. `reading` is the statement
    of `access_to`, if it ran with that lock.
    """
    require_visible_to_token(request, list_id)
    for row in (reading or access_to(request, list_id)).result:
        access = ListAccess(*row)
        if access.deleted_at is None:
            require_role(request, access.role, needed)
            return access
    raise Http404


def get_membership(request: Request, list_id: UUID) -> models.Membership:
    """Return the caller's membership of a list, in the trash or not. Raises Http404."""
    memberships = _memberships(request).filter(shopping_list_id=list_id)
    membership: models.Membership | None = memberships.select_related("shopping_list").first()
    if membership is None or _restricted_list(request) not in {None, list_id}:
        raise Http404
    return membership


def require_role(request: Request, role: str, needed: Role) -> None:
    """Raise PermissionDenied unless the role and the token, if any, include `needed`."""
    if not includes_role(role, needed):
        raise PermissionDenied(f"This needs the role {needed}; yours is {role}.")
    require_token(request, needed)


def require_token(request: Request, needed: Role) -> None:
    """Raise PermissionDenied if the caller uses a token whose scope does not include `needed`."""
    request._needed_role = max(  # type: ignore[attr-defined]
        needed, needed_role(request), key=ROLES.index
    )
    token = _token(request)
    if token is not None and not includes_role(MAX_ROLE_OF_SCOPE[token.scope], needed):
        raise PermissionDenied(f"This token is for '{token.scope}' only.")


def require_unrestricted_token(request: Request) -> None:
    """Raise PermissionDenied if the caller uses a token that is restricted to one list."""
    request._needs_unrestricted_token = True  # type: ignore[attr-defined]
    if _restricted_list(request) is not None:
        raise PermissionDenied("This token opens one list only.")


def require_visible_to_token(request: Request, list_id: UUID) -> None:
    """Raise Http404 if the caller uses a token that is restricted to another list."""
    if _restricted_list(request) not in {None, list_id}:
        raise Http404


def needed_role(request: Request) -> Role:
    """Return the highest role that this request has needed so far."""
    role: Role = getattr(request, "_needed_role", ROLES[0])
    return role


def has_needed_unrestricted_token(request: Request) -> bool:
    """Tell whether this request has needed a token without a list."""
    return getattr(request, "_needs_unrestricted_token", False)


def _memberships(request: Request) -> QuerySet[Any]:
    return models.Membership.objects.active().filter(user_id=current_user(request).pk)


def _visible_to_token(request: Request, lists: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of the lists that the caller's token gives access to."""
    list_id = _restricted_list(request)
    return lists if list_id is None else lists.filter(pk=list_id)


def _token(request: Request) -> ApiToken | None:
    return request.auth if isinstance(request.auth, ApiToken) else None


def _restricted_list(request: Request) -> UUID | None:
    token = _token(request)
    return token.list_id if token else None
