"""One spelling of each password, whatever keyboard or browser typed it."""

from __future__ import annotations

import unicodedata
from typing import Literal

from rest.text import has_too_many_marks


def normal_form(password: str) -> str:
    """Return the form that is hashed: NFC, with every kind of space as the ASCII one.

    This is the profile OpaqueString of RFC 8265. It is not NFKC, because the letters that
    NFKC joins (`ﬁ` and `fi`, `²` and `2`) are different characters to type, and a password
    must not become shorter.
    """
    composed = _normalize("NFC", password)
    return "".join(" " if unicodedata.category(char) == "Zs" else char for char in composed)


def spellings(password: str) -> list[str]:
    """Return the forms under which older versions may have hashed the password."""
    return list(dict.fromkeys((normal_form(password), password, _normalize("NFD", password))))


def _normalize(form: Literal["NFC", "NFD"], password: str) -> str:
    """Return the password in a form, or as it is if that would take too long (rest/text.py)."""
    return password if has_too_many_marks(password) else unicodedata.normalize(form, password)
