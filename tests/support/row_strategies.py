"""Hypothesis strategies for items and lists, and helpers that write and read them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from rest.text import BIDIRECTIONAL, clean_text
from shopping_list import list_settings
from shopping_list.import_export.formats import FORMATS, parse_lines
from shopping_list.rows import ItemRow, ListRow, Member, Person

ANA, BOB = Person(1, "Ana"), Person(2, "Bob")
NOW = datetime(2026, 11, 22, 8, 30, 0, 123456, tzinfo=UTC)
NOW_IN_US = int(NOW.timestamp() * 1_000_000)

XSS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[x](javascript:alert(1))",
    "<svg/onload=alert(1)>",
    "![a](x)",
    "&lt;b&gt;",
    "</title><b>",
]
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "'=1",
    "''=1",
    "'a",
    "\uff1dA1",
    "\uff0b1",
    '=HYPERLINK("http://x","y")',
]
MARKUP = [
    *("- milk", "* milk", "1. milk", "[x] milk", "[ ] milk", "\u2713 milk", "# milk", "#", "C #"),
    *("**milk**", "2 **milk**", "_milk_", "`milk`", "\\milk", "a\\", "milk \\*", "---", "> milk"),
    *('"milk"', '2 "milk"', '"', '""', 'a "b" c', '6" pizza', '"a", b', "milk, oat", "milk,", ","),
    *("7 Up", "2 l milk", "milk 2x", "12-pack", "2 x 4", "1,5 kg", "Salt, sea", "a;b", "a,b", ";"),
    *("\u00a0a", "\u200da", "\ufeffa", "true", "name", "e\u0301", "\U0001f95b", "null"),
]


def texts(longest: int, *, blank: bool) -> st.SearchStrategy[str]:
    """Return texts that a list may hold."""
    any_character = st.characters(
        exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="".join(BIDIRECTIONAL)
    )
    nasty = st.sampled_from([*XSS, *FORMULAS, *MARKUP])
    candidates = (
        nasty | st.text(any_character, max_size=30) | st.lists(nasty, max_size=3).map(" ".join)
    )
    candidates = candidates.map(clean_text).map(lambda text: text[:longest].strip())
    return candidates if blank else candidates.filter(bool)


moments = st.none() | st.integers(0, NOW_IN_US).map(
    lambda us: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=us)
)


@st.composite
def item_rows(draw: st.DrawFn) -> ItemRow:
    """Return any item."""
    purchased = draw(st.booleans())
    return ItemRow(
        id=uuid.uuid4(),
        name=draw(texts(200, blank=False)),
        quantity=draw(texts(50, blank=True)),
        note=draw(texts(1000, blank=True)),
        category=draw(texts(100, blank=True)),
        purchased=purchased,
        purchased_at=draw(moments) or NOW if purchased else None,
        purchased_by=draw(st.sampled_from([None, ANA, BOB])) if purchased else None,
        position="V",
        version=draw(st.integers(1, 2**40)),
        created_at=draw(moments) or NOW,
        created_by=draw(st.sampled_from([None, ANA, BOB])),
        updated_at=NOW,
        shops=tuple(
            list_settings.unique_names(draw(st.lists(texts(100, blank=False), max_size=3)))
        ),
        not_found_at=None if purchased else draw(moments),
    )


def item(name: str, **fields: object) -> ItemRow:
    """Return an item with this name."""
    defaults = dict.fromkeys(("quantity", "note", "category"), "")
    defaults |= {"purchased": False, "purchased_at": None, "purchased_by": None, "created_by": ANA}
    stamps = {"position": "V", "version": 1, "created_at": NOW, "updated_at": NOW}
    return ItemRow(**{"id": uuid.uuid4(), "name": name, **defaults, **stamps, **fields})


def list_row(name: str = "Groceries") -> ListRow:
    """Return a list with this name."""
    return ListRow(
        id=uuid.uuid4(),
        name=name,
        last_interaction=NOW,
        created_at=NOW,
        created_by=ANA,
        members=(Member(1, "Ana", "owner"), Member(2, "Bob", "editor")),
    )


def nothing(_key: str) -> bool:
    """Tell that no name is known."""
    return False


def read(name: str, content: str) -> list:
    """Return the items that content of this format asks for."""
    return [line.item for line in parse_lines(name, content, nothing)]


def again(name: str, rows: list[ItemRow]) -> list:
    """Write items in a format, read them again, and return the result."""
    return read(name, FORMATS[name].write(list_row(), rows))
