"""Read `2 l milk, oat` as a quantity, a name and a note; in doubt, do not split.

Pure, and a dictionary of no language: numbers, unit symbols, and a closed list
of the words that shops count by (units.py). This and any port of it are held to
tests/vectors/quantity.json. Nothing is lost: the parts are slices of the text,
and only white space and one comma are left out between them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from shopping_list.parsing.item_names import comparison_key
from shopping_list.parsing.units import ONE_ONLY, SYMBOLS, WORDS

MAX_QUANTITY_LENGTH = 50
LONGEST_NOTE = 1000

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
_TIMED_AT_END = re.compile(
    r"\s(?P<quantity>\d{1,3}(?:\s?[x\u00d7]|X)|[x\u00d7]\s?\d{1,3}|X\d{1,3})\Z"
)
_NOTE = re.compile(r"\S(,)\s")
_AT_MOST_ONE = re.compile(rf"1|0[.,]\d+|\d[/\u2044]\d|[{_HALVES}]")
_TWO_IN_ONE = re.compile(rf"{_LETTER}{{1,3}}\s?\d")


class Parsed(NamedTuple):
    """What was typed, taken apart; `raw` is exactly what was typed."""

    name: str
    quantity: str
    note: str
    raw: str


def parse(text: str, is_known_name: Callable[[str], bool]) -> Parsed:
    """Take a line apart. `known` tells whether a key (names.py) is a name used before.

    Of the ways to read the line, from the one that splits least to the one that
    splits most, the first whose name is known is right, else the last. Only a
    blank text has a blank name. Never raises; a text that is too long for its
    parts stays whole.
    """
    readings = _readings(text)
    if len(readings) > 1:
        for reading in readings:
            if is_known_name(comparison_key(reading.name)):
                return reading
    return readings[-1]


def _readings(text: str) -> list[Parsed]:
    whole = text.strip() or text
    found = [Parsed(whole, "", "", text), *_with_quantity(whole, "", text)]
    comma = _NOTE.search(whole)
    if comma is None:
        return found
    head, note = whole[: comma.start(1)], whole[comma.end(1) :].strip()
    if len(note) <= LONGEST_NOTE:
        found += [Parsed(head, "", note, text), *_with_quantity(head, note, text)]
    return found


def _with_quantity(text: str, note: str, raw: str) -> list[Parsed]:
    """Return the reading with a quantity, none if in doubt.

    It is in doubt if the name would be split again.
    """
    split = _split(text)
    if split is None or len(split[0]) > MAX_QUANTITY_LENGTH or _split(split[1]) is not None:
        return []
    return [Parsed(split[1], split[0], note, raw)]


def _split(text: str) -> tuple[str, str] | None:
    """Return quantity and name."""
    return _measured(text) or _timed(text) or _bare(text) or _timed_at_end(text)


def _measured(text: str) -> tuple[str, str] | None:
    found = _MEASURED.match(text)
    if found is None:
        return None
    unit = re.sub(r"fl\.?\s?oz", "fl oz", found["unit"].casefold())
    of_one = unit in ONE_ONLY and (found["joint"] == "-" or _AT_MOST_ONE.fullmatch(found["amount"]))
    return _split_at(text, found) if unit in _UNITS or of_one else None


def _timed(text: str) -> tuple[str, str] | None:
    found = _MULTIPLIED.match(text)
    return _split_at(text, found) if found and _begins_a_name(found["name"]) else None


def _bare(text: str) -> tuple[str, str] | None:
    """Split `6 eggs`, but not `1664 Kronenbourg`, `3 in 1 shampoo` or `1,5 kg`."""
    found = _BARE_NUMBER.match(text)
    if found is None or not _begins_a_name(found["name"]):
        return None
    alone = found["name"].casefold().rstrip(".,") in SYMBOLS
    return None if alone or _TWO_IN_ONE.match(found["name"]) else _split_at(text, found)


def _timed_at_end(text: str) -> tuple[str, str] | None:
    found = _TIMED_AT_END.search(text)
    if found is None or not text[: found.start()].strip():
        return None
    return found["quantity"], text[: found.start()].rstrip()


def _split_at(text: str, found: re.Match[str]) -> tuple[str, str]:
    return text[: found.start("name")].rstrip(), found["name"]


def _begins_a_name(text: str) -> bool:
    """Tell letters and pictures from signs and further numbers."""
    category = unicodedata.category(text[0])
    return category[0] == "L" or category == "So"
