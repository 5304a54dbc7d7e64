"""What an import does to a list, decided before anything is written. Pure.

An open line does what adding does (parsing/item_merge.py): it is merged into the
open item of its name, or puts back the one that was bought last, or is new. A bought
line is the record of a purchase: it is unchanged if the list has it with these
details, else it is new. An open line does not put back what the same import added as
bought, so that an exported list is imported as it was.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from uuid import UUID

from shopping_list.import_export.parsed_lines import Line, ParsedItem
from shopping_list.parsing import item_merge
from shopping_list.parsing.item_names import comparison_key
from shopping_list.rows import StoredItem

Outcome = Literal["added", "merged", "put_back", "unchanged", "conflict"]
SHOWN_FIELDS = ("name", "quantity", "note", "category", "purchased")
_EPOCH_START = datetime.min.replace(tzinfo=UTC)


@dataclass
class PlannedItem:
    """One item of the list: as it is stored, or as a line describes it, and its changes."""

    id: UUID
    stored: StoredItem | None
    parsed: ParsedItem | None = None
    changes: dict[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        """Return a field as it is after the import."""
        if name in self.changes:
            return self.changes[name]
        return getattr(self.parsed or self._row, name)

    @property
    def _row(self) -> Any:
        assert self.stored is not None
        return self.stored.row


class PlannedLine(NamedTuple):
    """What the import does with one line. `values` are the item's fields after this line."""

    line: Line
    outcome: Outcome
    item: PlannedItem
    values: Mapping[str, Any]
    changed: tuple[str, ...] = ()
    not_taken: Mapping[str, str] = MappingProxyType({})
    reason: str = ""
    field: str = ""
    """The field that is too short, if there is a conflict."""


class _Purchases:
    """The bought items of a list, of which each is taken once, the latest first."""

    def __init__(self, stored: Sequence[StoredItem]) -> None:
        self._stored = stored
        self._taken: set[UUID] = set()
        self._indexes: dict[tuple[str, ...], dict[tuple[str, ...], list[StoredItem]]] = {}

    def take(self, name_key: str, details: Mapping[str, str]) -> PlannedItem | None:
        """Return the latest purchase of a name that has these details."""
        fields = tuple(details)
        if fields not in self._indexes:
            self._indexes[fields] = self._index(fields)
        candidates = self._indexes[fields].get((name_key, *details.values()), [])
        while candidates:
            item = candidates.pop()
            if item.row.id not in self._taken:
                self._taken.add(item.row.id)
                return PlannedItem(item.row.id, item)
        return None

    def _index(self, fields: tuple[str, ...]) -> dict[tuple[str, ...], list[StoredItem]]:
        index: dict[tuple[str, ...], list[StoredItem]] = defaultdict(list)
        for item in self._stored:
            index[item.name_key, *(getattr(item.row, field) for field in fields)].append(item)
        return index


class Plan:
    """The lines of one import, and the list as they change it. It writes nothing."""

    def __init__(self, stored: Iterable[StoredItem]) -> None:
        self.lines: list[PlannedLine] = []
        self._open: dict[str, PlannedItem] = {}
        rows = sorted(stored, key=lambda item: item.row.purchased_at or _EPOCH_START)
        self._purchases = _Purchases([item for item in rows if item.row.purchased])
        for item in rows:
            if not item.row.purchased:
                self._open[item.name_key] = PlannedItem(item.row.id, item)

    def add_lines(self, lines: Iterable[Line]) -> Plan:
        """Decide what to do with lines, in their order."""
        self.lines += [self._decide(line) for line in lines]
        return self

    @property
    def added(self) -> list[PlannedItem]:
        """The new items, in the order of their lines."""
        return [line.item for line in self.lines if line.outcome == "added"]

    @property
    def changed(self) -> list[PlannedItem]:
        """The stored items that are written, each once."""
        stored = {line.item.id: line.item for line in self.lines if line.item.stored}
        return [item for item in stored.values() if item.changes]

    def _decide(self, line: Line) -> PlannedLine:
        parsed = line.item
        key = comparison_key(parsed.name)
        if parsed.purchased:
            same = self._purchases.take(key, _typed(parsed))
            return _planned(line, "unchanged" if same else "added", same or _new_item(parsed))
        if key in self._open:
            return _merge(line, self._open[key])
        bought = self._purchases.take(key, {})
        self._open[key] = bought or _new_item(parsed)
        return _put_back(line, bought) if bought else _planned(line, "added", self._open[key])


def _new_item(parsed: ParsedItem) -> PlannedItem:
    return PlannedItem(uuid.uuid4(), None, parsed)


def _merge(line: Line, item: PlannedItem) -> PlannedLine:
    try:
        merged = item_merge.merge(_details(item), _new_details(line.item))
    except item_merge.TooLongToMergeError as error:
        reason = f"The {error.field} would be longer than {error.max_length:,} characters."
        return _planned(
            line, "conflict", item, not_taken=_typed(line.item), reason=reason
        )._replace(field=error.field)
    item.changes |= merged.changes
    outcome: Outcome = "merged" if merged.changes else "unchanged"
    return _planned(line, outcome, item, merged)


def _put_back(line: Line, item: PlannedItem) -> PlannedLine:
    merged = item_merge.put_back(_details(item), _new_details(line.item))
    item.changes |= {"purchased": False, **merged.changes}
    return _planned(line, "put_back", item, merged)


def _planned(
    line: Line,
    outcome: Outcome,
    item: PlannedItem,
    merged: item_merge.Merge | None = None,
    *,
    not_taken: Mapping[str, str] = MappingProxyType({}),
    reason: str = "",
) -> PlannedLine:
    values = {field: item.value(field) for field in SHOWN_FIELDS}
    if merged is not None:
        return PlannedLine(
            line, outcome, item, values, tuple(merged.changes), merged.not_taken, reason
        )
    return PlannedLine(line, outcome, item, values, (), not_taken, reason)


def _details(item: PlannedItem) -> dict[str, Any]:
    return {field: item.value(field) for field in (*item_merge.DETAILS, "shops")}


def _new_details(parsed: ParsedItem) -> dict[str, Any]:
    return {**_typed(parsed), "shops": parsed.shops}


def _typed(parsed: ParsedItem) -> dict[str, str]:
    return {field: getattr(parsed, field) for field in item_merge.DETAILS if getattr(parsed, field)}
