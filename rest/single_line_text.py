"""What a person's name may be made of."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError

# Overrides and isolates of the Unicode bidirectional algorithm (UAX #9).
BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def validate_single_line(value: str) -> None:
    """Raise ValidationError for control characters, line breaks and direction overrides."""
    for character in value:
        misleading = unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        if misleading or character in BIDIRECTIONAL:
            raise ValidationError("Control characters are not allowed.", code="control_characters")


def normalise(value: str) -> str:
    """Return the text in Unicode's composed form (NFC), without white space around it."""
    return unicodedata.normalize("NFC", value).strip()
