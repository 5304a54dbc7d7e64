"""What text a list may hold."""

from __future__ import annotations

import unicodedata

# Overrides and isolates of the Unicode bidirectional algorithm (UAX #9).
BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class InvalidTextError(ValueError):
    """The text breaks a rule; the message names the rule."""


def clean_text(value: str) -> str:
    """Return the text in NFC without white space around it.

    Raises RefusedTextError for control characters (C0, C1, NUL), line breaks,
    those of Unicode among them, lone surrogates, and overrides of the writing
    direction.
    """
    for character in value:
        category = unicodedata.category(character)
        if category in {"Cc", "Zl", "Zp"}:
            raise InvalidTextError("Control characters and line breaks are not allowed.")
        if category == "Cs":
            raise InvalidTextError("Lone surrogates are not allowed.")
        if character in BIDIRECTIONAL:
            raise InvalidTextError(
                "Characters that override the writing direction are not allowed."
            )
    return unicodedata.normalize("NFC", value).strip()
