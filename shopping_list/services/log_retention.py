"""Retention of the log: old changes are deleted, and the newest of each list stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from shopping_list.models import Activity

MIN_AGE = timedelta(days=30)
"""No younger change is deleted: clients that were away for so long still catch up by changes."""
KEPT_CHANGES = 1_000
"""The newest changes of each list, which stay however old they are."""
BATCH_SIZE = 500
"""Changes of one transaction, so that no writer waits for long."""


@dataclass(frozen=True)
class Batch:
    """How many changes one transaction looked at, and how many it deleted."""

    looked_at: int
    deleted: int


def delete_old(age: timedelta, *, kept: int = KEPT_CHANGES) -> Iterator[Batch]:
    """Delete the changes that are older than `age`, batch by batch.

    It takes no lock of a list: a row of the log is never written again, and each list keeps
    its `kept` newest changes, at least the last one, so that its versions never come again
    (API-20). Raises ValueError if `age` is below MIN_AGE or `kept` below 1.
    """
    if age < MIN_AGE or kept < 1:
        raise ValueError(f"age is at least {MIN_AGE.days} days, and kept at least 1")
    return _batches(timezone.now() - age, kept)


def count_old(age: timedelta) -> int:
    """Return how many changes `delete_old` will look at."""
    return Activity.objects.filter(at__lt=timezone.now() - age).count()


def _batches(before: datetime, kept: int) -> Iterator[Batch]:
    log = Activity.objects.filter(at__lt=before).order_by("pk")
    old = log.values_list("pk", "list_id", "version")
    newest: dict[UUID, int] = {}
    last = 0
    while rows := list(old.filter(pk__gt=last)[:BATCH_SIZE]):
        last = rows[-1][0]
        newest |= _newest_versions({list_id for _, list_id, _ in rows} - newest.keys())
        expired = [pk for pk, list_id, version in rows if version <= newest[list_id] - kept]
        deleted, _ = Activity.objects.filter(pk__in=expired).delete()
        yield Batch(len(rows), deleted)


def _newest_versions(list_ids: set[UUID]) -> dict[UUID, int]:
    """Return the newest version in the log of each of these lists."""
    log = Activity.objects.filter(list_id__in=list_ids).order_by().values("list_id")
    return dict(log.annotate(newest=Max("version")).values_list("list_id", "newest"))
