"""Decide what adding an item changes in the item that the list has of its name.

Pure. Nothing that was typed is lost. This module and every port of it must pass
tests/vectors/item_merge.json.

- An open item keeps its texts. An empty field is filled, and a quantity or a note that
  differs is joined: `2 + 3`, `cheddar; brie`. A part that is there already is not
  joined again, so the same add can be repeated. A category is a place and cannot be
  joined: the item stays where it is, and the other category is returned as not taken.
- An item without shops is for any shop, and stays so. Other shops are added to those that it
  has; if these would be too many, they are returned as not taken.
- A bought item is put back with its last details, because people buy the same again.
  What is typed now replaces them field by field: they belong to the last purchase,
  which the change log keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shopping_list.parsing.item_names import comparison_key
from shopping_list.parsing.quantity import MAX_NOTE_LENGTH, MAX_QUANTITY_LENGTH

DETAILS = ("quantity", "note", "category")
MAX_SHOPS = 20
"""Shops that an item is for."""
_JOINTS = {"quantity": " + ", "note": "; "}
# A joint is a sign with spaces around it, also where a text begins or ends with it.
_SPLITS = {"quantity": re.compile(r"(?:^| )\+(?= |\Z)"), "note": re.compile(r";+(?= |\Z)")}
_MAX_LENGTHS = {"quantity": MAX_QUANTITY_LENGTH, "note": MAX_NOTE_LENGTH}


class TooLongToMergeError(ValueError):
    """The two texts of `field` do not fit together; nothing of the item may be written."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field
        self.max_length = _MAX_LENGTHS[field]


class Merge(NamedTuple):
    """The fields that an add changes, and the typed texts that it does not take."""

    changes: dict[str, Any]
    not_taken: dict[str, str]


def merge(current: Mapping[str, Any], new: Mapping[str, Any]) -> Merge:
    """Merge the details of an added item into those of an open one.

    Raises TooLongToMergeError for the first field that does not fit.
    """
    typed = {field: new[field] for field in DETAILS if new.get(field)}
    merged = {field: _merged(field, current[field], text) for field, text in typed.items()}
    changes = {field: text for field, text in merged.items() if text != current[field]}
    not_taken = {
        field: text
        for field, text in typed.items()
        if field not in _JOINTS and merged[field] != text
    }
    return _with_shops(Merge(changes, not_taken), current, new)


def put_back(current: Mapping[str, Any], new: Mapping[str, Any]) -> Merge:
    """Replace the details of a bought item by those that were typed."""
    typed = {field: new[field] for field in DETAILS if new.get(field)}
    changes: dict[str, Any] = {
        field: text for field, text in typed.items() if text != current[field]
    }
    shops = list(new.get("shops", ()))
    if shops and shops != list(current.get("shops", ())):
        changes["shops"] = shops
    return Merge(changes, {})


def join(field: str, current: str, new: str) -> str:
    """Join two quantities or two notes that are not empty, without repeating a part."""
    known = _parts(field, current)
    added = [part for key, part in _parts(field, new).items() if key not in known]
    return _JOINTS[field].join([current, *added])


def join_all(field: str, texts: Iterable[str]) -> str:
    """Join any number of quantities or notes; a single one is not changed."""
    filled = [text for text in texts if text]
    if len(filled) < 2:
        return "".join(filled)
    parts: dict[str, str] = {}
    for text in filled:
        for key, part in _parts(field, text).items():
            parts.setdefault(key, part)
    return _JOINTS[field].join(parts.values())


def _with_shops(merge: Merge, current: Mapping[str, Any], new: Mapping[str, Any]) -> Merge:
    """Add the shops of an added item to those of an open one, which has some already."""
    shops, typed = list(current.get("shops", ())), new.get("shops", ())
    keys = set(map(comparison_key, shops))
    added = [shop for shop in typed if comparison_key(shop) not in keys]
    if not shops or not added:
        return merge
    if len(shops) + len(added) > MAX_SHOPS:
        return merge._replace(not_taken=merge.not_taken | {"shops": ", ".join(added)})
    return merge._replace(changes=merge.changes | {"shops": [*shops, *added]})


def _parts(field: str, text: str) -> dict[str, str]:
    """Return the parts of a text by what is compared.

    `Raw` is the same note as `raw`, but `1 T` is not the same quantity as `1 t`.
    """
    parts: dict[str, str] = {}
    for piece in _SPLITS[field].split(text):
        part = re.sub(" +", " ", piece).strip(" ")
        key = part.casefold() if field == "note" else part
        if key:
            parts.setdefault(key, part)
    return parts


def _merged(field: str, current: str, new: str) -> str:
    if not current or field not in _JOINTS:
        return current or new
    joined = join(field, current, new)
    if joined != current and len(joined) > _MAX_LENGTHS[field]:
        raise TooLongToMergeError(field)
    return joined
