"""How a change of many rows is stored: ids and the fields that changed, not whole rows. Pure.

A change of up to MAX_WHOLE_ROWS items has whole rows, in its frame and before and after in
the log. A larger one has each row once: a new row in the frame, a removed row in the log,
and of a changed row only the fields that changed, together with all rows that have the
same change. What these rows had in `version` and `updated_at` before is stored in runs, so
that the log can be replayed backwards (past_state.py). Removed rows are columns: the names of
the fields would be a quarter of the log, and SQLite needs three times as much memory to check
objects as to check arrays.
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
from shopping_list.rows import (
    ActivitySummary,
    Change,
    FieldChange,
    ItemFields,
    ItemPatch,
    ItemRow,
)

MAX_WHOLE_ROWS = 200
"""Items of a change whose rows are stored whole."""

ItemPairs = Mapping[UUID, ItemPair]
Groups = Mapping[tuple[diff.FieldDiff, ...], list[UUID]]
"""Items that were edited in the same way, by what differs in each of them."""


def edited_groups(pairs: ItemPairs) -> Groups:
    """Return the groups of a large change; a smaller one needs none."""
    groups: defaultdict[tuple[diff.FieldDiff, ...], list[UUID]] = defaultdict(list)
    if len(pairs) > MAX_WHOLE_ROWS:
        for pk, (before, after) in pairs.items():
            if before and after:
                groups[diff.field_diffs(before, after)].append(pk)
    return groups


def frame_of(change: Change, pairs: ItemPairs, groups: Groups) -> Change:
    """Return a change as its subscribers get it; `pairs` are its items before and after."""
    if len(pairs) <= MAX_WHOLE_ROWS:
        return change
    new = tuple(after for before, after in pairs.values() if after and not before)
    ids: defaultdict[tuple[tuple[str, Any], ...], list[UUID]] = defaultdict(list)
    for diffs, pks in groups.items():
        ids[tuple((name, value) for name, _, value in diffs)] += pks
    patches = tuple(
        ItemPatch(ids=tuple(pks), fields=ItemFields(**dict(fields))) for fields, pks in ids.items()
    )
    return msgspec.structs.replace(change, items=new, patches=patches or msgspec.UNSET)


def log_entries(pairs: ItemPairs, groups: Groups) -> list[Entry]:
    """Return the entries of a change's items in the log."""
    if len(pairs) <= MAX_WHOLE_ROWS:
        return [diff.item_entry(pk, pair) for pk, pair in pairs.items()]
    removed = [before for before, after in pairs.values() if before and not after]
    added = [str(pk) for pk, (before, after) in pairs.items() if after and not before]
    new: Entry = {"items": added, "before": None, "after": {}}
    return [
        *([_removed_entry(removed)] if removed else []),
        *([new] if added else []),
        *_grouped_entries(groups),
    ]


def row_entries(entries: Iterable[Entry], frame: bytes) -> list[Entry]:
    """Return one entry for each row of a change in the log, whose frame has the new rows.

    Of a row that a large change has edited, it has the changed fields only.
    """
    return [each for entry in entries for each in _expanded(entry, frame)]


def removed_rows(entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows of an entry of removed items of a large change."""
    names, columns = ("id", *entry["before"]), (entry["items"], *entry["before"].values())
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


def summary_of_change(pairs: ItemPairs, others: Iterable[Entry]) -> ActivitySummary:
    """Return the summary of a change; `others` are its entries of the list and of members."""
    if len(pairs) <= MAX_WHOLE_ROWS:
        summary = summary_of([*others, *log_entries(pairs, {})])
    else:
        first = [diff.item_entry(pk, pair) for pk, pair in islice(pairs.items(), MAX_NAMES)]
        summary = msgspec.structs.replace(summary_of([*others, *first]), items=len(pairs))
    categories = None if summary.fields else _common_categories(pairs.values())
    if categories is None:
        return summary
    fields = {"category": FieldChange(*categories)}
    return msgspec.structs.replace(summary, fields=fields)


def _common_categories(pairs: Iterable[ItemPair]) -> tuple[str, str] | None:
    """Return the category before and after a change that gave all its items another one."""
    categories = {
        (before.category, after.category) if before and after else ("", "")
        for before, after in pairs
    }
    first = categories.pop() if len(categories) == 1 else ("", "")
    return None if first[0] == first[1] else first


def _removed_entry(rows: list[ItemRow]) -> Entry:
    names = [name for name in ItemRow.__struct_fields__ if name != "id"]
    columns = {name: [getattr(row, name) for row in rows] for name in names}
    return {"items": [row.id for row in rows], "before": columns, "after": None}


def _grouped_entries(groups: Groups) -> Iterator[Entry]:
    """Yield an entry for all rows of which the same fields changed in the same way.

    `stamps` has (number of rows, `version`, `updated_at`) before the change, in their order.
    """
    ids: defaultdict[tuple[diff.FieldDiff, ...], list[str]] = defaultdict(list)
    stamps: defaultdict[tuple[diff.FieldDiff, ...], list[tuple[int, int, Any]]] = defaultdict(list)
    for diffs, pks in groups.items():
        changed = diff.without_bookkeeping(diffs)
        ids[changed] += map(str, pks)
        stamps[changed].append((len(pks), *diff.stamps_before(diffs)))
    for changed, texts in ids.items():
        yield {
            "items": texts,
            "before": msgspec.to_builtins({name: old for name, old, _ in changed}),
            "after": msgspec.to_builtins({name: new for name, _, new in changed}),
            "stamps": msgspec.to_builtins(stamps[changed]),
        }


def _expanded(entry: Entry, frame: bytes) -> Iterator[Entry]:
    if "items" not in entry:
        yield entry
    elif entry["before"] is None:
        for row in msgspec.json.decode(frame)["items"]:
            yield {"item": row["id"], "before": None, "after": row}
    elif entry["after"] is None:
        for row in removed_rows(entry):
            yield {"item": row["id"], "before": row, "after": None}
    else:
        for pk in entry["items"]:
            yield {"item": pk, "before": entry["before"], "after": entry["after"]}
