"""Which characters the names and texts of users, lists and items may contain."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError

# The overrides and isolates of the Unicode bidirectional algorithm (UAX #9).
BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# What copying adds: every kind of space and line end, zero-width spaces and joiners, marks of
# the byte order and of the direction.
_CODES_AROUND_SECRETS = (
    *range(0x21), 0x7F, 0x85, 0xA0, 0xAD, 0x1680, *range(0x2000, 0x2010), *range(0x2028, 0x2030),
    *range(0x205F, 0x2070), 0x3000, 0xFEFF,
)  # fmt: skip
_AROUND_SECRETS = "".join(map(chr, _CODES_AROUND_SECRETS))
MAX_MARKS = 30
"""Combining marks in a row, as in Unicode's Stream-Safe Text Format (UAX #15).

To compose n marks in a row takes a time of n squared, in which no other thread runs: 5 s for
40,000 marks. No language uses more than a few.
"""
_LETTERS_THAT_ARE_MARKS = frozenset("\u0f73\u0f75\u0f81")
"""These have no combining class of their own, but the marks of which they are composed do."""


# Characters that show nothing: Unicode's Default_Ignorable_Code_Point, the annotation marks,
# the blank Braille pattern and the null notehead.
INVISIBLE_RANGES = (
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5)),
    *((0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800)),
    *((0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB)),
    *((0x1BCA0, 0x1BCA3), (0x1D159, 0x1D159), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)
INVISIBLE = frozenset(code for first, last in INVISIBLE_RANGES for code in range(first, last + 1))
"""The code points of characters that show nothing. Among others, they mean something."""
_WITHOUT_INVISIBLE = dict.fromkeys(INVISIBLE)


class InvalidTextError(ValueError):
    """The text breaks a rule; the message names the rule."""


def clean_text(value: str) -> str:
    """Return the text in Unicode's composed form (NFC), without surrounding white space.

    A text of which nobody sees anything is empty.

    Raises InvalidTextError for control characters (C0, C1, NUL), line breaks
    including those of Unicode, lone surrogates, characters that override the
    writing direction, and more than MAX_MARKS combining marks in a row.
    """
    if not value.isprintable():  # a printable text has none of these, and most texts are
        _check_characters(value)
    if has_too_many_marks(value):
        raise InvalidTextError("Too many combining marks in a row.")
    text = unicodedata.normalize("NFC", value).strip()
    return text if is_visible(text) else ""


def _check_characters(value: str) -> None:
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


def is_visible(text: str) -> bool:
    """Tell whether a text shows more than white space."""
    visible = text if text.isascii() else text.translate(_WITHOUT_INVISIBLE)
    return bool(visible.strip())


def has_too_many_marks(value: str) -> bool:
    """Return whether more than MAX_MARKS combining marks follow each other."""
    if len(value) <= MAX_MARKS or value.isascii():
        return False
    marks = 0
    for character in value:
        is_mark = unicodedata.combining(character) or character in _LETTERS_THAT_ARE_MARKS
        marks = marks + 1 if is_mark else 0
        if marks > MAX_MARKS:
            return True
    return False


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
        is_blank = not clean_text(value)
    except InvalidTextError as error:
        raise ValidationError(
            "Control characters are not allowed.", code="control_characters"
        ) from error
    if is_blank and value:
        raise ValidationError("At least one character must be visible.", code="blank")
