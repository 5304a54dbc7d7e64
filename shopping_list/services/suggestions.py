"""What people put on their lists before, the likeliest to be wanted again first.

It reads a bounded part of the log and the items that are there, in two queries
whatever the number of lists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from shopping_list import models
from shopping_list.parsing import item_names

MAX_CHANGES = 300
"""How many changes of each list are looked at, the newest."""
MAX_ITEMS = 2000
"""How many items are looked at, the newest."""
HALF_LIFE = 30 * 86_400.0
"""Seconds after which having used a name counts half."""

# Ticks and moves, which are most of a log, put nothing on a list.
_VERBS = tuple(
    f"{noun}.{kind}" for noun in ("item", "items") for kind in ("added", "unticked", "edited")
)


class Usage(NamedTuple):
    """Somebody put something on a list."""

    name: str
    category: str
    at: datetime


@dataclass
class Suggestion:
    """A name that was used before, in its newest spelling."""

    name: str
    category: str
    times: int
    last_used: datetime

    def score(self, now: datetime) -> float:
        """Return a number that is higher the oftener and the later it was used."""
        age = (now - self.last_used).total_seconds()
        return float(self.times * 0.5 ** (age / HALF_LIFE))


def suggest(lists: Mapping[UUID, int], wanted: str, *, now: datetime) -> dict[str, Suggestion]:
    """Return the habits of lists, given with their versions, by the key of their name.

    The likeliest come first; names that begin with what is wanted before those
    that only have it within.
    """
    part = item_names.comparison_key(wanted)
    found: dict[str, Suggestion] = {}
    for use in _uses(lists, part):
        key = item_names.comparison_key(use.name)
        if part in key:
            _count(found, key, use)
    order = sorted(
        found.items(),
        key=lambda pair: (not pair[0].startswith(part), -pair[1].score(now), pair[0]),
    )
    return dict(order)


def _count(found: dict[str, Suggestion], key: str, use: Usage) -> None:
    habit = found.setdefault(key, Suggestion(use.name, use.category, 0, use.at))
    habit.times += 1
    if use.at > habit.last_used:
        habit.name, habit.category, habit.last_used = use.name, use.category, use.at


def _uses(lists: Mapping[UUID, int], part: str) -> Iterator[Usage]:
    """Yield every use in the log, and one for each item whose use it has forgotten."""
    if not lists:
        return
    logged: set[str] = set()
    for at, changes in _log(lists):
        for entry in filter(_is_use, changes):
            logged.add(entry["item"])
            yield Usage(entry["after"]["name"], entry["after"]["category"], at)
    for pk, *use in _items(lists, part):
        if str(pk) not in logged:
            yield Usage(*use)


def _log(lists: Mapping[UUID, int]) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
    newest = [Q(list_id=pk, version__gt=version - MAX_CHANGES) for pk, version in lists.items()]
    rows = models.Activity.objects.filter(reduce(or_, newest), verb__in=_VERBS)
    yield from rows.values_list("at", "changes")


def _is_use(entry: Mapping[str, Any]) -> bool:
    if not entry.get("item") or entry["after"] is None:
        return False
    before, after = entry["before"], entry["after"]
    put_back = before and before["purchased"] and not after["purchased"]
    return bool(before is None or put_back or before["name"] != after["name"])


def _items(lists: Collection[UUID], part: str) -> Iterator[tuple[Any, ...]]:
    items = models.ShoppingItem.objects.filter(shopping_list__in=lists, name_key__contains=part)
    rows = items.order_by("-updated_at").values_list("pk", "name", "category", "created_at")
    yield from rows[:MAX_ITEMS]
