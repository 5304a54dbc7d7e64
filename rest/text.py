"""Which characters the names and texts of users, lists and items may contain."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError

# The overrides and isolates of the Unicode bidirectional algorithm (UAX #9).
BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# What copying adds: every kind of space and line end, zero-width spaces and joiners, marks of
# the byte order and of the direction.
_AROUND_SECRETS = "".join(
    chr(code)
    for code in range(0x10000)
    if chr(code).isspace() or unicodedata.category(chr(code)) in {"Cc", "Cf"}
)


class InvalidTextError(ValueError):
    """The text breaks a rule; the message names the rule."""


def clean_text(value: str) -> str:
    """Return the text in Unicode's composed form (NFC), without surrounding white space.

    Raises InvalidTextError for control characters (C0, C1, NUL), line breaks
    including those of Unicode, lone surrogates, and characters that override the
    writing direction.
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


def fold_case(value: str) -> str:
    """Return the form in which texts that differ in case or width alone are equal.

    NFKC is applied again after folding, because folding can undo it.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())


def strip_secret(value: str) -> str:
    """Return a pasted secret without the white space around it, also where it has no width."""
    return value.strip(_AROUND_SECRETS)


def validate_text(value: str) -> None:
    """Apply the rules of `clean_text` as a validator of Django; raises ValidationError."""
    try:
        clean_text(value)
    except InvalidTextError as error:
        raise ValidationError(
            "Control characters are not allowed.", code="control_characters"
        ) from error
