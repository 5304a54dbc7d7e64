"""How a typed line is parsed. The browser's port is tested with the same vectors."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopping_list.models import ShoppingItem
from shopping_list.parsing import quantity
from shopping_list.parsing.item_names import comparison_key
from shopping_list.parsing.quantity import parse

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "quantity.json").read_text())


def no_known_names(_key):
    return False


def parts(text, known=no_known_names):
    parsed = parse(text, known)
    return parsed.name, parsed.quantity, parsed.note


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["text"])
def test_line_is_split_into_name_quantity_and_note(case):
    """QTY-1, QTY-2, QTY-3, QTY-9, cases U4, V1 and V2"""
    parsed = parts(case["text"], lambda key: key in case.get("known", ()))
    assert parsed == (case["name"], case["quantity"], case["note"])


@pytest.mark.parametrize("key", ["symbols", "words", "one_only", "properties"])
def test_vectors_contain_the_known_units(key):
    """QTY-4: a port can read them from the vectors."""
    assert VECTORS[key] == sorted(getattr(quantity, key.upper()))


def test_limits_match_the_item_columns():
    """QTY-5"""
    fields = {field.name: field.max_length for field in ShoppingItem._meta.concrete_fields}
    assert fields["quantity"] == quantity.MAX_QUANTITY_LENGTH
    assert fields["note"] == quantity.MAX_NOTE_LENGTH


def test_known_name_is_never_split():
    """QTY-3: looked up by its key, so in any case and spacing."""
    assert parts("7  UP", {comparison_key("7 Up")}.__contains__) == ("7  UP", "", "")
    assert parts("7 Up, cold", {"7 up"}.__contains__) == ("7 Up", "", "cold")
    assert parts("2 l milk", {"2 l milk", "milk"}.__contains__) == ("2 l milk", "", "")


def test_unambiguous_line_looks_up_no_name():
    """QTY-3"""
    assert parse("oat milk", pytest.fail).name == "oat milk"


def test_part_over_its_limit_is_not_split_off():
    """QTY-5"""
    long = "x" * (quantity.MAX_NOTE_LENGTH + 1)
    assert parts(f"milk, {long}") == (f"milk, {long}", "", "")
    assert parts(f"2 l milk, {long}") == (f"milk, {long}", "2 l", "")
    wide = "1" + " " * 60 + "bunch"
    assert parts(f"{wide} dill")[1] != f"{wide}"


# Any input

no_deadline = settings(deadline=None)
words = st.sampled_from(
    [
        *("2", "1,5", "½", "1/2", "00", "12-", "x", "\u00d7", "2x", "x2", "l", "kg", "kg.", "Dose"),
        *(
            "can",
            "of",
            "de",
            "d'",
            "milk",
            "7",
            "Up",
            ",",
            ", ",
            ", oat",
            "fl",
            "oz",
            "-",
            "\u2013",
        ),
        *("(", "🥛", "é", "e\u0301", "\u00a0", "\u2028", "\n", "\0", "\u202e", "٣", "²"),
    ]
)
lines = st.lists(words | st.text(max_size=8), max_size=12).flatmap(
    lambda chunks: st.sampled_from(["", " "]).map(lambda separator: separator.join(chunks))
)


def letters_and_numbers(text):
    return [character for character in text if unicodedata.category(character)[0] in "LN"]


@no_deadline
@given(lines, st.frozensets(st.text(max_size=5)))
def test_no_typed_letter_or_number_is_lost(text, names):
    """QTY-6: letters and numbers are kept; the parts keep their order."""
    parsed = parse(text, names.__contains__)
    assert parsed.raw == text
    quantity_, name, note = (
        letters_and_numbers(parsed.quantity),
        letters_and_numbers(parsed.name),
        letters_and_numbers(parsed.note),
    )
    assert letters_and_numbers(text) in ([*quantity_, *name, *note], [*name, *quantity_, *note])
    for part in (parsed.name, parsed.quantity, parsed.note):
        assert part in text


@no_deadline
@given(lines, st.booleans())
def test_parsed_name_is_not_split_again(text, everything_known):
    """QTY-7"""
    known = (lambda _key: True) if everything_known else no_known_names
    name = parse(text, known).name
    assert parts(name, known) == (name, "", "")


@no_deadline
@given(lines, st.integers(0, 5))
def test_parsed_name_is_not_split_again_whichever_names_are_known(text, remainder):
    """QTY-7"""

    def known(key):
        return len(key) % 6 == remainder

    name = parse(text, known).name
    assert parts(name, known) == (name, "", "")


@no_deadline
@given(lines | st.text(max_size=400))
def test_parts_fit_their_limits_and_the_name_is_never_empty(text):
    """QTY-5, QTY-6"""
    parsed = parse(text, no_known_names)
    assert len(parsed.quantity) <= quantity.MAX_QUANTITY_LENGTH
    assert len(parsed.note) <= quantity.MAX_NOTE_LENGTH
    assert bool(parsed.name) == bool(text)
    assert bool(parsed.name.strip()) == bool(text.strip())


@pytest.mark.timeout(10)
@pytest.mark.parametrize("bait", ["1", "1 ", "1/", " ", "x", "½", "-1", ", ", "a ", " x1", "é"])
def test_long_line_is_parsed_quickly(bait):
    """QTY-8"""
    for text in (bait * 200_000, "2 l " + bait * 200_000, bait * 200_000 + "2x"):
        assert parse(text, no_known_names).raw == text
