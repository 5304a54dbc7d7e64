"""What an import does to a list, decided before anything is written. Pure.

An open line does what adding does (services/items.py): it is merged into the open
item of its name, or puts back the one that was bought last, or is new. A bought
line is the record of a purchase: it is unchanged if the list has it, else it is
new. An open line does not put back what the same import added as bought, so that
an exported list is imported as it was.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from shopping_list.import_export.parsed_lines import MAX_LENGTHS, Line, ParsedItem
from shopping_list.parsing.item_names import comparison_key
from shopping_list.rows import StoredItem

Outcome = Literal["added", "merged", "put_back", "unchanged"]
DETAILS = tuple(field for field in MAX_LENGTHS if field != "name")
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
    """What the import does with one line."""

    line: int
    outcome: Outcome
    item: PlannedItem


class Plan:
    """The lines of one import, and the list as they change it. It writes nothing."""

    def __init__(self, stored: Iterable[StoredItem]) -> None:
        self.lines: list[PlannedLine] = []
        self._open: dict[str, PlannedItem] = {}
        self._bought: dict[str, list[PlannedItem]] = defaultdict(list)
        for item in sorted(stored, key=lambda item: item.row.purchased_at or _EPOCH_START):
            planned = PlannedItem(item.row.id, item)
            if item.row.purchased:
                self._bought[item.name_key].append(planned)
            else:
                self._open[item.name_key] = planned

    def add_lines(self, lines: Iterable[Line]) -> Plan:
        """Decide what to do with lines, in their order."""
        for number, parsed in lines:
            self.lines.append(PlannedLine(number, *self._decide(parsed)))
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

    def _decide(self, parsed: ParsedItem) -> tuple[Outcome, PlannedItem]:
        key = comparison_key(parsed.name)
        if parsed.purchased:
            bought = self._bought[key]
            return ("unchanged", bought.pop()) if bought else ("added", _new_item(parsed))
        if key in self._open:
            return _merge(self._open[key], parsed), self._open[key]
        if self._bought[key]:
            self._open[key] = self._bought[key].pop()
            self._open[key].changes |= {"purchased": False, **_details(parsed)}
            return "put_back", self._open[key]
        self._open[key] = _new_item(parsed)
        return "added", self._open[key]


def _new_item(parsed: ParsedItem) -> PlannedItem:
    return PlannedItem(uuid.uuid4(), None, parsed)


def _merge(item: PlannedItem, parsed: ParsedItem) -> Outcome:
    if item.value("quantity") or not parsed.quantity:
        return "unchanged"
    item.changes["quantity"] = parsed.quantity
    return "merged"


def _details(parsed: ParsedItem) -> Mapping[str, str]:
    return {name: getattr(parsed, name) for name in DETAILS if getattr(parsed, name)}
