"""Our own JSON: everything of one list, or of all lists of a user. Pure.

Reading refuses unknown fields, and documents of a later format. Ids, members,
versions and positions are for people and scripts to see: an import creates new
rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from rest.json_words import in_json_words
from rest.text import InvalidTextError
from shopping_list import list_settings
from shopping_list.import_export import other_json
from shopping_list.import_export.parsed_lines import (
    MAX_LENGTHS,
    MAX_NAME_LENGTH,
    InvalidContentError,
    IsKnownName,
    Line,
    ParsedItem,
    ParseResult,
    clean_field,
    clean_names,
    items_or_raise,
    try_parse,
    validate,
)
from shopping_list.list_settings import MAX_AISLES, NO_SETTINGS, ListSettings
from shopping_list.rows import ItemRow, ListRow, Shop, Staple, to_json

FORMAT = "trolley"
VERSION = 1
MAX_ITEMS = 20_000
"""Items of all lists of one import together."""

_UNKNOWN_DOCUMENT = (
    f'This is no export of Trolley ("format" is not "{FORMAT}"), and no list of items such as '
    '[{"name": "Milk"}]: import it as text, Markdown or CSV.'
)

Model = TypeVar("Model")

_encoder = msgspec.json.Encoder()


class ItemDocument(ParsedItem, frozen=True, forbid_unknown_fields=True):
    """An item with all of its fields."""

    id: str = ""
    position: str = ""
    version: int = 0
    updated_at: datetime | None = None


class ShopDocument(Shop, frozen=True, forbid_unknown_fields=True):
    """A shop, with its aisles in their order."""

    aisles: tuple[str, ...] = ()


class StapleDocument(Staple, frozen=True, forbid_unknown_fields=True):
    """The details of an item that a list needs again and again."""

    quantity: str = ""
    note: str = ""
    category: str = ""


class MemberDocument(msgspec.Struct, forbid_unknown_fields=True):
    """A member of a list."""

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
    aisles: list[str] = []
    shops: dict[str, ShopDocument] = {}
    staples: dict[str, StapleDocument] = {}


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """One list or many, never both."""

    format: str
    version: int
    single: ListDocument | None = msgspec.field(default=None, name="list")
    several: list[ListDocument] | None = msgspec.field(default=None, name="lists")


class Header(msgspec.Struct):
    """The fields at the start of every version of the format."""

    format: str = ""
    version: int = 0


class ParsedList(NamedTuple):
    """A list as a document describes it."""

    name: str
    lines: list[Line]
    settings: ListSettings = NO_SETTINGS


def write(row: ListRow, items: Sequence[ItemRow]) -> str:
    """Return one list."""
    document = bytearray(_start("list"))
    for piece in _list_pieces(row, items):
        document += piece
    document += b"}"
    return document.decode()


def write_all(lists: Iterable[tuple[ListRow, Sequence[ItemRow]]]) -> Iterator[bytes]:
    """Yield many lists as pieces of a text in UTF-8. Each list is read when its turn comes."""
    yield _start("lists") + b"["
    for number, (row, items) in enumerate(lists):
        yield b"," if number else b""
        yield from _list_pieces(row, items)
    yield b"]}"


def read(content: str, _is_known: IsKnownName) -> Iterator[ParseResult]:
    """Yield each item of one list, ours or of another program. Raises InvalidContentError."""
    other = other_json.find_items(_decode(content, Any))
    if other is not None:
        return other_json.read(other)
    document = _read(content)
    if document.single is None:
        raise InvalidContentError(
            ["This holds many lists: import it on the account page, or at /api/import/."]
        )
    return _parse_items(document.single)


def read_settings(content: str) -> ListSettings:
    """Return the settings of a list of ours, none of another document.

    Raises InvalidContentError.
    """
    if other_json.find_items(_decode(content, Any)) is not None:
        return NO_SETTINGS
    document = _read(content).single
    return NO_SETTINGS if document is None else _parse_settings(document)


def read_all(content: str) -> list[ParsedList]:
    """Return the lists of a document with one list or many. Raises InvalidContentError."""
    document = _read(content)
    lists = [document.single] if document.single else document.several or []
    if sum(len(shopping_list.items) for shopping_list in lists) > MAX_ITEMS:
        raise InvalidContentError([f"More than {MAX_ITEMS:,} items: import list by list."])
    return [_parse_list(number, shopping_list) for number, shopping_list in enumerate(lists, 1)]


def _start(name: str) -> bytes:
    """Return the text of a document up to the value of its last member."""
    header = {"format": FORMAT, "version": VERSION, name: msgspec.Raw()}
    return _encoder.encode(header).removesuffix(b"}")


def _list_pieces(row: ListRow, items: Sequence[ItemRow]) -> Iterator[bytes]:
    """Yield a list, item by item: as dictionaries, 10,000 items take more than their text."""
    members = [{"name": member.name, "role": member.role} for member in row.members]
    fields = _replace_users_by_names(to_json(row)) | {"members": members, "items": msgspec.Raw()}
    yield _encoder.encode(fields).removesuffix(b"}") + b"["
    for number, item in enumerate(items):
        yield b"," if number else b""
        yield _encoder.encode(_replace_users_by_names(to_json(item)))
    yield b"]}"


def _replace_users_by_names(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the names of users in place of their ids and names."""
    users = {field: row[field] for field in row.keys() & {"purchased_by", "created_by"}}
    return row | {field: user and user["name"] for field, user in users.items()}


def _read(content: str) -> Document:
    header = _decode(content, Header)
    if header.format != FORMAT:
        raise InvalidContentError([_UNKNOWN_DOCUMENT])
    if header.version > VERSION:
        versions = f"format version {header.version}, and this one reads up to {VERSION}"
        raise InvalidContentError(
            [f"A newer Trolley wrote this ({versions}): update this one first."]
        )
    document = _decode(content, Document)
    if (document.single is None) == (document.several is None):
        raise InvalidContentError(['It must have either "list" or "lists".'])
    return document


def _decode(content: str, model: type[Model]) -> Model:
    try:
        return msgspec.json.decode(content.removeprefix("\ufeff").encode(), type=model)
    except msgspec.ValidationError as error:
        is_array = content.lstrip("\ufeff \t\r\n").startswith("[")
        text = _UNKNOWN_DOCUMENT if is_array else _error_text(error)
        raise InvalidContentError([text]) from error
    except msgspec.DecodeError as error:
        offset = re.search(r"byte (\d+)", str(error))
        before = content.encode()[: int(offset[1])] if offset else content.encode()
        raise InvalidContentError([f"line {before.count(10) + 1}: {error}"]) from error
    except (RecursionError, UnicodeError) as error:
        raise InvalidContentError(["This is no JSON."]) from error


def _parse_items(document: ListDocument) -> Iterator[ParseResult]:
    for number, raw in enumerate(document.items, 1):
        yield try_parse(number, bytes(raw).decode(errors="replace"), _parse_item, raw)


def _parse_item(raw: msgspec.Raw) -> ParsedItem:
    try:
        item = msgspec.json.decode(raw, type=ItemDocument)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidTextError(_error_text(error)) from error
    return validate(
        ParsedItem(**{field: getattr(item, field) for field in ParsedItem.__struct_fields__})
    )


def _parse_list(number: int, document: ListDocument) -> ParsedList:
    # The name of a list follows the rules of an item's name.
    [named] = items_or_raise(
        [try_parse(number, "", lambda: validate(ParsedItem(name=document.name)))], noun="list"
    )
    lines = items_or_raise(_parse_items(document), noun="item", where=f"list {number}, ")
    return ParsedList(named.item.name, lines, _parse_settings(document, f"list {number}, "))


def _parse_settings(document: ListDocument, where: str = "") -> ListSettings:
    """Return the settings of a list by the rules of the API. Raises InvalidContentError."""
    try:
        settings = {
            "aisles": clean_names("aisles", document.aisles, MAX_AISLES),
            "shops": {
                clean_field("shops", name, MAX_NAME_LENGTH): {
                    "aisles": list(clean_names("shops", shop.aisles, MAX_AISLES))
                }
                for name, shop in document.shops.items()
            },
            "staples": {
                clean_field("staples", name, MAX_LENGTHS["name"]): {
                    field: clean_field("staples", getattr(staple, field), MAX_LENGTHS[field])
                    for field in staple.__struct_fields__
                }
                for name, staple in document.staples.items()
            },
        }
        return list_settings.patched(NO_SETTINGS, settings)
    except list_settings.InvalidSettingError as error:
        raise InvalidContentError([f"{where}{error.field}: {error}"]) from error
    except InvalidTextError as error:
        raise InvalidContentError([f"{where}{error}"]) from error


def _error_text(error: Exception) -> str:
    return in_json_words(str(error)).replace("`", "").replace("$.", "")
