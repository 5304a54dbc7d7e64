"""The data that this app stores about a user: the provider for `accounts.personal_data`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast, Substr

from accounts.models import User
from shopping_list import queries
from shopping_list.import_export import json_format
from shopping_list.models import Activity, ForgottenName, Invite, Membership, ShoppingList
from shopping_list.services import ownership

_PIECE_LENGTH = 1 << 18
"""Characters of the rows of a change that are read at once."""


def is_member(user: User, list_id: UUID) -> bool:
    """Return whether the user is a member of a list that is not in the trash."""
    return bool(_memberships_outside_trash(user).filter(shopping_list_id=list_id).exists())


def is_member_of_any(user: User) -> bool:
    """Return whether the user is a member of any list that is not in the trash."""
    return bool(_memberships_outside_trash(user).exists())


def export(user: User) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield all stored data of a user; `lists` is a document that can be imported."""
    yield "memberships", iter([msgspec.json.encode(_memberships(user))])
    yield "invites", iter([msgspec.json.encode(_invites(user))])
    yield "forgotten_names", iter([msgspec.json.encode(_forgotten_names(user))])
    yield "activities", _activities(user)
    yield "lists", _lists(user)


def before_delete(user: User) -> None:
    """Release the lists of a user, in the transaction that deletes the user.

    Raises LastOwnerError if another member must become an owner first.
    """
    ownership.release_lists(user)


def _memberships_outside_trash(user: User) -> QuerySet[Membership]:
    return Membership.objects.active().filter(user=user, shopping_list__deleted_at=None)


def _lists(user: User) -> Iterator[bytes]:
    active = Membership.objects.active().filter(user=user)
    lists = (
        ShoppingList.objects.not_deleted()
        .filter(memberships__in=active)
        .order_by("created_at", "pk")
        .values_list("pk", flat=True)
    )
    snapshots = filter(None, map(queries.snapshot, list(lists)))
    return json_format.write_all((each.list, each.items) for each in snapshots)


def _memberships(user: User) -> list[Any]:
    rows = Membership.objects.filter(user=user).order_by("created_at", "pk")
    return list(rows.values("shopping_list_id", "role", "created_at", "expires_at"))


def _invites(user: User) -> list[Any]:
    rows = Invite.objects.filter(created_by=user).order_by("created_at", "pk")
    columns = ("id", "shopping_list_id", "role", "guest", "created_at", "expires_at")
    return list(rows.values(*columns, "max_uses", "uses", "revoked_at"))


def _forgotten_names(user: User) -> list[Any]:
    rows = ForgottenName.objects.filter(user=user).order_by("pk")
    return list(rows.values("name", "forgotten_at"))


def _activities(user: User) -> Iterator[bytes]:
    """Yield the text of an array with the changes of a user.

    Their rows are JSON in the database, and stay text. They are in the order of their keys:
    SQLite would sort megabytes of rows in memory for another one.
    """
    changes = Activity.objects.filter(actor=user).order_by("pk")
    columns = ("pk", "list_id", "version", "at", "verb", "undoes")
    values = changes.values(*columns, op=F("operation_id"), start=_rows_text(offset=0))
    separator = b"["
    for value in values.iterator(chunk_size=1):
        pk, start = value.pop("pk"), value.pop("start")
        yield separator + msgspec.json.encode(value).removesuffix(b"}") + b',"changes":'
        yield start.encode()
        yield from _rest_of_rows(changes.filter(pk=pk), start)
        separator = b"},"
    yield b"[]" if separator == b"[" else b"}]"


def _rest_of_rows(change: QuerySet[Any, Any], piece: str) -> Iterator[bytes]:
    """Yield the text of a change's rows behind its first piece: there may be megabytes."""
    offset = 0
    while len(piece) == _PIECE_LENGTH:
        offset += _PIECE_LENGTH
        piece = change.values_list(_rows_text(offset), flat=True).get()
        yield piece.encode()


def _rows_text(offset: int) -> Substr:
    """Return the expression of a piece of the rows of a change, as text."""
    return Substr(Cast("changes", TextField()), offset + 1, _PIECE_LENGTH)
