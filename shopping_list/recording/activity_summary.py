"""A recorded change in short: enough for one line of a feed, without rows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shopping_list.rows import ActivitySummary, FieldChange

MAX_NAMES = 3
"""Names in a summary, however many rows a change has."""
SHOWN_FIELDS = (
    *("name", "quantity", "note", "category", "purchased", "role", "aisles", "shops", "staples"),
)
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
    fields = {
        field: FieldChange(
            before=_shown(before[field], after[field]), after=_shown(after[field], before[field])
        )
        for field in SHOWN_FIELDS
        if field in before and before[field] != after[field]
    }
    was_missing, is_missing = (bool(state.get("not_found_at")) for state in (before, after))
    if was_missing != is_missing:
        fields["not_found"] = FieldChange(before=was_missing, after=is_missing)
    return fields


def _shown(value: Any, other: Any) -> str | bool:
    """Return a value as a text or a boolean; of an object only what differs from the other."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return _shortened("; ".join(_differences(value, other)))
    return _shortened(value if isinstance(value, str) else ", ".join(value))


def _differences(value: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """Yield shops with their aisles, and staples with their quantities, that another has not."""
    for name in sorted(value):
        if value[name] == other.get(name):
            continue
        if "aisles" in value[name]:
            aisles = ", ".join(value[name]["aisles"])
            yield f"{name}: {aisles}" if aisles else name
        else:
            yield f"{value[name]['quantity']} {name}".strip()


def _shortened(value: str) -> str:
    if len(value) <= MAX_VALUE_LENGTH:
        return value
    return value[: MAX_VALUE_LENGTH - 1].rstrip() + "…"
