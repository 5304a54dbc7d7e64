"""The digest of a list is that of its rows: the vectors are shared with the frontend."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopping_list import digest
from shopping_list.rows import ItemRow, ListRow

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "digest.json").read_text())


def items_of(vector: dict[str, Any]) -> list[Any]:
    """Return the items of a case; many items are described by the first one and their number."""
    described = vector["items"]
    if isinstance(described, list):
        return described
    return [
        {
            **described["first"],
            "id": f"00000000-0000-0000-0000-{number:012x}",
            "name": f"Item {number}",
            "version": number,
            "position": f"V{number:04}",
        }
        for number in range(1, described["count"] + 1)
    ]


@pytest.mark.parametrize("vector", VECTORS["cases"], ids=lambda vector: vector["case"])
def test_digest_equals_vector_when_rows_are_decoded_from_frames(vector):
    """POS-7"""
    list_row = msgspec.convert(vector["list"], ListRow)
    items = msgspec.convert(items_of(vector), list[ItemRow])
    assert digest.digest_of(list_row, items) == vector["digest"]
    assert digest.digest_of(list_row, reversed(items)) == vector["digest"]


def test_row_is_hashed_as_json_array_without_spaces():
    """docs/protocol.md: json and hashlib alone give the same."""
    vector = next(case for case in VECTORS["cases"] if case["case"] == "an open item")
    item = vector["items"][0]
    fields = [
        *(item[name] for name in ("id", "name", "quantity", "note", "category", "purchased")),
        *(item["purchased_at"], None, item["position"], item["version"]),
        *(item["created_at"], item["created_by"]["id"], item["updated_at"]),
    ]
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    expected = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    assert digest.item_hash(msgspec.convert(item, ItemRow)) == expected


def hash_of(*fields: Any) -> int:
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def case(name: str) -> dict[str, Any]:
    return next(vector for vector in VECTORS["cases"] if vector["case"] == name)


def test_field_that_was_added_later_is_hashed_only_up_to_the_last_that_is_used():
    """ITM-135: docs/protocol.md: json and hashlib alone give the same."""
    item = case("an open item")["items"][0]
    own = (
        *(item[name] for name in ("id", "name", "quantity", "note", "category", "purchased")),
        *(item["purchased_at"], None, item["position"], item["version"]),
        *(item["created_at"], item["created_by"]["id"], item["updated_at"]),
    )
    at = "2026-11-22T10:00:00Z"
    for shops, not_found_at, appended in (
        ([], None, []),
        (["Lidl"], None, [["Lidl"]]),
        ([], at, [[], at]),
        (["Lidl"], at, [["Lidl"], at]),
    ):
        row = msgspec.convert({**item, "shops": shops, "not_found_at": not_found_at}, ItemRow)
        assert digest.item_hash(row) == hash_of(*own, *appended)
    list_row = case("a list without items")["list"]
    own = (list_row["id"], list_row["name"], list_row["created_at"], 3, [[3, "owner"]])
    staple = {"quantity": "2 l", "note": "", "category": "Dairy"}
    shops_by_name = {"b": {"aisles": []}, "a": {"aisles": []}}
    for fields, appended in (
        ({"aisles": ["Dairy"]}, [["Dairy"]]),
        ({"shops": shops_by_name}, [[], [["a", []], ["b", []]]]),
        ({"staples": {"Milk": staple}}, [[], [], [["Milk", "2 l", "", "Dairy"]]]),
    ):
        row = msgspec.convert({**list_row, **fields}, ListRow)
        assert digest.list_hash(row) == hash_of(*own, *appended)


def test_digest_is_restored_when_a_change_is_reversed():
    before = digest.digest_of(
        msgspec.convert(VECTORS["cases"][0]["list"], ListRow),
        msgspec.convert(VECTORS["cases"][3]["items"], list[ItemRow]),
    )
    changed = digest.replaced(before, removed=[5], added=[2**64 - 1, 7])
    assert changed != before
    assert digest.replaced(changed, removed=[2**64 - 1, 7], added=[5]) == before
