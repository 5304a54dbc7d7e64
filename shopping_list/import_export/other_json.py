"""Lists of other programs in JSON: an array of names or of objects, or an object with one. Pure.

Home Assistant, Google Keep and many to-do programs write such files. The keys are those
of column_names.py; others are left out, and the first result names them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from rest.text import InvalidTextError
from shopping_list.import_export import column_names
from shopping_list.import_export.parsed_lines import (
    ParsedItem,
    ParseResult,
    SkippedLine,
    try_parse,
    validate,
)

_ARRAYS = ("items", "listContent", "tasks", "list", "data", "results")
"""Keys under which programs write the items of one list."""


def find_items(document: Any) -> Sequence[Any] | None:
    """Return the items of a document of another program, None if it is none."""
    if isinstance(document, Mapping):
        if "format" in document or "lists" in document:
            return None
        arrays = (document.get(key) for key in _ARRAYS)
        document = next((array for array in arrays if isinstance(array, list)), None)
    return document if isinstance(document, list) else None


def read(items: Sequence[Any]) -> Iterator[ParseResult]:
    """Yield each item, after the names of the keys that are not imported."""
    keys = dict.fromkeys(key for item in items if isinstance(item, Mapping) for key in item)
    left_out = [key for key in keys if column_names.field_of(key) is None]
    if left_out:
        reason = f"Fields that are not imported: {', '.join(left_out)[:300]}."
        yield SkippedLine(0, "left_out", reason)
    for number, item in enumerate(items, 1):
        text = item if isinstance(item, str) else msgspec.json.encode(item).decode()
        yield try_parse(number, text, _parse_item, item)


def _parse_item(item: Any) -> ParsedItem:
    if isinstance(item, str):
        return validate(ParsedItem(name=item))
    if not isinstance(item, Mapping):
        raise InvalidTextError("Neither a name nor an object.")
    fields = column_names.fields_of(item)
    values = [_text_of(field, value) for field, value in zip(fields, item.values(), strict=True)]
    texts: dict[str, Any] = {**column_names.texts_by_field(fields, values)}
    purchased = column_names.parse_boolean(texts.pop("purchased", ""))
    return validate(ParsedItem(**{"name": "", **texts}, purchased=purchased))


def _text_of(field: str | None, value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
    if field is None:
        return ""
    raise InvalidTextError(f"{field}: Neither text nor a number.")
