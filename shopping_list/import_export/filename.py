"""The file name of an exported list. Pure."""

from __future__ import annotations

import unicodedata

MAX_STEM_LENGTH = 100
_UNSAFE = frozenset("/\\:*?\"<>|%;'`$")


def filename(title: str, extension: str) -> str:
    """Return a name that is safe in a header and on every file system."""
    safe = "".join("-" if _is_unsafe(character) else character for character in title)
    stem = safe[:MAX_STEM_LENGTH].strip(" .-") or "list"
    return f"{stem}.{extension}"


def _is_unsafe(character: str) -> bool:
    is_control = unicodedata.category(character)[0] == "C" or character in "\u2028\u2029"
    return character in _UNSAFE or is_control
