"""The list ids and the bytes of an event, which are the same for all servers of a run.

The bytes are a change frame of Trolley, built from the example in the protocol's
documentation, so that all servers send messages of the same kind and size.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec.structs import replace

from live.protocol.examples import FRAMES
from shopping_list.rows import Change, encode, topic_of

CONTROL_PATH = "/bench/control"
EPOCH = "bench000"
EVENT_TIME = datetime(2026, 11, 22, 10, 0, 0, 123_000, tzinfo=UTC)
_VERSION_PLACEHOLDER = 987_654_321_012
_BASE_PLACEHOLDER, _DIGEST_PLACEHOLDER = "b" * 16, "d" * 16
ITEM_FIELDS = {
    "name": "Tomatoes",
    "quantity": "500 g",
    "note": "the small ones",
    "category": "Vegetables",
}
"""The text of the item in each event, and of every item in a seeded list but the name."""


@dataclass(frozen=True)
class SeedSize:
    """The number of rows that a database is seeded with. List 0 is the one that is edited."""

    lists: int = 1
    users_per_list: int = 1
    items: int = 20
    """Items on each list."""
    other_lists: int = 0
    """Empty lists of other users."""
    changes: int = 0
    """Changes in the log of list 0."""

    def __str__(self) -> str:
        return "-".join(map(str, astuple(self)))

    @classmethod
    def parse(cls, text: str) -> SeedSize:
        return cls(*map(int, text.split("-")))


def list_id(index: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"trolley-bench-list-{index}")


def item_id(index: int, item: int) -> UUID:
    return uuid5(list_id(index), f"item-{item}")


@cache
def _frame_template(index: int) -> bytes:
    example = next(frame for frame in FRAMES if isinstance(frame, Change))
    item = replace(
        example.items[0], id=item_id(index, 0), version=_VERSION_PLACEHOLDER, **ITEM_FIELDS
    )
    change = replace(
        example,
        topic=topic_of(list_id(index)),
        epoch=EPOCH,
        version=_VERSION_PLACEHOLDER,
        base=_BASE_PLACEHOLDER,
        digest=_DIGEST_PLACEHOLDER,
        items=(item,),
    )
    return encode(change).replace(b"%", b"%%").replace(str(_VERSION_PLACEHOLDER).encode(), b"%d")


def digest_of(version: int) -> str:
    """Return the digest after a version: any value that differs between versions."""
    return f"{version:016x}"


def change_entries(index: int) -> list[dict[str, Any]]:
    """Return the value of Activity.changes for such an event."""
    before, after = {"purchased": False}, {"purchased": True}
    return [{"item": str(item_id(index, 0)), "before": before, "after": after}]


def change_summary() -> dict[str, Any]:
    """Return the value of Activity.summary for such an event."""
    fields = {"purchased": {"before": False, "after": True}}
    names = [ITEM_FIELDS["name"]]
    return {"items": 1, "members": 0, "list_changed": False, "names": names, "fields": fields}


def frame(index: int, version: int) -> bytes:
    """Return the change frame of list `index` for `version`."""
    template = _frame_template(index) % (version, version)
    digests = (digest_of(version - 1).encode(), digest_of(version).encode())
    return template.replace(_BASE_PLACEHOLDER.encode(), digests[0], 1).replace(
        _DIGEST_PLACEHOLDER.encode(), digests[1], 1
    )


def frame_template(index: int) -> str:
    """Return the frame with `%d` in place of the version, for servers in other languages."""
    return _frame_template(index).decode().replace("%%", "%")
