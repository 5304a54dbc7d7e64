"""What every server of a run agrees on: list ids, and the bytes of an event.

The bytes are a real change frame of Trolley, built with its own structs, so
that all servers send messages of the same kind and size.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from shopping_list.rows import Change, ItemRow, Person, encode, topic_of

CONTROL = "/bench/control"
EPOCH = "bench000"
AT = datetime(2026, 11, 22, 10, 0, 0, 123_000, tzinfo=UTC)
_MARKER = 987_654_321_012


@dataclass(frozen=True)
class Size:
    """How much a database is seeded with. List 0 is the one that is edited."""

    lists: int = 1
    users_per_list: int = 1
    items: int = 20
    """Items on each list."""
    other_lists: int = 0
    """Lists of other people, empty."""
    log: int = 0
    """Changes that list 0 has behind it."""

    def __str__(self) -> str:
        return "-".join(map(str, astuple(self)))

    @classmethod
    def parse(cls, text: str) -> Size:
        return cls(*map(int, text.split("-")))


def list_id(index: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"trolley-bench-list-{index}")


def item_id(index: int, item: int) -> UUID:
    return uuid5(list_id(index), f"item-{item}")


@cache
def _template(index: int) -> bytes:
    ana = Person(1, "user0")
    item = ItemRow(
        id=item_id(index, 0),
        name="Tomatoes",
        quantity="500 g",
        note="the small ones",
        category="Vegetables",
        purchased=True,
        purchased_at=AT,
        purchased_by=ana,
        position="a1",
        version=_MARKER,
        created_at=AT,
        created_by=ana,
        updated_at=AT,
    )
    change = Change(
        topic=topic_of(list_id(index)),
        epoch=EPOCH,
        version=_MARKER,
        at=AT,
        actor=ana,
        op=str(uuid5(NAMESPACE_URL, "op")),
        verb="item.ticked",
        items=(item,),
    )
    return encode(change).replace(b"%", b"%%").replace(str(_MARKER).encode(), b"%d")


def changes(index: int) -> list[dict[str, Any]]:
    """Return what the log says about such an event, beside the frame."""
    before, after = {"purchased": False}, {"purchased": True}
    return [{"item": str(item_id(index, 0)), "before": before, "after": after}]


def frame(index: int, version: int) -> bytes:
    """Return the change frame that takes list `index` to `version`."""
    return _template(index) % (version, version)


def template(index: int) -> str:
    """Return the frame with `%d` where the version goes, for servers in other languages."""
    return _template(index).decode().replace("%%", "%")
