"""What an import does to a list, decided before anything is written. Pure.

An open line does what adding does (editing.py): it is merged into the open item
of its name, or puts back the one that was bought last, or is new. A bought line
is the record of a purchase: it is unchanged if the list has it, else it is new.
What this import brings as bought it does not put back, so that a whole list
comes back as it was.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from shopping_list.import_export.parsed_lines import LIMITS, Line, ParsedItem
from shopping_list.parsing.item_names import comparison_key
from shopping_list.rows import StoredItem

Outcome = Literal["added", "merged", "put_back", "unchanged"]
DETAILS = tuple(field for field in LIMITS if field != "name")
_EPOCH_START = datetime.min.replace(tzinfo=UTC)


@dataclass
class PlannedItem:
    """One item of the list: as it is stored, or as a line wants it, and what changes on it."""

    id: UUID
    stored: StoredItem | None
    wanted: ParsedItem | None = None
    changes: dict[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        """Return a field as it will be."""
        if name in self.changes:
            return self.changes[name]
        return getattr(self.wanted or self._row, name)

    @property
    def _row(self) -> Any:
        assert self.stored is not None
        return self.stored.row


class PlannedLine(NamedTuple):
    """What becomes of one line."""

    line: int
    outcome: Outcome
    slot: PlannedItem


class Plan:
    """The steps of one import, and the list as they leave it. It writes nothing."""

    def __init__(self, stored: Iterable[StoredItem]) -> None:
        self.steps: list[PlannedLine] = []
        self._open: dict[str, PlannedItem] = {}
        self._bought: dict[str, list[PlannedItem]] = defaultdict(list)
        for one in sorted(stored, key=lambda one: one.row.purchased_at or _EPOCH_START):
            slot = PlannedItem(one.row.id, one)
            if one.row.purchased:
                self._bought[one.name_key].append(slot)
            else:
                self._open[one.name_key] = slot

    def add_lines(self, lines: Iterable[Line]) -> Plan:
        """Decide about lines, in their order."""
        for number, wanted in lines:
            self.steps.append(PlannedLine(number, *self._decide(wanted)))
        return self

    @property
    def added(self) -> list[PlannedItem]:
        """The new items, in the order of their lines."""
        return [step.slot for step in self.steps if step.outcome == "added"]

    @property
    def changed(self) -> list[PlannedItem]:
        """The stored items that are written, each once."""
        touched = {step.slot.id: step.slot for step in self.steps if step.slot.stored}
        return [slot for slot in touched.values() if slot.changes]

    def _decide(self, wanted: ParsedItem) -> tuple[Outcome, PlannedItem]:
        key = comparison_key(wanted.name)
        if wanted.purchased:
            bought = self._bought[key]
            return ("unchanged", bought.pop()) if bought else ("added", _new(wanted))
        if key in self._open:
            return _merge(self._open[key], wanted), self._open[key]
        if self._bought[key]:
            self._open[key] = self._bought[key].pop()
            self._open[key].changes |= {"purchased": False, **_details(wanted)}
            return "put_back", self._open[key]
        self._open[key] = _new(wanted)
        return "added", self._open[key]


def _new(wanted: ParsedItem) -> PlannedItem:
    return PlannedItem(uuid.uuid4(), None, wanted)


def _merge(slot: PlannedItem, wanted: ParsedItem) -> Outcome:
    if slot.value("quantity") or not wanted.quantity:
        return "unchanged"
    slot.changes["quantity"] = wanted.quantity
    return "merged"


def _details(wanted: ParsedItem) -> Mapping[str, str]:
    return {name: getattr(wanted, name) for name in DETAILS if getattr(wanted, name)}
