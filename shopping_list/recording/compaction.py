"""How a change of many rows is stored: ids and the fields that changed, not whole rows. Pure.

A change of up to MAX_WHOLE_ROWS items has whole rows, in its frame and before and after in
the log. A larger one has each row once: a new row in the frame, a removed row in the log,
and of a changed row only the fields that changed, together with all rows that have the
same change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from shopping_list.recording import diff
from shopping_list.recording.activity_summary import MAX_NAMES, summary_of
from shopping_list.recording.diff import Entry, ItemPair
from shopping_list.rows import ActivitySummary, Change, ItemFields, ItemPatch, ItemRow

MAX_WHOLE_ROWS = 200
"""Items of a change whose rows are stored whole."""

ItemPairs = Mapping[UUID, ItemPair]


def frame_of(change: Change, pairs: ItemPairs) -> Change:
    """Return a change as its subscribers get it; `pairs` are its items before and after."""
    if len(pairs) <= MAX_WHOLE_ROWS:
        return change
    new = tuple(after for before, after in pairs.values() if after and not before)
    ids: defaultdict[ItemFields, list[UUID]] = defaultdict(list)
    for pk, (before, after) in pairs.items():
        if before and after:
            ids[_new_values(before, after)].append(pk)
    patches = tuple(ItemPatch(ids=tuple(pks), fields=fields) for fields, pks in ids.items())
    return msgspec.structs.replace(change, items=new, patches=patches or msgspec.UNSET)


def log_entries(pairs: ItemPairs) -> list[Entry]:
    """Return the entries of a change's items in the log."""
    if len(pairs) <= MAX_WHOLE_ROWS:
        return [diff.item_entry(pk, pair) for pk, pair in pairs.items()]
    removed = [diff.item_entry(pk, pair) for pk, pair in pairs.items() if pair[1] is None]
    added = [str(pk) for pk, (before, after) in pairs.items() if after and not before]
    new: Entry = {"items": added, "before": None, "after": {}}
    return [*removed, *([new] if added else []), *_grouped_entries(pairs)]


def row_entries(entries: Iterable[Entry], frame: bytes) -> list[Entry]:
    """Return one entry for each row of a change in the log, whose frame has the new rows.

    Of a row that a large change has edited, it has the changed fields only.
    """
    return [each for entry in entries for each in _expanded(entry, frame)]


def summary_of_change(pairs: ItemPairs, others: Iterable[Entry]) -> ActivitySummary:
    """Return the summary of a change; `others` are its entries of the list and of members."""
    if len(pairs) <= MAX_WHOLE_ROWS:
        return summary_of([*others, *log_entries(pairs)])
    first = [diff.item_entry(pk, pair) for pk, pair in islice(pairs.items(), MAX_NAMES)]
    return msgspec.structs.replace(summary_of([*others, *first]), items=len(pairs))


def _new_values(before: ItemRow, after: ItemRow) -> ItemFields:
    names = ItemFields.__struct_fields__
    values = {name: getattr(after, name) for name in names}
    return ItemFields(
        **{name: value for name, value in values.items() if value != getattr(before, name)}
    )


def _grouped_entries(pairs: ItemPairs) -> Iterator[Entry]:
    """Yield an entry for all rows of which the same fields changed in the same way."""
    ids: defaultdict[tuple[tuple[str, Any, Any], ...], list[str]] = defaultdict(list)
    for pk, (before, after) in pairs.items():
        if before and after:
            fields = sorted(diff.changed_fields(before, after))
            values = ((name, getattr(before, name), getattr(after, name)) for name in fields)
            ids[tuple(values)].append(str(pk))
    for changed, pks in ids.items():
        before_values = {name: old for name, old, _ in changed}
        after_values = {name: new for name, _, new in changed}
        yield {
            "items": pks,
            "before": msgspec.to_builtins(before_values),
            "after": msgspec.to_builtins(after_values),
        }


def _expanded(entry: Entry, frame: bytes) -> Iterator[Entry]:
    if "items" not in entry:
        yield entry
    elif entry["before"] is None:
        for row in msgspec.json.decode(frame)["items"]:
            yield {"item": row["id"], "before": None, "after": row}
    else:
        for pk in entry["items"]:
            yield {"item": pk, "before": entry["before"], "after": entry["after"]}
