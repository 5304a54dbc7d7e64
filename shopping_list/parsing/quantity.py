"""Read `2 l milk, oat` as a quantity, a name and a note; in doubt, do not split.

Pure. It knows numbers, unit symbols, and a closed list of the words that shops
count by (units.py), and no dictionary of any language. This module and every port
of it must pass tests/vectors/quantity.json. Nothing is lost: the parts are slices
of the text, and only white space, commas and brackets between them are left out. A
part without a letter is never the name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from shopping_list.parsing.item_names import comparison_key
from shopping_list.parsing.units import ONE_ONLY, PROPERTIES, SYMBOLS, WORDS

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

_STARTS_LIKE_A_NUMBER = re.compile(rf"[\d{_HALVES}]")
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
_MAX_AT_END = 8
"""Characters at the end of a text that `_MULTIPLIED_AT_END` can match."""
_MEASURED_AT_END = re.compile(
    rf"\s(?P<quantity>(?:{_AMOUNT}{_TIMES}\s?)?(?P<amount>{_AMOUNT})(?P<joint>[-\s]?)"
    rf"(?P<unit>fl\.?\s?oz|{_LETTER}+)\.?)\Z"
)
_UNFINISHED = re.compile(rf"(?:[-\u2013/+&*(\[:;,.]|(?<!{_LETTER})[xX\u00d7])\Z")
"""The end of a text in front of which a number cannot be a quantity: `M6 x 20 mm`."""
_NOTE = re.compile(r"\S(,)\s")
_AT_MOST_ONE = re.compile(rf"1|0[.,]\d+|\d[/\u2044]\d|[{_HALVES}]")
_TWO_IN_ONE = re.compile(rf"{_LETTER}{{1,3}}[\s-]?\d")
_SHORT_WORD = re.compile(rf"[A-Za-z\u00c0-\u024f]{{1,2}}(?!{_LETTER}|['\u2019-])")
_FIRST_WORD = re.compile(rf"{_LETTER}+")
_FRACTION = re.compile(r"(\d+)[/\u2044](\d+)")
_ONLY_AMOUNT = re.compile(
    rf"(?!\d{{4}})(?:{_AMOUNT}{_TIMES}\s?)?{_AMOUNT}"
    rf"(?:{_TIMES}|[-\s]?(?P<unit>fl\.?\s?oz|{_LETTER}+)\.?)?"
)
_BRACKETED = re.compile(
    rf"\[\s?(?P<quantity>[^\[\]]{{1,{MAX_QUANTITY_LENGTH}}})\]\s*(?P<name>\S.*)", re.DOTALL
)


class Parsed(NamedTuple):
    """The parts of a line; `raw` is the line exactly as it was typed."""

    name: str
    quantity: str
    note: str
    raw: str


class _Reading(NamedTuple):
    """A way to read a line; one that is in doubt is right only if its name is known."""

    parts: Parsed
    is_certain: bool = True


class _Split(NamedTuple):
    quantity: str
    name: str
    is_certain: bool = True


def parse(text: str, is_known_name: Callable[[str], bool]) -> Parsed:
    """Split a line into its parts.

    `is_known_name` tells whether a key (item_names.py) is a name used before. Of
    all readings, sorted from the one that splits least to the one that splits
    most, the first with a known name is right, else the last that is certain. Only a
    blank text has a blank name. Never raises; a text that is too long for its parts is
    not split.
    """
    readings = _readings(text)
    if len(readings) > 1:
        for reading in readings:
            if is_known_name(comparison_key(reading.parts.name)):
                return reading.parts
    return next(reading.parts for reading in reversed(readings) if reading.is_certain)


@lru_cache(maxsize=1)  # an export reads each line twice: with and without known names
def _readings(text: str) -> Sequence[_Reading]:
    whole = text.strip() or text
    readings = [_Reading(Parsed(whole, "", "", text)), *_with_quantity(whole, "", text)]
    head, note = _split_note(whole)
    if not note:
        return readings
    if _has_letter(head) and not _is_amount(head):
        return [
            *readings,
            _Reading(Parsed(head, "", note, text)),
            *_with_quantity(head, note, text),
        ]
    return [*readings, *_with_amount(head, note, text)]


def _split_note(text: str) -> tuple[str, str]:
    """Return the texts before and after the first comma; without a note, the text and nothing."""
    comma = _NOTE.search(text)
    if comma is None:
        return text, ""
    note = text[comma.end(1) :].strip()
    return (text[: comma.start(1)], note) if len(note) <= MAX_NOTE_LENGTH else (text, "")


def _with_amount(amount: str, text: str, raw: str) -> list[_Reading]:
    """Return the readings of `10, apples` and `10, apples, red`; none if in doubt."""
    if not _is_amount(amount) or not _has_letter(text) or _split(text) is not None:
        return []
    readings = [_Reading(Parsed(text, amount, "", raw))]
    head, note = _split_note(text)
    if note and _has_letter(head) and not _is_amount(head) and _split(head) is None:
        readings.append(_Reading(Parsed(head, amount, note, raw)))
    return readings


def _with_quantity(text: str, note: str, raw: str) -> list[_Reading]:
    """Return the reading with a quantity, none if the rest, the name, could be split again."""
    split = _split(text)
    if split is None or len(split.quantity) > MAX_QUANTITY_LENGTH or _split(split.name) is not None:
        return []
    return [_Reading(Parsed(split.name, split.quantity, note, raw), split.is_certain)]


def _split(text: str) -> _Split | None:
    """Return the quantity and the name."""
    split = _split_bracketed(text)
    if split is None and _STARTS_LIKE_A_NUMBER.match(text):
        # Most texts do not start like one, and an export reads many.
        split = _split_measured(text) or _split_multiplied(text) or _split_bare_number(text)
    return split or _split_multiplied_at_end(text) or _split_measured_at_end(text)


def _split_bracketed(text: str) -> _Split | None:
    """Split `[ 2 ] apples`."""
    match = _BRACKETED.match(text)
    quantity = match["quantity"].strip() if match else ""
    if match is None or not _is_amount(quantity) or not _has_letter(match["name"]):
        return None
    return _Split(quantity, match["name"])


def _split_measured(text: str) -> _Split | None:
    match = _MEASURED.match(text)
    if match is None or not _has_letter(match["name"]) or not _has_unit(match):
        return None
    return _split_at_name(text, match)


def _has_unit(match: re.Match[str]) -> bool:
    """Tell whether the word behind an amount is a unit."""
    unit = re.sub(r"fl\.?\s?oz", "fl oz", match["unit"].casefold())
    is_one = match["joint"] == "-" or _AT_MOST_ONE.fullmatch(match["amount"])
    return unit in _UNITS or bool(unit in ONE_ONLY and is_one)


def _split_multiplied(text: str) -> _Split | None:
    match = _MULTIPLIED.match(text)
    return _split_at_name(text, match) if match and _starts_a_name(match["name"]) else None


def _split_bare_number(text: str) -> _Split | None:
    """Split `6 eggs`, but not `1664 Kronenbourg`, `3 in 1 shampoo`, `50/50 mince` or `1,5 kg`.

    It is in doubt whether the number of `9 V battery` or `7 Up` is a quantity.
    """
    match = _BARE_NUMBER.match(text)
    if match is None or not _starts_a_name(match["name"]):
        return None
    name = match["name"]
    split = _split_at_name(text, match)
    is_unit = name.casefold().rstrip(".,") in SYMBOLS
    if is_unit or _TWO_IN_ONE.match(name) or _is_ratio(split.quantity):
        return None
    return split._replace(is_certain=not _continues_a_number(name))


def _split_multiplied_at_end(text: str) -> _Split | None:
    match = _MULTIPLIED_AT_END.search(text, max(0, len(text) - _MAX_AT_END))
    if match is None or not _has_letter(text[: match.start()]):
        return None
    return _Split(match["quantity"], text[: match.start()].rstrip())


def _split_measured_at_end(text: str) -> _Split | None:
    """Split `butter 250 g`, but not `eggs 10` or `flour 405`."""
    tail = text[-MAX_QUANTITY_LENGTH - 1 :]
    match = _MEASURED_AT_END.search(tail)
    if match is None or not _has_unit(match):
        return None
    name = text[: len(text) - len(tail) + match.start()].rstrip()
    if not _has_letter(name) or _UNFINISHED.search(name):
        return None
    return _Split(match["quantity"], name)


def _split_at_name(text: str, match: re.Match[str]) -> _Split:
    return _Split(text[: match.start("name")].rstrip(), match["name"])


def _is_amount(text: str) -> bool:
    """Tell whether a text is only a number, or a number and the symbol of a unit."""
    match = _ONLY_AMOUNT.fullmatch(text)
    unit = match["unit"] if match else None
    if unit is not None:
        return re.sub(r"fl\.?\s?oz", "fl oz", unit.casefold()) in SYMBOLS
    return match is not None


def _is_ratio(quantity: str) -> bool:
    match = _FRACTION.fullmatch(quantity)
    return match is not None and int(match[1]) >= int(match[2])


def _continues_a_number(name: str) -> bool:
    """Tell whether the first word of a name may say of what the number in front of it is."""
    word = _FIRST_WORD.match(name)
    is_property = word is not None and word[0].casefold() in PROPERTIES
    return is_property or _SHORT_WORD.match(name) is not None


def _has_letter(text: str) -> bool:
    return any(_starts_a_name(character) for character in text)


def _starts_a_name(text: str) -> bool:
    """Tell whether a text starts with a letter or a pictogram, not a sign or a digit."""
    category = unicodedata.category(text[0])
    return category[0] == "L" or category == "So"
