"""The signal receivers: every change of a recorded row is noticed here.

Rows are written inside a recording, which `save`, `delete` and the managers
open. What arrives without one is a cascade from a person's deletion; that is
recorded by `forget_person` before Django touches the rows.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save

from shopping_list import models
from shopping_list.recording import context, locking
from shopping_list.services import ownership


def connect() -> None:
    """Connect every receiver to its models, proxies of them included.

    A proxy's signals carry the proxy as sender, so a receiver connected to the
    concrete class alone would miss them.
    """
    jobs: list[tuple[type[Model], Any, Any, Any]] = [
        (models.ShoppingItem, item_pre_save, item_pre_delete, row_post_write),
        (models.ShoppingList, list_pre_save, list_deleting, row_post_write),
        (models.Membership, membership_pre_save, membership_deleting, row_post_write),
    ]
    for concrete, saving, deleting, done in jobs:
        for model in apps.get_models():
            if model._meta.concrete_model is concrete:
                uid = f"recording.{model._meta.label}"
                pre_save.connect(saving, model, dispatch_uid=uid)
                post_save.connect(done, model, dispatch_uid=uid)
                pre_delete.connect(deleting, model, dispatch_uid=uid)
                post_delete.connect(done, model, dispatch_uid=uid)
    m2m_changed.connect(members_m2m_changed, models.ShoppingList.members.through)
    pre_delete.connect(record_user_deletion, get_user_model())


def item_pre_save(
    instance: models.ShoppingItem, raw: bool = False, update_fields: Any = None, **_: Any
) -> None:
    """Learn what is stored, then stamp the item (`pre_save`)."""
    unit = context.current()
    if raw or unit is None:
        return
    unit.track_items([instance.pk])
    unit.stamp_item(instance, update_fields)


def item_pre_delete(instance: models.ShoppingItem, origin: Any = None, **_: Any) -> None:
    """Learn what is about to be lost (`pre_delete`).

    An item that goes with its list is no change of its own.
    """
    unit = context.current()
    if unit is not None and not _is_list(origin):
        unit.track_items([instance.pk])


def list_pre_save(instance: models.ShoppingList, raw: bool = False, **_: Any) -> None:
    """Keep the history's position out of a stale instance's reach (`pre_save`)."""
    unit = context.current()
    if raw or unit is None:
        return
    unit.track_lists([instance.pk])
    unit.stamp_list(instance)


def list_deleting(instance: models.ShoppingList, **_: Any) -> None:
    """Note the tombstone (`pre_delete`)."""
    unit = context.current()
    if unit is not None:
        unit.track_lists([instance.pk])


def membership_pre_save(instance: models.Membership, raw: bool = False, **_: Any) -> None:
    """Learn the members before they change (`pre_save`), on the list that one leaves too."""
    unit = context.current()
    if unit is not None and not raw:
        stored = models.Membership.objects.filter(pk=instance.pk)
        unit.track_members({instance.shopping_list_id, *stored._list_ids()})


def membership_deleting(instance: models.Membership, origin: Any = None, **_: Any) -> None:
    """Learn the members before one goes (`pre_delete`)."""
    unit = context.current()
    if unit is not None and not _is_list(origin):
        unit.track_members([instance.shopping_list_id])


def row_post_write(instance: Any, raw: bool = False, **_: Any) -> None:
    """Check that the row's list is part of the recording (`post_save`, `post_delete`).

    The list's version and last_interaction are written at the recording's
    end, those two columns and no other.
    """
    unit = context.current()
    if unit is not None and not raw:
        unit.lock(instance.affected_list_ids())


def members_m2m_changed(
    instance: Model, action: str, reverse: bool, pk_set: set[Any] | None, **_: Any
) -> None:
    """Lock the lists, in id order, before `members.add/remove/set/clear` (`m2m_changed`).

    The rows themselves are recorded by the through model's manager, which
    `add` and `remove` write with.
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
    """Record what a person's deletion changes on lists (`pre_delete`).

    Django would null the references and cascade the memberships without a
    signal that a list could be told by. A list of theirs that others are on gets
    another owner: whoever asks the person first (owners.depart) leaves none.
    """
    with context.recording(*ownership.lists_referencing(instance)):
        models.ShoppingItem.objects.filter(created_by=instance).update(created_by=None)
        models.ShoppingItem.objects.filter(purchased_by=instance).update(purchased_by=None)
        models.ShoppingList.objects.filter(created_by=instance).update(created_by=None)
        mine = models.Membership.objects.filter(user=instance)
        lists = mine._list_ids()
        mine.delete()
        ownership.promote_successors(sorted(lists))


def _is_list(origin: Any) -> bool:
    """Tell whether a deletion began at a list: an instance, or a queryset of lists."""
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    return isinstance(model, type) and issubclass(model, models.ShoppingList)
