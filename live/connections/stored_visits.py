"""Reads and writes up to which version users have seen lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError
from django.db.models import BigIntegerField

from accounts.models import User
from live.connections.identity import UserAndList
from live.models import Visit
from rest.batches import MAX_IDS_PER_QUERY, batched
from rest.compiled_query import CompiledQuery, columns_of, to_instance
from shopping_list.models import ShoppingList

REFRESH = timedelta(minutes=10)
"""The time of a visit is at most this old while the user looks at a list that does not change."""


class SeenVersion(NamedTuple):
    """The version of a list in one of its epochs."""

    epoch: str
    version: int

    def is_news_after(self, epoch: str, version: int) -> bool:
        """Tell whether a user who had seen that version has seen more."""
        return epoch != self.epoch or version < self.version


def visits_of(user_id: int) -> dict[UUID, Visit]:
    """Return the last visit of a user to each list."""
    visits = (to_instance(Visit, row) for row in _visits_of_user(user_id))
    return {visit.shopping_list_id: visit for visit in visits}


_visits_of_user = CompiledQuery(
    lambda user_id: (
        Visit.objects.filter(user_id=user_id).order_by().values_list(*columns_of(Visit))
    ),
    fields=[BigIntegerField()],
    sample_arguments=((1,), (2,)),
)


def store(seen: Mapping[UserAndList, SeenVersion], at: datetime) -> list[Visit]:
    """Store what users have seen, and return what was not known yet.

    A version never falls: a device that was away shows an old one for a moment.
    """
    stored: list[Visit] = []
    for batch in batched(list(seen), MAX_IDS_PER_QUERY):
        stored += _store_batch({key: seen[key] for key in batch}, at)
    return stored


def _store_batch(seen: Mapping[UserAndList, SeenVersion], at: datetime) -> list[Visit]:
    user_ids = {user_id for user_id, _ in seen}
    list_ids = {list_id for _, list_id in seen}
    known = {
        (visit.user_id, visit.shopping_list_id): visit
        for visit in Visit.objects.filter(user_id__in=user_ids, shopping_list_id__in=list_ids)
    }
    visits = [
        Visit(user_id=key[0], shopping_list_id=key[1], at=at, **each._asdict())
        for key, each in seen.items()
        if (visit := known.get(key)) is None
        or each.is_news_after(visit.epoch, visit.version)
        or (each.version == visit.version and at - visit.at > REFRESH)
    ]
    try:
        _upsert(visits)
    except IntegrityError:
        # A user or a list was deleted meanwhile.
        users = set(User.objects.filter(pk__in=user_ids).values_list("pk", flat=True))
        lists = set(ShoppingList.objects.filter(pk__in=list_ids).values_list("pk", flat=True))
        visits = [each for each in visits if each.user_id in users]
        visits = [each for each in visits if each.shopping_list_id in lists]
        _upsert(visits)
    return visits


def _upsert(visits: list[Visit]) -> None:
    Visit.objects.bulk_create(
        visits,
        update_conflicts=True,
        unique_fields=["user", "shopping_list"],
        update_fields=["epoch", "version", "at"],
    )
