"""What this app keeps of a person, for `accounts.personal_data` to ask."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from accounts.models import User
from shopping_list import queries
from shopping_list.departure import before_delete
from shopping_list.import_export import json_format
from shopping_list.models import Activity, Invite, Membership, ShoppingList

__all__ = ["before_delete", "export", "is_member", "is_member_of_any"]


def is_member(person: User, list_id: UUID) -> bool:
    """Tell whether the person is a member of a list that is not in the trash."""
    return bool(_places(person).filter(shopping_list_id=list_id).exists())


def is_member_of_any(person: User) -> bool:
    """Tell whether the person is a member of any list that is not in the trash."""
    return bool(_places(person).exists())


def export(person: User) -> dict[str, Any]:
    """Return what is kept of a person; `lists` is a document that can be imported."""
    return {
        "lists": _lists(person),
        "memberships": _memberships(person),
        "invites": _invites(person),
        "activities": _activities(person),
    }


def _places(person: User) -> QuerySet[Membership]:
    return Membership.objects.active().filter(user=person, shopping_list__deleted_at=None)


def _lists(person: User) -> Any:
    mine = Membership.objects.active().filter(user=person)
    alive = (
        ShoppingList.objects.not_deleted().filter(memberships__in=mine).order_by("created_at", "pk")
    )
    found = [snapshot for one in alive if (snapshot := queries.snapshot(one.pk))]
    return json.loads(json_format.write_all((one.list, one.items) for one in found))


def _memberships(person: User) -> list[dict[str, Any]]:
    rows = Membership.objects.filter(user=person).order_by("created_at", "pk")
    return list(rows.values("shopping_list_id", "role", "created_at", "expires_at"))


def _invites(person: User) -> list[dict[str, Any]]:
    rows = Invite.objects.filter(created_by=person).order_by("created_at", "pk")
    shown = ("id", "shopping_list_id", "role", "guest", "created_at", "expires_at")
    return list(rows.values(*shown, "max_uses", "uses", "revoked_at"))


def _activities(person: User) -> list[dict[str, Any]]:
    rows = Activity.objects.filter(actor=person).order_by("at", "list_id", "version")
    shown = ("list_id", "version", "at", "verb", "changes", "undoes")
    return list(rows.values(*shown, op=F("operation_id")))
