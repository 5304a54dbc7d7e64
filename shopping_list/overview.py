"""Read lists and their newest changes without any item: for screens that show all lists."""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping
from functools import reduce
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from rest.batches import MAX_IDS_PER_QUERY, batched
from shopping_list import list_settings, queries
from shopping_list.models import Activity, ShoppingItem, ShoppingList
from shopping_list.overview_values import ListVersion, LoggedEntry
from shopping_list.rows import ActivityEntry, ActivitySummary, Actor, Member, OverviewRow

MAX_CONDITIONS = 100
"""Lists in one statement that has a condition for each: SQLite limits its depth."""

Members = tuple[Member, ...]


def overview_rows(
    list_ids: Collection[UUID], known_members: Mapping[UUID, Members]
) -> dict[UUID, OverviewRow]:
    """Return those of the lists that exist outside of the trash.

    `known_members` are not read again. The position and the counts of a list are read by
    one statement, so they belong together. The members are read after it: if they change in
    between, the list has another version by then.
    """
    rows: dict[UUID, OverviewRow] = {}
    for batch in batched(list_ids, MAX_IDS_PER_QUERY):
        lists = list(_with_counts(ShoppingList.objects.not_deleted().filter(pk__in=batch)))
        unknown = [each.pk for each in lists if each.pk not in known_members]
        members = {**known_members, **(queries.members_of(unknown) if unknown else {})}
        rows.update((each.pk, _overview_row(each, members.get(each.pk, ()))) for each in lists)
    return rows


def _with_counts(lists: QuerySet[Any]) -> Any:
    items = ShoppingItem.objects.filter(shopping_list=OuterRef("pk"))
    counts = {"items_open": _count(items.filter(purchased=False)), "items_total": _count(items)}
    rows = lists.order_by().select_related("created_by")
    return rows.defer(*list_settings.FIELDS).annotate(**counts)


def _count(items: QuerySet[Any]) -> Any:
    counts = items.order_by().values("shopping_list").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)


def _overview_row(shopping_list: Any, members: Members) -> OverviewRow:
    row = queries.list_header_of(shopping_list, members)
    return OverviewRow(
        **msgspec.structs.asdict(row),
        epoch=shopping_list.epoch,
        version=shopping_list.version,
        digest=shopping_list.digest,
        items_open=shopping_list.items_open,
        items_total=shopping_list.items_total,
    )


def newest_entries(lists: Mapping[UUID, ListVersion], limit: int) -> tuple[ActivityEntry, ...]:
    """Return the newest changes of all these lists together, newest first.

    The cost does not depend on the length of the log: the newest changes are on the lists
    with the newest interactions, and of each list only the last `limit` versions are read.
    """
    newest = sorted(lists, key=lambda pk: lists[pk].last_interaction, reverse=True)[:limit]
    conditions = [
        Q(list_id=pk, version__gt=lists[pk].version - limit, version__lte=lists[pk].version)
        for pk in newest
    ]
    entries: list[ActivityEntry] = []
    for batch in batched(conditions, MAX_CONDITIONS):
        rows = Activity.objects.filter(reduce(operator.or_, batch)).order_by("-at", "-version")
        entries += [logged.entry for logged in _entries(rows[:limit])]
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.version), reverse=True)[:limit])


def entries_between(
    versions: Mapping[UUID, tuple[int, int]],
) -> dict[UUID, list[LoggedEntry]]:
    """Return the changes after the first and up to the second version of each list, in order."""
    entries: dict[UUID, list[LoggedEntry]] = {list_id: [] for list_id in versions}
    conditions = [
        Q(list_id=list_id, version__gt=after, version__lte=last)
        for list_id, (after, last) in versions.items()
    ]
    for batch in batched(conditions, MAX_CONDITIONS):
        rows = Activity.objects.filter(reduce(operator.or_, batch)).order_by("version")
        for logged in _entries(rows):
            entries[logged.entry.list].append(logged)
    return entries


def _entries(rows: QuerySet[Any]) -> list[LoggedEntry]:
    columns = ("list_id", "epoch", "version", "base", "at", "actor_id", "actor_name", "verb")
    named_rows = rows.values_list(*columns, "summary", "undoes", named=True)
    return [LoggedEntry(_entry(row), row.base) for row in named_rows]


def _entry(row: Any) -> ActivityEntry:
    return ActivityEntry(
        list=row.list_id,
        epoch=row.epoch,
        version=row.version,
        at=row.at,
        actor=Actor(row.actor_id, row.actor_name) if row.actor_name else None,
        verb=row.verb,
        summary=msgspec.convert(row.summary, ActivitySummary),
        undoes=msgspec.UNSET if row.undoes is None else row.undoes,
    )
