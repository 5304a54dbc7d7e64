"""The rules of text: the code and the patterns of the OpenAPI document say the same."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from django.core.exceptions import ValidationError

from rest.openapi import ANY_SCHEMA, NON_EMPTY_SCHEMA
from rest.text import BIDIRECTIONAL, InvalidTextError, clean_text, strip_secret, validate_text

ALL = range(sys.maxunicode + 1)
# Every character of the basic plane, and many of the others, which are letters and symbols.
# Without surrogates: a JSON body cannot contain a lone one (test_json_parser.py).
CODES = [*range(0xD800), *range(0xE000, 0x10000), *range(0x10000, sys.maxunicode + 1, 251)]
CHARACTERS = [chr(code) for code in CODES]


def is_clean(text: str) -> bool:
    try:
        clean_text(text)
    except InvalidTextError:
        return False
    return True


def test_pattern_for_any_text_allows_the_characters_that_the_code_allows() -> None:
    """ROW-6"""
    pattern = re.compile(ANY_SCHEMA)
    assert [
        hex(ord(character))
        for character in CHARACTERS
        if bool(pattern.search(f"a{character}b")) != is_clean(f"a{character}b")
    ] == []


def test_pattern_for_non_empty_text_rejects_what_is_empty_after_cleaning() -> None:
    """ROW-6"""
    pattern = re.compile(NON_EMPTY_SCHEMA)
    assert [
        hex(ord(character))
        for character in CHARACTERS
        if bool(pattern.search(character)) != (is_clean(character) and clean_text(character) != "")
    ] == []
    assert not pattern.search("")
    assert re.search(ANY_SCHEMA, "")


def test_patterns_contain_no_class_that_engines_define_differently() -> None:
    """ROW-6: for example JavaScript's white space contains U+FEFF, and Python's does not."""
    assert set(re.findall(r"\\.", ANY_SCHEMA + NON_EMPTY_SCHEMA)) == {r"\u"}


@pytest.mark.parametrize("category", ["Cc", "Cs", "Zl", "Zp"])
def test_clean_text_rejects_every_character_of_the_category(category: str) -> None:
    """ROW-6"""
    characters = [chr(code) for code in ALL if unicodedata.category(chr(code)) == category]
    assert characters
    assert [character for character in characters if is_clean(character)] == []


@pytest.mark.parametrize("character", [*sorted(BIDIRECTIONAL), "\0", "\n", "\u2028", "\ud800"])
def test_validator_rejects_the_same_characters_with_one_code(character: str) -> None:
    """ROW-6"""
    with pytest.raises(ValidationError) as error:
        validate_text(f"Ana{character}")
    assert error.value.code == "control_characters"
    validate_text("Ana")


MARKS = ["\u0301", "\u0301\u0323", "\u0345\u0301", "\u0f73", "\u0344"]


@pytest.mark.parametrize("marks", MARKS)
def test_text_with_many_marks_in_a_row_is_refused_without_composing_it(
    marks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-16: composing them takes a time that grows with the square of their number."""
    composed = []
    normalize = unicodedata.normalize
    monkeypatch.setattr(
        "rest.text.unicodedata.normalize",
        lambda form, value: composed.append(len(value)) or normalize(form, value),
    )
    with pytest.raises(InvalidTextError, match="combining marks"):
        clean_text("a" + marks * 60_000)
    assert composed == []
    assert clean_text("a" + marks * (30 // len(marks))) != "a"


def test_text_with_marks_on_each_letter_is_accepted() -> None:
    """SEC-16"""
    vietnamese = unicodedata.normalize("NFD", "Tiếng Việt ") * 50
    assert clean_text(vietnamese) == unicodedata.normalize("NFC", vietnamese).strip()


@pytest.mark.parametrize(
    "around", ["\n", " \r\n", "\u00a0", "\u200b", "\ufeff", "\u2028", "\u00ad", "\u3000"]
)
def test_secret_is_stripped_of_what_copying_adds(around: str) -> None:
    """INV-4: case H2."""
    assert strip_secret(f"{around}a_B-1{around}") == "a_B-1"


def test_secret_keeps_white_space_inside() -> None:
    assert strip_secret(" a b ") == "a b"
