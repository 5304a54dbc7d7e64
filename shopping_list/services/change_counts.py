"""When a list is changed: the number of its changes in each quarter of an hour."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count
from django.db.models.functions import TruncMinute
from django.utils import timezone

from shopping_list import models

PERIOD = timedelta(days=28)
"""Four weeks: each hour of the week occurs four times."""
QUARTER = 15 * 60
"""Seconds. Every time zone differs from UTC by a multiple of it."""
MAX_CHANGES = 20_000
"""The newest changes of a list that are counted."""


def counted_from(list_id: UUID, version: int) -> datetime:
    """Return the moment after which all changes of a list are counted."""
    start = timezone.now() - PERIOD
    log = models.Activity.objects.filter(list_id=list_id, version=version - MAX_CHANGES)
    oldest = log.values_list("at", flat=True).first()
    return max(start, oldest) if oldest else start


def changes_by_quarter(list_id: UUID, version: int, start: datetime) -> dict[int, int]:
    """Return the changes after `start` by the Unix time at which their quarter begins."""
    log = models.Activity.objects.filter(
        list_id=list_id, version__gt=version - MAX_CHANGES, version__lte=version, at__gt=start
    )
    minutes = log.order_by().values_list(TruncMinute("at")).annotate(changes=Count("pk"))
    quarters: Counter[int] = Counter()
    for minute, changes in minutes:
        quarters[int(minute.timestamp()) // QUARTER * QUARTER] += changes
    return dict(sorted(quarters.items()))
