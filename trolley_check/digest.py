"""The digest of rows, as docs/protocol.md defines it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]

MODULUS = 2**64
ITEM_FIELDS = (
    *("id", "name", "quantity", "note", "category", "purchased", "purchased_at"),
    *("purchased_by", "position", "version", "created_at", "created_by", "updated_at"),
)
USERS = {"purchased_by", "created_by"}


def of_item(item: Row) -> int:
    """Return the hash of an item."""
    values = [_user_id(item[name]) if name in USERS else item[name] for name in ITEM_FIELDS]
    return _hash(values, [item.get("shops") or [], item.get("not_found_at")])


def of_list(row: Row) -> int:
    """Return the hash of a list with its members."""
    members = sorted([member["id"], member["role"]] for member in row["members"])
    shops = [[name, shop["aisles"]] for name, shop in _by_name(row.get("shops"))]
    staples = [
        [name, staple["quantity"], staple["note"], staple["category"]]
        for name, staple in _by_name(row.get("staples"))
    ]
    return _hash(
        [row["id"], row["name"], row["created_at"], _user_id(row["created_by"]), members],
        [row.get("aisles") or [], shops, staples],
    )


def as_text(total: int) -> str:
    """Return the sum of hashes as the server writes it."""
    return f"{total % MODULUS:016x}"


def _user_id(user: Row | None) -> int | None:
    return None if user is None else user["id"]


def _by_name(settings: Row | None) -> list[tuple[str, Any]]:
    """Return the entries in the order of the UTF-16 code units of their names."""
    return sorted((settings or {}).items(), key=lambda entry: entry[0].encode("utf-16-be"))


def _hash(row: list[Any], later: list[Any]) -> int:
    """Return the hash of a row. Of the fields added later, those at the end count if not empty."""
    while later and not later[-1]:
        later.pop()
    text = json.dumps([*row, *later], separators=(",", ":"), ensure_ascii=False)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
