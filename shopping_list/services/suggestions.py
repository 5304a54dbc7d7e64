"""Names that users put on their lists before, the ones most probably wanted again first.

It reads a bounded part of the log and of the items, in two queries for any number
of lists.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from shopping_list import models
from shopping_list.parsing import item_names

MAX_ROWS = 50
"""Items of a change that is read. The items of a larger one count once each, while they exist."""
MAX_PURCHASES = 6
"""Purchases of a name of which the time is returned, the newest."""
HALF_LIFE = 30 * 86_400.0
"""Seconds after which the use of a name counts half."""
SAME_PURCHASE = timedelta(hours=1)
"""Ticks of a name that are nearer to each other are one purchase: a slip, or two lists."""

# Ticks and moves, which are most of a log, add no name to a list. When an item was bought is
# in its row, and in the log when it is put back or removed.
_VERBS = tuple(
    f"{noun}.{kind}"
    for noun in ("item", "items")
    for kind in ("added", "unticked", "edited", "removed")
)


class Bounds(NamedTuple):
    """How much is read."""

    changes: int
    """Changes of each list, the newest."""
    items: int
    """Items of all lists, the newest."""


class Mention(NamedTuple):
    """One row of an item: its name and details at a time, and what became of it.

    `used_at` is the time if the name was put on the list by this row: the item was added, put
    back or renamed. `bought_at` is the time at which the item was bought.
    """

    name: str
    quantity: str
    category: str
    list_id: UUID
    at: datetime
    used_at: datetime | None
    bought_at: datetime | None


@dataclass
class Suggestion:
    """A name that was used before, in its newest spelling and with its newest details."""

    newest: Mention
    uses: int = 0
    used_at: datetime | None = None
    ticks: set[datetime] = field(default_factory=set)

    def count(self, mention: Mention) -> None:
        """Take in one more row of this name."""
        if mention.at > self.newest.at:
            self.newest = mention
        if mention.used_at is not None:
            self.uses += 1
            self.used_at = max(self.used_at or mention.used_at, mention.used_at)
        if mention.bought_at is not None:
            self.ticks.add(mention.bought_at)

    @property
    def times(self) -> int:
        """How often it was used: at least once, because the log may have no use of it any more."""
        return max(self.uses, 1)

    @property
    def last_used(self) -> datetime:
        """When it was used for the last time, as far as that is known."""
        return self.used_at or self.newest.at

    def purchases(self) -> list[datetime]:
        """Return the times at which it was bought, the newest first."""
        ticks = sorted(self.ticks, reverse=True)
        earlier = (tick for later, tick in pairwise(ticks) if later - tick >= SAME_PURCHASE)
        return [*ticks[:1], *earlier]

    def score(self, now: datetime) -> float:
        """Return a number that is higher for a name used more often and more recently."""
        age = (now - self.last_used).total_seconds()
        return float(self.times * 0.5 ** (age / HALF_LIFE))


def suggest(
    lists: Mapping[UUID, int],
    part: str,
    *,
    now: datetime,
    bounds: Bounds,
    forgotten: Collection[str] = (),
) -> dict[str, Suggestion]:
    """Return names used on these lists, each list with its version, by the key of the name.

    Names that begin with `part` come first, then those with a word that begins with it, then
    those that only contain it; among them the ones with the highest score. `forgotten` are
    keys of names that are left out.
    """
    part_key = item_names.comparison_key(part)
    suggestions: dict[str, Suggestion] = {}
    for mention in _mentions(lists, part_key, bounds):
        key = item_names.comparison_key(mention.name)
        if part_key in key and key not in forgotten:
            suggestions.setdefault(key, Suggestion(mention)).count(mention)
    word = re.compile(rf"(?<!\w){re.escape(part_key)}")
    ordered = sorted(
        suggestions.items(),
        key=lambda pair: (
            not pair[0].startswith(part_key),
            word.search(pair[0]) is None,
            -pair[1].score(now),
            pair[0],
        ),
    )
    return dict(ordered)


def _mentions(lists: Mapping[UUID, int], part_key: str, bounds: Bounds) -> Iterator[Mention]:
    """Yield every row in the log, and every item. Its use counts once if the log has no more."""
    if not lists:
        return
    logged: set[str] = set()
    for list_id, at, changes in _log(lists, bounds.changes):
        for entry in changes:
            if not entry.get("item"):
                continue
            mention = _mention(list_id, at, entry["before"], entry["after"])
            if mention.used_at is not None:
                logged.add(entry["item"])
            yield mention
    for pk, *details in _items(lists, part_key, bounds.items):
        name, quantity, category, list_id, created_at, updated_at, purchased_at = details
        used_at = None if str(pk) in logged else created_at
        yield Mention(name, quantity, category, list_id, updated_at, used_at, purchased_at)


def _mention(
    list_id: UUID, at: datetime, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> Mention:
    row = after or before
    assert row is not None  # an entry of a change has one of them
    was_bought = before is not None and before["purchased"] and not (after and after["purchased"])
    bought_at = before["purchased_at"] if before is not None and was_bought else None
    return Mention(
        row["name"],
        row["quantity"],
        row["category"],
        list_id,
        at,
        at if after is not None and _is_use(before, after) else None,
        datetime.fromisoformat(bought_at) if bought_at else None,
    )


def _is_use(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> bool:
    if before is None:
        return True
    was_put_back = before["purchased"] and not after["purchased"]
    return bool(was_put_back or before["name"] != after["name"])


def _log(
    lists: Mapping[UUID, int], count: int
) -> Iterator[tuple[UUID, datetime, list[dict[str, Any]]]]:
    newest = [Q(list_id=pk, version__gt=version - count) for pk, version in lists.items()]
    rows = models.Activity.objects.filter(
        reduce(or_, newest), verb__in=_VERBS, summary__items__lte=MAX_ROWS
    )
    yield from rows.values_list("list_id", "at", "changes").iterator(chunk_size=100)


def _items(lists: Collection[UUID], part_key: str, count: int) -> Iterator[tuple[Any, ...]]:
    items = models.ShoppingItem.objects.filter(shopping_list__in=lists, name_key__contains=part_key)
    rows = items.order_by("-updated_at").values_list(
        "pk",
        "name",
        "quantity",
        "category",
        "shopping_list_id",
        "created_at",
        "updated_at",
        "purchased_at",
    )
    yield from rows[:count].iterator(chunk_size=1000)
