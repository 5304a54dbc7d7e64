"""The signal receivers: they tell the open recording which rows are written.

Rows are written inside a recording, which `save`, `delete` and the querysets
open. Only the cascade of a user's deletion comes without one;
`record_user_deletion` records it before Django writes the rows.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save

from shopping_list import models
from shopping_list.recording import context, locking, owners
from shopping_list.services import ownership


def connect() -> None:
    """Connect every receiver to its models, proxies of them included.

    A proxy's signals carry the proxy as sender, so a receiver connected to the
    concrete class alone would miss them.
    """
    receivers: list[tuple[type[Model], Any, Any, Any]] = [
        (models.ShoppingItem, item_pre_save, row_post_write, item_pre_delete),
        (models.ShoppingList, list_pre_save, row_post_write, list_pre_delete),
        (models.Membership, membership_pre_save, membership_post_save, membership_pre_delete),
    ]
    for concrete, on_pre_save, on_post_save, on_pre_delete in receivers:
        for model in apps.get_models():
            if model._meta.concrete_model is concrete:
                uid = f"recording.{model._meta.label}"
                pre_save.connect(on_pre_save, model, dispatch_uid=uid)
                post_save.connect(on_post_save, model, dispatch_uid=uid)
                pre_delete.connect(on_pre_delete, model, dispatch_uid=uid)
                post_delete.connect(row_post_write, model, dispatch_uid=uid)
    m2m_changed.connect(members_m2m_changed, models.ShoppingList.members.through)
    pre_delete.connect(record_user_deletion, get_user_model())


def item_pre_save(
    instance: models.ShoppingItem, raw: bool = False, update_fields: Any = None, **_: Any
) -> None:
    """Read the stored item, then set the bookkeeping columns (`pre_save`)."""
    unit = context.current()
    if raw or unit is None:
        return
    unit.track_items([instance.pk])
    unit.stamp_item(instance, update_fields)


def item_pre_delete(instance: models.ShoppingItem, origin: Any = None, **_: Any) -> None:
    """Read the stored item (`pre_delete`).

    An item that is deleted with its list is no change of its own.
    """
    unit = context.current()
    if unit is not None and not _is_list(origin):
        unit.track_items([instance.pk])


def list_pre_save(instance: models.ShoppingList, raw: bool = False, **_: Any) -> None:
    """Keep a stale instance from writing an older version back (`pre_save`)."""
    unit = context.current()
    if raw or unit is None:
        return
    unit.track_lists([instance.pk])
    unit.stamp_list(instance)


def list_pre_delete(instance: models.ShoppingList, **_: Any) -> None:
    """Note that the list is deleted (`pre_delete`)."""
    unit = context.current()
    if unit is not None:
        unit.track_lists([instance.pk])


def membership_pre_save(instance: models.Membership, raw: bool = False, **_: Any) -> None:
    """Read the members of the list, and of the list it is moved from (`pre_save`)."""
    unit = context.current()
    if unit is not None and not raw:
        stored = models.Membership.objects.filter(pk=instance.pk)
        unit.track_members({instance.shopping_list_id, *stored.list_ids()})


def membership_post_save(instance: models.Membership, raw: bool = False, **fields: Any) -> None:
    """Look for an owner after a raw fixture, whose rows come in any order (`post_save`)."""
    row_post_write(instance, raw=raw, **fields)
    if raw:
        transaction.on_commit(partial(owners.check, instance.shopping_list_id))


def membership_pre_delete(instance: models.Membership, origin: Any = None, **_: Any) -> None:
    """Read the members before one is removed (`pre_delete`)."""
    unit = context.current()
    if unit is not None and not _is_list(origin):
        unit.track_members([instance.shopping_list_id])


def row_post_write(instance: Any, raw: bool = False, **_: Any) -> None:
    """Make the row's list part of the recording (`post_save`, `post_delete`).

    The list's version and last_interaction are written at the recording's end,
    those two columns and no other.
    """
    unit = context.current()
    if unit is not None and not raw:
        unit.lock(instance.affected_list_ids())


def members_m2m_changed(
    instance: Model, action: str, reverse: bool, pk_set: set[Any] | None, **_: Any
) -> None:
    """Lock the lists, in id order, before `members.add/remove/set/clear` (`m2m_changed`).

    The through model's manager, which `add` and `remove` write with, records the
    rows themselves.
    """
    if not action.startswith("pre_"):
        return
    if not reverse:
        locking.lock_rows([instance.pk])
    elif pk_set is None:
        locking.lock_rows(instance.shopping_lists.values_list("pk", flat=True))  # type: ignore[attr-defined]
    else:
        locking.lock_rows(pk_set)


def record_user_deletion(instance: Any, **_: Any) -> None:
    """Record what a user's deletion changes on lists (`pre_delete`).

    Django would null the references and cascade the memberships without any
    signal about the list. A list that loses its last owner gets a new one (owners.py).
    """
    with context.recording(*ownership.lists_referencing(instance)):
        models.ShoppingItem.objects.filter(created_by=instance).update(created_by=None)
        models.ShoppingItem.objects.filter(purchased_by=instance).update(purchased_by=None)
        models.ShoppingList.objects.filter(created_by=instance).update(created_by=None)
        models.Membership.objects.filter(user=instance).delete()


def _is_list(origin: Any) -> bool:
    """Tell whether a deletion started at a list: an instance, or a queryset of lists."""
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    return isinstance(model, type) and issubclass(model, models.ShoppingList)
