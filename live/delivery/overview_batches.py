"""The frames of the topics `lists` and `activity`, encoded once for all subscribers. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import cast

import msgspec

from live.delivery.published_lists import PublishedList
from live.delivery.send_queue import Batch
from live.protocol import frames
from live.protocol.topics import ACTIVITY, LISTS, NEWEST_ACTIVITY
from rest.batches import batched_by_size
from shopping_list.rows import ActivityEntry, OverviewRow, encode


def row(published: PublishedList) -> Batch:
    """Return the frame of one list."""
    encoded = cast("OverviewRow", msgspec.Raw(published.text.encode()))
    return Batch(encode(frames.OverviewChange(topic=LISTS, list=encoded)).decode(), topic=LISTS)


def entries(logged: Sequence[ActivityEntry]) -> Batch:
    """Return a frame for each change."""
    news = [encode(frames.NewActivity(topic=ACTIVITY, entry=entry)).decode() for entry in logged]
    return Batch("\n".join(news), topic=ACTIVITY, frame_count=len(news))


def newest(logged: Iterable[ActivityEntry]) -> Batch:
    """Return one frame with the newest changes, and the number of all others by list."""
    entries = sorted(logged, key=lambda entry: (entry.at, entry.version), reverse=True)
    more = Counter(str(entry.list) for entry in entries[frames.MAX_NEWEST_ENTRIES :])
    frame = frames.NewestActivities(
        topic=NEWEST_ACTIVITY,
        entries=tuple(entries[: frames.MAX_NEWEST_ENTRIES]),
        more=dict(more),
    )
    return Batch(encode(frame).decode(), topic=NEWEST_ACTIVITY)


def history(topic: str, newest: Sequence[ActivityEntry]) -> Batch:
    """Return the frame that replaces all changes that a subscriber has."""
    frame = frames.ActivityHistory(topic=topic, entries=tuple(newest))
    return Batch(encode(frame).decode(), topic=topic, is_replay=True)


def overview(lists: Sequence[PublishedList]) -> list[Batch]:
    """Return the parts that replace all lists that a subscriber has."""
    parts = batched_by_size(
        [published.text for published in lists],
        size_of=len,
        max_count=frames.MAX_SNAPSHOT_ITEMS,
        max_size=frames.MAX_PART_BYTES,
    )
    all_parts = list(parts) or [()]  # a user without lists gets one part
    return [
        Batch(_overview_text(texts, number, len(all_parts)), topic=LISTS, is_replay=True)
        for number, texts in enumerate(all_parts, 1)
    ]


def _overview_text(texts: Sequence[str], part: int, parts: int) -> str:
    rows = cast("tuple[OverviewRow, ...]", tuple(msgspec.Raw(text.encode()) for text in texts))
    return encode(frames.Overview(topic=LISTS, part=part, parts=parts, lists=rows)).decode()
