"""Names that users put on their lists before, the ones most probably wanted again first.

It reads a bounded part of the log and of the items, in two queries for any number
of lists.
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
"""Changes of each list that are read, the newest."""
MAX_ROWS = 50
"""Items of a change that is read. The items of a larger one count once each, while they exist."""
MAX_ITEMS = 2000
"""Items that are read, the newest."""
HALF_LIFE = 30 * 86_400.0
"""Seconds after which the use of a name counts half."""

# Ticks and moves, which are most of a log, add no name to a list.
_VERBS = tuple(
    f"{noun}.{kind}" for noun in ("item", "items") for kind in ("added", "unticked", "edited")
)


class Usage(NamedTuple):
    """One use of a name: an item that was added, put back or renamed."""

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
        """Return a number that is higher for a name used more often and more recently."""
        age = (now - self.last_used).total_seconds()
        return float(self.times * 0.5 ** (age / HALF_LIFE))


def suggest(lists: Mapping[UUID, int], part: str, *, now: datetime) -> dict[str, Suggestion]:
    """Return names used on these lists, each list with its version, by the key of the name.

    Names that begin with `part` come first, then those that only contain it;
    among them the ones with the highest score.
    """
    part_key = item_names.comparison_key(part)
    suggestions: dict[str, Suggestion] = {}
    for use in _uses(lists, part_key):
        key = item_names.comparison_key(use.name)
        if part_key in key:
            _count(suggestions, key, use)
    ordered = sorted(
        suggestions.items(),
        key=lambda pair: (not pair[0].startswith(part_key), -pair[1].score(now), pair[0]),
    )
    return dict(ordered)


def _count(suggestions: dict[str, Suggestion], key: str, use: Usage) -> None:
    suggestion = suggestions.setdefault(key, Suggestion(use.name, use.category, 0, use.at))
    suggestion.times += 1
    if use.at > suggestion.last_used:
        suggestion.name, suggestion.category = use.name, use.category
        suggestion.last_used = use.at


def _uses(lists: Mapping[UUID, int], part_key: str) -> Iterator[Usage]:
    """Yield every use in the log, and one for each item whose use the log has no more."""
    if not lists:
        return
    logged: set[str] = set()
    for at, changes in _log(lists):
        for entry in filter(_is_use, changes):
            logged.add(entry["item"])
            yield Usage(entry["after"]["name"], entry["after"]["category"], at)
    for pk, *use in _items(lists, part_key):
        if str(pk) not in logged:
            yield Usage(*use)


def _log(lists: Mapping[UUID, int]) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
    newest = [Q(list_id=pk, version__gt=version - MAX_CHANGES) for pk, version in lists.items()]
    rows = models.Activity.objects.filter(
        reduce(or_, newest), verb__in=_VERBS, summary__items__lte=MAX_ROWS
    )
    yield from rows.values_list("at", "changes")


def _is_use(entry: Mapping[str, Any]) -> bool:
    if not entry.get("item") or entry["after"] is None:
        return False
    before, after = entry["before"], entry["after"]
    was_put_back = before and before["purchased"] and not after["purchased"]
    return bool(before is None or was_put_back or before["name"] != after["name"])


def _items(lists: Collection[UUID], part_key: str) -> Iterator[tuple[Any, ...]]:
    items = models.ShoppingItem.objects.filter(shopping_list__in=lists, name_key__contains=part_key)
    rows = items.order_by("-updated_at").values_list("pk", "name", "category", "created_at")
    yield from rows[:MAX_ITEMS]
