"""The name of a file that a list is saved as. Pure."""

from __future__ import annotations

import unicodedata

LONGEST = 100
_UNSAFE = frozenset("/\\:*?\"<>|%;'`$")


def filename(title: str, extension: str) -> str:
    """Return a name that is safe in a header and on every file system."""
    safe = "".join("-" if _refused(sign) else sign for sign in title)
    stem = safe[:LONGEST].strip(" .-") or "list"
    return f"{stem}.{extension}"


def _refused(sign: str) -> bool:
    return sign in _UNSAFE or unicodedata.category(sign)[0] == "C" or sign in "\u2028\u2029"
