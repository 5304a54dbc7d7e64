"""Plain text: what is still to buy, an item a line, as one would send it. Pure.

A name that would be taken apart is put in quotes: `2 "7 Up"`. Categories and
what was bought are left out; that is what the other formats are for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from shopping_list.rows import ItemRow, ListRow
from shopping_list.transfer import wording
from shopping_list.transfer.lines import Attempt, Known, Wanted, checked, cleaned, numbered, tried
from shopping_list.transfer.wording import Worded

# What people paste: bullets, numbers, and boxes that may be ticked.
_MARKS = re.compile(
    r"\ufeff?(?:(?:[-*+\u2022\u25e6\u2023\u2013]|\d{1,3}[.)])\s+)?"
    r"(?:(?:\[[ xX]\]|[\u2610\u2611\u2713\u2714])\s+)?"
)
_TICKED = re.compile(r"\[[xX]\]|[\u2611\u2713\u2714]")
_QUOTED = re.compile(r'(?:(?P<quantity>.{1,50}?)\s)??"(?P<name>(?:[^"]|"")+)"(?:, (?P<note>.+))?')


def write(_row: ListRow, items: Sequence[ItemRow]) -> str:
    """Return the open items as lines."""
    names = wording.keys_of(items)
    return "".join(f"{_line(item, names)}\n" for item in items if not item.purchased)


def read(content: str, known: Known) -> Iterator[Attempt]:
    """Yield what each line is read as."""
    for number, line in numbered(content):
        yield tried(number, _wanted, line, known)


def _line(item: ItemRow, names: frozenset[str]) -> str:
    parts = wording.of(item)
    quoted = '"{}"'.format(item.name.replace('"', '""'))
    candidates = [
        wording.plain(parts),
        wording.plain(parts._replace(name=quoted)),
        wording.plain(Worded(quoted, "", item.note)),
    ]
    return wording.first_that_reads_back(candidates, parts, _read, names)


def _wanted(line: str, known: Known) -> Wanted:
    text = cleaned(line)
    ticked = _TICKED.search(_marks(text)) is not None
    return checked(Wanted(**_read(text, known)._asdict(), purchased=ticked))


def _read(text: str, known: Known) -> Worded:
    text = text[len(_marks(text)) :] or text
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        return wording.read(text, known)
    quantity, name, note = quoted.group("quantity", "name", "note")
    return Worded(name.replace('""', '"').strip(), (quantity or "").strip(), note or "")


def _marks(text: str) -> str:
    found = _MARKS.match(text)
    return found[0] if found else ""
