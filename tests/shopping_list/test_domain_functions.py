"""The pure functions: positions, names, text and verbs, without a database."""

import json
import unicodedata
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rest import text
from shopping_list.parsing import fractional_index, item_names
from shopping_list.recording import diff
from shopping_list.rows import Change, ItemRow, Member, Person, Verb, encode, topic_of
from tests.support.replica import decode

NAMES = json.loads((Path(__file__).parents[1] / "vectors" / "names.json").read_text())
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ANA, BOB = Person(1, "Ana"), Person(2, "Bob")

keys = st.text(alphabet=fractional_index.DIGITS, min_size=1, max_size=12).filter(
    fractional_index.is_key
)
any_text = st.text(st.characters(codec=None, exclude_categories=[]), max_size=200)
utf8_text = st.text(st.characters(codec="utf-8"), max_size=200)


# Positions


@given(keys, keys)
def test_key_between_two_keys_is_between_them(first, second):
    """ROW-4"""
    assume(first != second)
    low, high = sorted((first, second))
    key = fractional_index.between(low, high)
    assert low < key < high
    assert fractional_index.is_key(key)


@given(keys)
def test_keys_exist_before_and_after_every_key(key):
    """ROW-4"""
    before, after = fractional_index.between(None, key), fractional_index.between(key, None)
    assert before < key < after
    assert fractional_index.is_key(before)
    assert fractional_index.is_key(after)


def test_empty_list_has_a_first_position():
    """ROW-4"""
    assert fractional_index.is_key(fractional_index.between(None, None))


@given(keys, keys)
def test_between_raises_value_error_when_keys_are_in_the_wrong_order(first, second):
    """ROW-4"""
    low, high = sorted((first, second))
    with pytest.raises(ValueError, match="no key between"):
        fractional_index.between(high, low)


@pytest.mark.parametrize("backwards", [False, True])
def test_keys_stay_short_after_10000_insertions_at_one_end(backwards):
    """ROW-4"""
    key = None
    for _ in range(10_000):
        next_key = (
            fractional_index.between(None, key)
            if backwards
            else fractional_index.between(key, None)
        )
        assert key is None or (next_key < key) == backwards
        key = next_key
    assert len(key) <= 8


@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_insertions_in_any_order_keep_the_keys_sorted(indexes):
    """ROW-4"""
    order = []
    for index in indexes:
        insert_at = index % (len(order) + 1)
        low = order[insert_at - 1] if insert_at else None
        high = order[insert_at] if insert_at < len(order) else None
        order.insert(insert_at, fractional_index.between(low, high))
    assert order == sorted(order)
    assert len(set(order)) == len(order)


@given(st.integers(0, 3000))
def test_evenly_spaced_keys_are_short_and_sorted(count):
    """ROW-4"""
    spaced_keys = fractional_index.evenly_spaced(count)
    assert len(spaced_keys) == count
    assert spaced_keys == sorted(set(spaced_keys))
    assert all(fractional_index.is_key(key) and len(key) <= 3 for key in spaced_keys)


@given(any_text)
def test_nearest_valid_key_of_any_text_is_a_key_or_empty(value):
    """ROW-2"""
    valid_key = fractional_index.to_valid_key(value)
    assert valid_key == "" or fractional_index.is_key(valid_key)
    if fractional_index.is_key(value):
        assert valid_key == value


# Names


@given(utf8_text)
@example("\u0345\u0301")
@example("\ufdfa" * 200)
@example("ǰ" * 200)
def test_comparison_key_is_idempotent(name):
    """ROW-5"""
    key = item_names.comparison_key(name)
    assert item_names.comparison_key(key) == key
    assert len(key) <= item_names.MAX_KEY_LENGTH


@given(utf8_text)
def test_comparison_key_ignores_case(name):
    """ROW-5"""
    assert item_names.comparison_key(name.casefold()) == item_names.comparison_key(name)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@given(name=utf8_text)
def test_comparison_key_ignores_the_unicode_normal_form(form, name):
    """ROW-5"""
    assume(len(item_names.comparison_key(name)) < item_names.MAX_KEY_LENGTH)
    assert item_names.comparison_key(
        unicodedata.normalize(form, name)
    ) == item_names.comparison_key(name)


@given(st.lists(st.text("abcäß", min_size=1), min_size=1), st.text(" \t\u3000\u00a0", min_size=1))
def test_comparison_key_ignores_surrounding_and_repeated_white_space(words, gap):
    """ROW-5"""
    spaced = gap + gap.join(words) + gap
    assert item_names.comparison_key(spaced) == item_names.comparison_key(" ".join(words))


@pytest.mark.parametrize(
    ("first", "second"),
    [("Milk", "mILK "), ("Straße", "STRASSE"), ("Öl", "O\u0308l"), ("\uff2dilk", "milk")],
)
def test_spellings_of_one_name_have_the_same_comparison_key(first, second):
    """ROW-5"""
    assert item_names.comparison_key(first) == item_names.comparison_key(second)


@pytest.mark.parametrize(("first", "second"), [("Milk", "Milch"), ("a b", "ab"), ("Ol", "Öl")])
def test_different_names_have_different_comparison_keys(first, second):
    """ROW-5"""
    assert item_names.comparison_key(first) != item_names.comparison_key(second)


@pytest.mark.slow
@pytest.mark.parametrize("vector", NAMES, ids=lambda vector: ascii(vector["name"]))
def test_comparison_key_is_that_of_the_vectors(vector):
    """ROW-5, case P2: the browser's key is compared with the same vectors."""
    assert item_names.comparison_key(vector["name"]) == vector["key"]


def test_twin_key_is_the_key_of_no_name():
    """ROW-7"""
    key = "m" * item_names.MAX_KEY_LENGTH
    twin = item_names.twin_key(key, uuid.UUID(int=1))
    assert len(twin) == item_names.MAX_KEY_LENGTH
    assert item_names.comparison_key(twin) != twin
    assert twin != item_names.twin_key(key, uuid.UUID(int=2))


def test_sort_key_puts_accents_after_their_letter():
    """API-38, case O3"""
    names = ["Zucker", "apfel", "Äpfel", "Birne", "Œuf", "éclair", "Eclair", "z", "z a", "Ål", "al"]
    assert sorted(names, key=item_names.sort_key) == [
        *("al", "Ål", "apfel", "Äpfel", "Birne", "Eclair", "éclair", "z", "z a", "Zucker", "Œuf")
    ]


def test_comparison_key_is_idempotent_for_every_character():
    """ROW-5"""
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            key = item_names.comparison_key(chr(code))
            # Most characters are their own key: then there is nothing more to compare.
            assert key == chr(code) or item_names.comparison_key(key) == key, hex(code)


# Text


@given(any_text)
def test_text_is_normalised_or_rejected(value):
    """ROW-6, SEC-16"""
    is_forbidden = any(
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        or character in text.BIDIRECTIONAL
        for character in value
    )
    try:
        stored = text.clean_text(value)
    except text.InvalidTextError:
        assert is_forbidden
    else:
        assert not is_forbidden
        normalised = unicodedata.normalize("NFC", value).strip()
        assert stored == (normalised if text.is_visible(normalised) else "")
        assert text.clean_text(stored) == stored


@pytest.mark.parametrize("character", ["\0", "\n", "\x7f", "\x85", "\ud800", "\u202e", "\u2066"])
def test_forbidden_character_is_rejected_at_every_place(character):
    """ROW-6"""
    for value in (character, f"a{character}", f"{character}a", f"a{character}b"):
        with pytest.raises(text.InvalidTextError):
            text.clean_text(value)


@pytest.mark.parametrize(
    "value", ["Öl", "牛奶", "حليب", "👩‍👩‍👧", "½ l", "e\u0301", "\u200f\u05e9\u05de"]
)
def test_text_of_every_script_is_accepted(value):
    """ROW-6"""
    assert text.clean_text(f" {value} ") == unicodedata.normalize("NFC", value)


# Verbs and bookkeeping fields


def row(**fields):
    defaults = {
        "id": uuid.UUID(int=1),
        "name": "Milk",
        "quantity": "",
        "note": "",
        "category": "",
        "purchased": False,
        "purchased_at": None,
        "purchased_by": None,
        "position": "V",
        "version": 1,
        "created_at": NOW,
        "created_by": ANA,
        "updated_at": NOW,
    }
    return ItemRow(**{**defaults, **fields})


BOUGHT = {"purchased": True, "purchased_at": NOW, "purchased_by": BOB}


@pytest.mark.parametrize(
    ("pairs", "verb"),
    [
        ([(None, row())], "item.added"),
        ([(row(), None)], "item.removed"),
        ([(row(), row(**BOUGHT))], "item.ticked"),
        ([(row(**BOUGHT), row())], "item.unticked"),
        ([(row(), row(name="Beer"))], "item.edited"),
        ([(row(), row(position="Z"))], "item.moved"),
        ([(row(), row(position="Z", note="x"))], "item.edited"),
        ([(row(), row(name="Beer", **BOUGHT))], "item.edited"),
        ([(None, row())] * 2, "items.added"),
        ([(row(), None)] * 2, "items.removed"),
        ([(row(), row(**BOUGHT))] * 2, "items.ticked"),
        ([(row(**BOUGHT), row())] * 2, "items.unticked"),
        ([(row(), row(position="Z"))] * 2, "items.moved"),
        ([(None, row()), (row(), None)], "items.edited"),
    ],
)
def test_items_verb_describes_the_change(pairs, verb):
    """REC-24"""
    assert diff.items_verb(pairs) == verb


def member(user=ANA, role="editor"):
    return Member(user.id, user.name, role)


@pytest.mark.parametrize(
    ("pairs", "verb"),
    [
        ([(None, member())], "member.joined"),
        ([(member(), None)], "member.left"),
        ([(member(BOB), None)], "member.removed"),
        ([(member(), member(role="owner"))], "member.role"),
        ([(member(), member(role="owner")), (member(BOB), None)], "member.removed"),
    ],
)
def test_member_verb_describes_the_change(pairs, verb):
    """REC-24"""
    assert diff.member_verb(pairs, ANA) == verb


@pytest.mark.parametrize(
    ("before", "after", "verb"),
    [
        (None, {}, "list.created"),
        ({}, None, "list.deleted"),
        ({}, {"deleted": True}, "list.deleted"),
        ({"deleted": True}, {}, "list.restored"),
        ({}, {"name": "b"}, "list.renamed"),
        ({}, {"created_by": 2}, "list.edited"),
        ({}, {"name": "b", "created_by": 2}, "list.edited"),
        ({}, {}, None),
    ],
)
def test_list_verb_describes_the_change(before, after, verb):
    """REC-24"""
    defaults = {"name": "a", "deleted": False, "created_by": 1}
    states = [None if state is None else {**defaults, **state} for state in (before, after)]
    assert diff.list_verb(*states) == verb


def test_bookkeeping_fields_alone_are_no_difference():
    """REC-6"""
    assert not diff.differs(row(), row(version=9, updated_at=NOW + timedelta(1)))
    assert not diff.differs(None, None)
    assert diff.differs(row(), row(note="x"))


def with_bookkeeping(before, after):
    return diff.with_bookkeeping(before, after, at=NOW, actor=ANA, version=7)


def test_tick_sets_time_and_user_unless_a_time_is_given():
    """ROW-1"""
    ticked = with_bookkeeping(row(), row(purchased=True))
    assert (ticked.purchased_at, ticked.purchased_by) == (NOW, ANA)
    past = NOW - timedelta(days=1)
    dated = with_bookkeeping(row(), row(purchased=True, purchased_at=past, purchased_by=BOB))
    assert (dated.purchased_at, dated.purchased_by) == (past, BOB)
    edited = with_bookkeeping(row(**BOUGHT), row(note="x", **BOUGHT))
    assert edited.purchased_by == BOB
    assert (
        with_bookkeeping(row(**BOUGHT), row(purchased_at=NOW, purchased_by=BOB)).purchased_by
        is None
    )
    assert ticked.version == 7


@given(st.sampled_from(get_args(Verb)), st.integers(0), st.one_of(st.none(), st.uuids()), utf8_text)
def test_decoded_frame_equals_the_encoded_change(verb, version, operation_id, name):
    """REC-16"""
    change = Change(
        topic=topic_of(uuid.UUID(int=3)),
        epoch="abcdefgh",
        version=version,
        base="5f1b3c07e4d2a986",
        digest="0c44d1f7a9e35b28",
        at=NOW,
        actor=ANA,
        op=None if operation_id is None else str(operation_id),
        verb=verb,
        items=(row(name=name),),
        gone=(uuid.UUID(int=2),),
        undoes=1 if verb == "undo" else msgspec.UNSET,
    )
    frame = encode(change)
    assert decode(frame) == change
    assert b"\n" not in frame
    assert (b'"list"' in frame.split(b'"items"')[0], b'"undoes"' in frame.rpartition(b"}")[0]) == (
        False,
        verb == "undo" or b'"undoes"' in name.encode(),
    )
