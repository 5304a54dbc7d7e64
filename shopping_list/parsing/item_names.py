"""Decide whether two item names mean the same item."""

from __future__ import annotations

import unicodedata

MAX_KEY_LENGTH = 800
"""Characters of a key: case folding and NFKC make a name of 200 up to 18 times longer."""


def comparison_key(name: str) -> str:
    """Return the form of a name that is compared: NFKC, case-folded, single-spaced.

    NFKC is applied again after folding, because folding can undo it.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())[:MAX_KEY_LENGTH]
