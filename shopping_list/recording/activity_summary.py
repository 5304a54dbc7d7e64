"""A recorded change in short: enough for one line of a feed, without rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shopping_list.rows import ActivitySummary, FieldChange

MAX_NAMES = 3
"""Names in a summary, however many rows a change has."""
SHOWN_FIELDS = ("name", "quantity", "note", "category", "purchased", "role")
"""The fields of items, lists and members whose values a user has entered."""
MAX_VALUE_LENGTH = 80
"""Characters of a value in a summary: a note has up to 1,000, and a page has 200 changes."""

Entry = Mapping[str, Any]


def summary_of(entries: Sequence[Entry]) -> ActivitySummary:
    """Return the summary of a change from its entries in the log."""
    items = [entry for entry in entries if "item" in entry]
    members = [entry for entry in entries if "member" in entry]
    return ActivitySummary(
        items=len(items),
        members=len(members),
        list_changed=len(items) + len(members) < len(entries),
        names=tuple(map(_name, [*items, *members][:MAX_NAMES])),
        fields=_changed_fields(entries[0]) if len(entries) == 1 else {},
    )


def _name(entry: Entry) -> str:
    state = entry["after"] or entry["before"]
    return str(state["name"])


def _changed_fields(entry: Entry) -> dict[str, FieldChange]:
    """Return the fields that differ; none for a row that was added or removed."""
    before, after = entry["before"], entry["after"]
    if before is None or after is None:
        return {}
    return {
        field: FieldChange(before=_shortened(before[field]), after=_shortened(after[field]))
        for field in SHOWN_FIELDS
        if field in before and before[field] != after[field]
    }


def _shortened(value: str | bool) -> str | bool:
    if isinstance(value, bool) or len(value) <= MAX_VALUE_LENGTH:
        return value
    return value[: MAX_VALUE_LENGTH - 1].rstrip() + "…"
