"""Our own JSON: everything of one list, or of all lists of a person. Pure.

Reading refuses fields that it does not know, and documents of a later format.
Ids, members and what the server counts are for people and scripts to see; an
import makes rows of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from rest.text import InvalidTextError
from shopping_list.import_export.parsed_lines import (
    InvalidContentError,
    IsKnownName,
    Line,
    ParsedItem,
    ParseResult,
    collect_or_raise,
    try_parse,
    validate,
)
from shopping_list.rows import ItemRow, ListRow, to_json

FORMAT = "trolley"
VERSION = 1
MAX_ITEMS = 20_000
"""Of all lists of one import together."""

Shape = TypeVar("Shape")


class ItemDocument(ParsedItem, frozen=True, forbid_unknown_fields=True):
    """An item with all that is known of it."""

    id: str = ""
    position: str = ""
    version: int = 0
    updated_at: datetime | None = None


class MemberDocument(msgspec.Struct, forbid_unknown_fields=True):
    """A person on a list."""

    name: str
    role: str


class ListDocument(msgspec.Struct, forbid_unknown_fields=True):
    """A list with its items in their order."""

    name: str
    items: list[msgspec.Raw]
    id: str = ""
    members: list[MemberDocument] = []
    created_at: datetime | None = None
    created_by: str | None = None
    last_interaction: datetime | None = None


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """One list or many, never both."""

    format: str
    version: int
    one: ListDocument | None = msgspec.field(default=None, name="list")
    many: list[ListDocument] | None = msgspec.field(default=None, name="lists")


class Header(msgspec.Struct):
    """What every version of the format begins with."""

    format: str = ""
    version: int = 0


class ParsedList(NamedTuple):
    """A list as a document asks for it."""

    name: str
    lines: list[Line]


def write(row: ListRow, items: Sequence[ItemRow]) -> str:
    """Return one list."""
    return _written(list=_list(row, items))


def write_all(lists: Iterable[tuple[ListRow, Sequence[ItemRow]]]) -> str:
    """Return many lists."""
    return _written(lists=[_list(row, items) for row, items in lists])


def read(content: str, _known: IsKnownName) -> Iterator[ParseResult]:
    """Yield what each item of one list is read as. Raises RefusedContentError."""
    document = _read(content)
    if document.one is None:
        raise InvalidContentError(["This holds many lists: import it at /api/import/."])
    return _attempts(document.one)


def read_all(content: str) -> list[ParsedList]:
    """Return the lists of a document that holds one or many. Raises RefusedContentError."""
    document = _read(content)
    lists = [document.one] if document.one else document.many or []
    if sum(len(one.items) for one in lists) > MAX_ITEMS:
        raise InvalidContentError([f"More than {MAX_ITEMS:,} items: import list by list."])
    return [_wanted_list(number, one) for number, one in enumerate(lists, 1)]


def _written(**members: Any) -> str:
    return msgspec.json.encode({"format": FORMAT, "version": VERSION, **members}).decode()


def _list(row: ListRow, items: Sequence[ItemRow]) -> dict[str, Any]:
    plain = to_json(row)
    members = [{"name": member.name, "role": member.role} for member in row.members]
    return {**_named(plain), "members": members, "items": [_named(to_json(i)) for i in items]}


def _named(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a row with people's names in place of their ids."""
    people = {field: plain[field] for field in plain.keys() & {"purchased_by", "created_by"}}
    return plain | {field: who and who["name"] for field, who in people.items()}


def _read(content: str) -> Document:
    header = _decoded(content, Header)
    if header.format != FORMAT:
        raise InvalidContentError([f'This is no export of Trolley: "format" is not "{FORMAT}".'])
    if header.version > VERSION:
        told = f"format version {header.version}, and this one reads up to {VERSION}"
        raise InvalidContentError([f"A newer Trolley wrote this ({told}): update this one first."])
    document = _decoded(content, Document)
    if (document.one is None) == (document.many is None):
        raise InvalidContentError(['It must have either "list" or "lists".'])
    return document


def _decoded(content: str, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(content.removeprefix("\ufeff").encode(), type=shape)
    except msgspec.ValidationError as error:
        raise InvalidContentError([_error_text(error)]) from error
    except msgspec.DecodeError as error:
        place = re.search(r"byte (\d+)", str(error))
        before = content.encode()[: int(place[1])] if place else content.encode()
        said = f"line {before.count(10) + 1}: {error}"
        raise InvalidContentError([said]) from error
    except (RecursionError, UnicodeError) as error:
        raise InvalidContentError(["This is no JSON."]) from error


def _attempts(one: ListDocument) -> Iterator[ParseResult]:
    for number, raw in enumerate(one.items, 1):
        yield try_parse(number, _wanted, raw)


def _wanted(raw: msgspec.Raw) -> ParsedItem:
    try:
        item = msgspec.json.decode(raw, type=ItemDocument)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidTextError(_error_text(error)) from error
    return validate(
        ParsedItem(**{field: getattr(item, field) for field in ParsedItem.__struct_fields__})
    )


def _wanted_list(number: int, one: ListDocument) -> ParsedList:
    where = f"list {number}, "
    [(_, named)] = collect_or_raise(
        [try_parse(number, lambda: validate(ParsedItem(name=one.name)))], noun="list"
    )
    return ParsedList(named.name, collect_or_raise(_attempts(one), noun="item", where=where))


def _error_text(error: Exception) -> str:
    return str(error).replace("`", "").replace("$.", "")
