"""The data that this app stores about a user: the provider for `accounts.personal_data`."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from accounts.models import User
from shopping_list import queries
from shopping_list.import_export import json_format
from shopping_list.models import Activity, Invite, Membership, ShoppingList
from shopping_list.services import ownership


def is_member(user: User, list_id: UUID) -> bool:
    """Return whether the user is a member of a list that is not in the trash."""
    return bool(_memberships_outside_trash(user).filter(shopping_list_id=list_id).exists())


def is_member_of_any(user: User) -> bool:
    """Return whether the user is a member of any list that is not in the trash."""
    return bool(_memberships_outside_trash(user).exists())


def export(user: User) -> dict[str, Any]:
    """Return all stored data of a user; `lists` is a document that can be imported."""
    return {
        "lists": _lists(user),
        "memberships": _memberships(user),
        "invites": _invites(user),
        "activities": _activities(user),
    }


def before_delete(user: User) -> None:
    """Release the lists of a user, in the transaction that deletes the user.

    Raises LastOwnerError if another member must become an owner first.
    """
    ownership.release_lists(user)


def _memberships_outside_trash(user: User) -> QuerySet[Membership]:
    return Membership.objects.active().filter(user=user, shopping_list__deleted_at=None)


def _lists(user: User) -> Any:
    active = Membership.objects.active().filter(user=user)
    lists = (
        ShoppingList.objects.not_deleted()
        .filter(memberships__in=active)
        .order_by("created_at", "pk")
    )
    snapshots = [snapshot for each in lists if (snapshot := queries.snapshot(each.pk))]
    return json.loads(json_format.write_all((each.list, each.items) for each in snapshots))


def _memberships(user: User) -> list[dict[str, Any]]:
    rows = Membership.objects.filter(user=user).order_by("created_at", "pk")
    return list(rows.values("shopping_list_id", "role", "created_at", "expires_at"))


def _invites(user: User) -> list[dict[str, Any]]:
    rows = Invite.objects.filter(created_by=user).order_by("created_at", "pk")
    columns = ("id", "shopping_list_id", "role", "guest", "created_at", "expires_at")
    return list(rows.values(*columns, "max_uses", "uses", "revoked_at"))


def _activities(user: User) -> list[dict[str, Any]]:
    rows = Activity.objects.filter(actor=user).order_by("at", "list_id", "version")
    columns = ("list_id", "version", "at", "verb", "changes", "undoes")
    return list(rows.values(*columns, op=F("operation_id")))
