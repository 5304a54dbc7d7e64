"""The digest of a list: a number that tells whether two copies of it are the same.

It is the sum, modulo 2^64, of a hash of each row, so the order of the rows does not
matter, and a change costs the rows that it changes. docs/protocol.md is normative;
frontend/src/sync/digest.ts computes the same. This module knows neither Django nor
sockets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TypeVar

import msgspec
from msgspec.structs import astuple

from shopping_list.rows import ItemRow, ListRow, optional_id

EMPTY = "0" * 16
"""The digest of a list that does not exist."""

T = TypeVar("T")

_MODULUS = 1 << 64
_encoder = msgspec.json.Encoder()


def digest_of(list_row: ListRow, items: Iterable[ItemRow]) -> str:
    """Return the digest of a whole list as 16 hexadecimal digits."""
    return replaced(EMPTY, added=[list_hash(list_row), *map(item_hash, items)])


def replaced(digest: str, *, removed: Iterable[int] = (), added: Iterable[int] = ()) -> str:
    """Return the digest after rows with the hashes `removed` became rows with `added`."""
    total = (int(digest, 16) - sum(removed) + sum(added)) % _MODULUS
    return f"{total:016x}"


def list_hash(row: ListRow) -> int:
    """Return the hash of a list's own fields and members, without `last_interaction`.

    The names of users are left out too: both change without a change of the list.
    """
    members = sorted((member.id, member.role) for member in row.members)
    fields = (row.id, row.name, row.created_at, optional_id(row.created_by), members)
    if not (row.aisles or row.shops or row.staples):  # as most lists are
        return _hash(fields)
    shops = [(name, shop.aisles) for name, shop in _sorted_by_name(row.shops)]
    staples = [(name, *astuple(staple)) for name, staple in _sorted_by_name(row.staples)]
    return _hash(fields + _without_defaults((row.aisles, shops, staples)))


def item_hash(row: ItemRow) -> int:
    """Return the hash of an item, with the ids of its users but without their names."""
    fields: tuple[object, ...] = (
        row.id,
        row.name,
        row.quantity,
        row.note,
        row.category,
        row.purchased,
        row.purchased_at,
        optional_id(row.purchased_by),
        row.position,
        row.version,
        row.created_at,
        optional_id(row.created_by),
        row.updated_at,
    )
    if row.shops or row.not_found_at:
        fields += _without_defaults((row.shops, row.not_found_at))
    return _hash(fields)


def _without_defaults(fields: tuple[object, ...]) -> tuple[object, ...]:
    """Return the fields that were added to the rows later, up to the last that is not empty.

    So a row that uses none of them has the hash that it had before they were added.
    """
    used = len(fields)
    while used and not fields[used - 1]:
        used -= 1
    return fields[:used]


def _sorted_by_name(values: Mapping[str, T]) -> list[tuple[str, T]]:
    """Return an object as pairs in the order of RFC 8785: by the UTF-16 code units of the names."""
    return sorted(values.items(), key=lambda pair: pair[0].encode("utf-16-be"))


def _hash(fields: tuple[object, ...]) -> int:
    """Return the first 8 bytes of the SHA-256 of the fields as a JSON array without spaces."""
    return int.from_bytes(sha256(_encoder.encode(fields)).digest()[:8], "big")
