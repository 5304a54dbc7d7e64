"""Read `2 l milk, oat` as a quantity, a name and a note; in doubt, do not split.

Pure. It knows numbers, unit symbols, and a closed list of the words that shops
count by (units.py), and no dictionary of any language. This module and every port
of it must pass tests/vectors/quantity.json. Nothing is lost: the parts are slices
of the text, and only white space and one comma between them are left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from shopping_list.parsing.item_names import comparison_key
from shopping_list.parsing.units import ONE_ONLY, SYMBOLS, WORDS

MAX_QUANTITY_LENGTH = 50
MAX_NOTE_LENGTH = 1000

_UNITS = SYMBOLS | WORDS
_HALVES = "¼-¾⅐-⅞"
_NUMBER = (
    rf"(?:\d{{1,4}}\s\d{{1,2}}[/\u2044]\d{{1,2}}|\d{{1,4}}[/\u2044]\d{{1,4}}"
    rf"|\d{{1,6}}(?:[.,]\d{{1,3}})?(?:\s?[{_HALVES}])?|[{_HALVES}])"
)
_AMOUNT = rf"(?!0\d){_NUMBER}(?:\s?[-\u2013]\s?{_NUMBER})?"
_LETTER = r"[^\W\d_]"
_TIMES = rf"(?:\s?(?:x(?!{_LETTER})|\u00d7)|X(?!{_LETTER}))"
_OF = r"(?:\s+(?:of|de|di)\s+|\s+d['\u2019]|\s+)"

_MEASURED = re.compile(
    rf"(?:{_AMOUNT}{_TIMES}\s?)?(?P<amount>{_AMOUNT})(?P<joint>[-\s]?)"
    rf"(?P<unit>fl\.?\s?oz|{_LETTER}+)\.?{_OF}(?P<name>\S.*)",
    re.DOTALL,
)
_MULTIPLIED = re.compile(rf"{_AMOUNT}{_TIMES}\s*(?P<name>\S.*)", re.DOTALL)
_BARE_NUMBER = re.compile(rf"(?!\d{{4}}){_AMOUNT}\s+(?P<name>\S.*)", re.DOTALL)
_MULTIPLIED_AT_END = re.compile(
    r"\s(?P<quantity>\d{1,3}(?:\s?[x\u00d7]|X)|[x\u00d7]\s?\d{1,3}|X\d{1,3})\Z"
)
_NOTE = re.compile(r"\S(,)\s")
_AT_MOST_ONE = re.compile(rf"1|0[.,]\d+|\d[/\u2044]\d|[{_HALVES}]")
_TWO_IN_ONE = re.compile(rf"{_LETTER}{{1,3}}\s?\d")


class Parsed(NamedTuple):
    """The parts of a line; `raw` is the line exactly as it was typed."""

    name: str
    quantity: str
    note: str
    raw: str


def parse(text: str, is_known_name: Callable[[str], bool]) -> Parsed:
    """Split a line into its parts.

    `is_known_name` tells whether a key (item_names.py) is a name used before. Of
    all readings, sorted from the one that splits least to the one that splits
    most, the first with a known name is right, else the last. Only a blank text
    has a blank name. Never raises; a text that is too long for its parts is not
    split.
    """
    readings = _readings(text)
    if len(readings) > 1:
        for reading in readings:
            if is_known_name(comparison_key(reading.name)):
                return reading
    return readings[-1]


def _readings(text: str) -> list[Parsed]:
    whole = text.strip() or text
    readings = [Parsed(whole, "", "", text), *_with_quantity(whole, "", text)]
    comma = _NOTE.search(whole)
    if comma is None:
        return readings
    head, note = whole[: comma.start(1)], whole[comma.end(1) :].strip()
    if len(note) <= MAX_NOTE_LENGTH:
        readings += [Parsed(head, "", note, text), *_with_quantity(head, note, text)]
    return readings


def _with_quantity(text: str, note: str, raw: str) -> list[Parsed]:
    """Return the reading with a quantity, none if in doubt.

    It is in doubt if the rest, the name, could be split again.
    """
    split = _split(text)
    if split is None or len(split[0]) > MAX_QUANTITY_LENGTH or _split(split[1]) is not None:
        return []
    return [Parsed(split[1], split[0], note, raw)]


def _split(text: str) -> tuple[str, str] | None:
    """Return the quantity and the name."""
    return (
        _split_measured(text)
        or _split_multiplied(text)
        or _split_bare_number(text)
        or _split_multiplied_at_end(text)
    )


def _split_measured(text: str) -> tuple[str, str] | None:
    match = _MEASURED.match(text)
    if match is None:
        return None
    unit = re.sub(r"fl\.?\s?oz", "fl oz", match["unit"].casefold())
    is_one = match["joint"] == "-" or _AT_MOST_ONE.fullmatch(match["amount"])
    is_unit = unit in _UNITS or (unit in ONE_ONLY and is_one)
    return _split_at_name(text, match) if is_unit else None


def _split_multiplied(text: str) -> tuple[str, str] | None:
    match = _MULTIPLIED.match(text)
    return _split_at_name(text, match) if match and _starts_a_name(match["name"]) else None


def _split_bare_number(text: str) -> tuple[str, str] | None:
    """Split `6 eggs`, but not `1664 Kronenbourg`, `3 in 1 shampoo` or `1,5 kg`."""
    match = _BARE_NUMBER.match(text)
    if match is None or not _starts_a_name(match["name"]):
        return None
    is_unit = match["name"].casefold().rstrip(".,") in SYMBOLS
    return None if is_unit or _TWO_IN_ONE.match(match["name"]) else _split_at_name(text, match)


def _split_multiplied_at_end(text: str) -> tuple[str, str] | None:
    match = _MULTIPLIED_AT_END.search(text)
    if match is None or not text[: match.start()].strip():
        return None
    return match["quantity"], text[: match.start()].rstrip()


def _split_at_name(text: str, match: re.Match[str]) -> tuple[str, str]:
    return text[: match.start("name")].rstrip(), match["name"]


def _starts_a_name(text: str) -> bool:
    """Tell whether a text starts with a letter or a pictogram, not a sign or a digit."""
    category = unicodedata.category(text[0])
    return category[0] == "L" or category == "So"
