"""Decide whether two item names mean the same item.

frontend/src/sync/edit.ts computes the same keys; tests/vectors/names.json has examples.
"""

from __future__ import annotations

import unicodedata
from uuid import UUID

from rest.text import INVISIBLE

MAX_KEY_LENGTH = 800
"""Characters of a key: case folding and NFKC make a name of 200 up to 18 times longer."""

# What keyboards put in the place of ' and -.
_APOSTROPHES = "\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_FOLDED = (
    dict.fromkeys(INVISIBLE, None)
    | dict.fromkeys(map(ord, _APOSTROPHES), "'")
    | dict.fromkeys(map(ord, _HYPHENS), "-")
)
ACCENTS = "".join(map(chr, range(0x300, 0x370)))
"""The combining diacritical marks: accents, umlauts, cedillas."""
_WITHOUT_ACCENTS = dict.fromkeys(map(ord, ACCENTS))
_TWIN_MARK = "\N{WORD JOINER}"


def comparison_key(name: str) -> str:
    """Return the form of a name that is compared: NFKC, case-folded, single-spaced.

    Characters that nobody sees are left out, and all apostrophes and all hyphens are alike.
    NFKC is applied again after folding, because folding can undo it.
    """
    folded = name.casefold()
    if not name.isascii():  # an ASCII name has nothing else to fold, and an export has many
        composed = unicodedata.normalize("NFKC", name.translate(_FOLDED)).casefold()
        folded = unicodedata.normalize("NFKC", composed).translate(_FOLDED)
    return " ".join(folded.split())[:MAX_KEY_LENGTH]


def twin_key(key: str, item_id: UUID) -> str:
    """Return the key of an open item that shares its name's key with another open item.

    Two such items can only come from an upgrade that made their names equal. No name has
    this key, because it has a character that every key leaves out.
    """
    mark = f"{_TWIN_MARK}{item_id.hex}"
    return key[: MAX_KEY_LENGTH - len(mark)] + mark


def sort_key(name: str) -> str:
    """Return what names are sorted by: the key without accents, then the key."""
    key = comparison_key(name)
    plain = unicodedata.normalize("NFD", key).translate(_WITHOUT_ACCENTS)
    return f"{plain}\x01{key}"
