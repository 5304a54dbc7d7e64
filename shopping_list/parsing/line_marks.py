"""What other programs put around an item on its line: bullets, boxes, senders, columns. Pure.

The browser reads pasted text in the same way; tests/vectors/lines.json tests both.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LINE_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
"""Word and chats write other line breaks than editors."""

_EDGES = (
    "\t\n\v\f\r \x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
    "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
)
"""White space and invisible signs."""
_SENDER = re.compile(
    r"\[?\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?\s\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s?[AaPp]\.?[Mm]\.?)?\]?"
    r"(?:\s[-\u2013])?\s[^:]{1,60}:\s"
)
_BULLET = re.compile(
    "(?:[\u2022\u25e6\u2023\u2043\u25cf\u25cb\u25aa\u25ab\u25a0\uf0b7\uf0a7]\\s*"
    "|(?:[-*+\u2013\u2014\u00b7]|\\d{1,3}[.)])\\s+|[o\u00a7]\t\\s*)"
)
_BOX = re.compile(
    "(?:\\[(?P<mark>[ xX]?)\\]|(?P<sign>[\u2610\u2611\u2612\u25a1\u2b1c\u2713\u2714\u2705]))\\s*"
)
_TICKED = frozenset("xX\u2611\u2612\u2713\u2714\u2705")
_CELL = re.compile(r"[|\t]")
_SEPARATOR_ROW = re.compile(r"[|\s:\u2013-]*")
_STARTS_WITH_NUMBER = re.compile(r"[\d\u00bc-\u00be\u2150-\u215e]")
_LETTER = re.compile(r"[^\W\d_]")
MAX_QUANTITY_LENGTH = 50


class Marked(NamedTuple):
    """A line without its marks, and whether they say that the item is bought."""

    text: str
    is_ticked: bool


class Cells(NamedTuple):
    """The columns of a line, as the parts of an item."""

    name: str
    quantity: str
    note: str


def strip_marks(line: str) -> Marked:
    """Remove the sender of a chat message, the bullet or number, and the box of a line."""
    text = line.strip(_EDGES)
    sender = _SENDER.match(text)
    text = text[sender.end() :].strip(_EDGES) if sender else text
    bullet = _BULLET.match(text)
    text = text[bullet.end() :] if bullet else text
    box = _BOX.match(text)
    if box is None:
        return Marked(text, is_ticked=False)
    sign = box["mark"] if box["sign"] is None else box["sign"]
    return Marked(text[box.end() :], is_ticked=sign in _TICKED)


def is_separator(line: str) -> bool:
    """Tell whether a line has only the signs that draw a table or a rule."""
    return _SEPARATOR_ROW.fullmatch(line) is not None


def split_cells(text: str) -> Cells | None:
    """Return the columns of `Milk | 2 l` and `2<tab>eggs<tab>brown`; None if there is one.

    The first cell with a letter that does not start with a number is the name, the first
    other one that starts with a number is the quantity, and the rest is the note.
    """
    cells = [cell for cell in (cell.strip(_EDGES) for cell in _CELL.split(text)) if cell]
    if len(cells) < 2:
        return None
    index = next((index for index, cell in enumerate(cells) if _is_name(cell)), 0)
    name = cells.pop(index)
    index = next((index for index, cell in enumerate(cells) if _is_quantity(cell)), -1)
    quantity = cells.pop(index) if index >= 0 else ""
    return Cells(name, quantity, ", ".join(cells))


def _is_name(cell: str) -> bool:
    return _LETTER.search(cell) is not None and not _STARTS_WITH_NUMBER.match(cell)


def _is_quantity(cell: str) -> bool:
    return _STARTS_WITH_NUMBER.match(cell) is not None and len(cell) <= MAX_QUANTITY_LENGTH
