"""What a typed line is taken for. The same vectors hold the browser's port."""

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


def nothing(_key):
    return False


def parts(text, known=nothing):
    found = parse(text, known)
    return found.name, found.quantity, found.note


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["text"])
def test_a_line_is_taken_apart(case):
    """QTY-1, QTY-2, QTY-3"""
    found = parts(case["text"], lambda key: key in case.get("known", ()))
    assert found == (case["name"], case["quantity"], case["note"])


@pytest.mark.parametrize("list_", ["symbols", "words", "one_only"])
def test_the_vectors_name_the_units_that_are_known(list_):
    """QTY-4: so that a port takes them from there."""
    assert VECTORS[list_] == sorted(getattr(quantity, list_.upper()))


def test_the_limits_are_those_of_an_item():
    """QTY-5"""
    fields = {field.name: field.max_length for field in ShoppingItem._meta.concrete_fields}
    assert fields["quantity"] == quantity.MAX_QUANTITY_LENGTH
    assert fields["note"] == quantity.MAX_NOTE_LENGTH


def test_a_known_name_is_never_split():
    """QTY-3: asked for by its key, so in any case and spacing."""
    assert parts("7  UP", {comparison_key("7 Up")}.__contains__) == ("7  UP", "", "")
    assert parts("7 Up, cold", {"7 up"}.__contains__) == ("7 Up", "", "cold")
    assert parts("2 l milk", {"2 l milk", "milk"}.__contains__) == ("2 l milk", "", "")


def test_a_line_without_a_doubt_asks_for_no_name():
    """QTY-3"""
    assert parse("oat milk", pytest.fail).name == "oat milk"


def test_what_does_not_fit_its_part_is_not_split_off():
    """QTY-5"""
    long = "x" * (quantity.MAX_NOTE_LENGTH + 1)
    assert parts(f"milk, {long}") == (f"milk, {long}", "", "")
    assert parts(f"2 l milk, {long}") == (f"milk, {long}", "2 l", "")
    wide = "1" + " " * 60 + "bunch"
    assert parts(f"{wide} dill")[1] != f"{wide}"


# anything that can be typed

unhurried = settings(deadline=None)
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
    lambda found: st.sampled_from(["", " "]).map(lambda between: between.join(found))
)


def kept(text):
    return [letter for letter in text if unicodedata.category(letter)[0] in "LN"]


@unhurried
@given(lines, st.frozensets(st.text(max_size=5)))
def test_nothing_that_was_typed_is_lost(text, names):
    """QTY-6: no letter and no number; the parts in the order in which they stood."""
    found = parse(text, names.__contains__)
    assert found.raw == text
    quantity_, name, note = kept(found.quantity), kept(found.name), kept(found.note)
    assert kept(text) in ([*quantity_, *name, *note], [*name, *quantity_, *note])
    for part in (found.name, found.quantity, found.note):
        assert part in text


@unhurried
@given(lines, st.booleans())
def test_a_name_is_not_split_again(text, everything_known):
    """QTY-7"""
    known = (lambda _key: True) if everything_known else nothing
    name = parse(text, known).name
    assert parts(name, known) == (name, "", "")


@unhurried
@given(lines, st.integers(0, 5))
def test_a_name_is_not_split_again_whatever_is_known(text, odd):
    """QTY-7"""

    def known(key):
        return len(key) % 6 == odd

    name = parse(text, known).name
    assert parts(name, known) == (name, "", "")


@unhurried
@given(lines | st.text(max_size=400))
def test_the_parts_fit_and_a_name_is_never_empty(text):
    """QTY-5, QTY-6"""
    found = parse(text, nothing)
    assert len(found.quantity) <= quantity.MAX_QUANTITY_LENGTH
    assert len(found.note) <= quantity.MAX_NOTE_LENGTH
    assert bool(found.name) == bool(text)
    assert bool(found.name.strip()) == bool(text.strip())


@pytest.mark.timeout(10)
@pytest.mark.parametrize("bait", ["1", "1 ", "1/", " ", "x", "½", "-1", ", ", "a ", " x1", "é"])
def test_a_long_line_takes_no_long_time(bait):
    """QTY-8"""
    for text in (bait * 200_000, "2 l " + bait * 200_000, bait * 200_000 + "2x"):
        assert parse(text, nothing).raw == text
