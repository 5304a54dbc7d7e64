"""The modules that decide without a database: positions, names, text, verbs."""

import unicodedata
import uuid
from datetime import UTC, datetime, timedelta
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

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ANA, BOB = Person(1, "Ana"), Person(2, "Bob")

keys = st.text(alphabet=fractional_index.DIGITS, min_size=1, max_size=12).filter(
    fractional_index.is_key
)
anything = st.text(st.characters(codec=None, exclude_categories=[]), max_size=200)
wild = st.text(st.characters(codec="utf-8"), max_size=200)


# positions


@given(keys, keys)
def test_between_two_keys_there_is_another(one, other):
    """ROW-4"""
    assume(one != other)
    low, high = sorted((one, other))
    key = fractional_index.between(low, high)
    assert low < key < high
    assert fractional_index.is_key(key)


@given(keys)
def test_before_and_after_every_key_there_is_another(key):
    """ROW-4"""
    before, after = fractional_index.between(None, key), fractional_index.between(key, None)
    assert before < key < after
    assert fractional_index.is_key(before)
    assert fractional_index.is_key(after)


def test_an_empty_list_has_a_first_position():
    """ROW-4"""
    assert fractional_index.is_key(fractional_index.between(None, None))


@given(keys, keys)
def test_there_is_nothing_between_keys_in_the_wrong_order(one, other):
    """ROW-4"""
    low, high = sorted((one, other))
    with pytest.raises(ValueError, match="no key between"):
        fractional_index.between(high, low)


@pytest.mark.parametrize("backwards", [False, True])
def test_thousands_at_one_end_stay_short(backwards):
    """ROW-4"""
    key = None
    for _ in range(10_000):
        following = (
            fractional_index.between(None, key)
            if backwards
            else fractional_index.between(key, None)
        )
        assert key is None or (following < key) == backwards
        key = following
    assert len(key) <= 8


@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_any_run_of_insertions_keeps_the_order(places):
    """ROW-4"""
    order = []
    for place in places:
        at = place % (len(order) + 1)
        low = order[at - 1] if at else None
        high = order[at] if at < len(order) else None
        order.insert(at, fractional_index.between(low, high))
    assert order == sorted(order)
    assert len(set(order)) == len(order)


@given(st.integers(0, 3000))
def test_spread_keys_are_short_and_in_order(count):
    """ROW-4"""
    spread = fractional_index.evenly_spaced(count)
    assert len(spread) == count
    assert spread == sorted(set(spread))
    assert all(fractional_index.is_key(key) and len(key) <= 3 for key in spread)


@given(anything)
def test_the_nearest_key_of_any_text_is_a_key_or_nothing(value):
    """ROW-2"""
    nearest = fractional_index.to_valid_key(value)
    assert nearest == "" or fractional_index.is_key(nearest)
    if fractional_index.is_key(value):
        assert nearest == value


# names


@given(wild)
@example("\u0345\u0301")
@example("\ufdfa" * 200)
@example("ǰ" * 200)
def test_a_key_compares_by_itself(name):
    """ROW-5"""
    key = item_names.comparison_key(name)
    assert item_names.comparison_key(key) == key
    assert len(key) <= item_names.MAX_KEY_LENGTH


@given(wild)
def test_case_does_not_tell_names_apart(name):
    """ROW-5"""
    assert item_names.comparison_key(name.casefold()) == item_names.comparison_key(name)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@given(name=wild)
def test_the_way_of_composing_characters_does_not_tell_names_apart(form, name):
    """ROW-5"""
    assume(len(item_names.comparison_key(name)) < item_names.MAX_KEY_LENGTH)
    assert item_names.comparison_key(
        unicodedata.normalize(form, name)
    ) == item_names.comparison_key(name)


@given(st.lists(st.text("abcäß", min_size=1), min_size=1), st.text(" \t\u3000\u00a0", min_size=1))
def test_white_space_does_not_tell_names_apart(words, gap):
    """ROW-5"""
    spaced = gap + gap.join(words) + gap
    assert item_names.comparison_key(spaced) == item_names.comparison_key(" ".join(words))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Milk", "mILK "), ("Straße", "STRASSE"), ("Öl", "O\u0308l"), ("\uff2dilk", "milk")],
)
def test_names_that_a_person_takes_for_one_are_one(one, other):
    """ROW-5"""
    assert item_names.comparison_key(one) == item_names.comparison_key(other)


@pytest.mark.parametrize(("one", "other"), [("Milk", "Milch"), ("a b", "ab"), ("Ol", "Öl")])
def test_names_that_a_person_tells_apart_are_two(one, other):
    """ROW-5"""
    assert item_names.comparison_key(one) != item_names.comparison_key(other)


@pytest.mark.slow
def test_every_single_character_compares_by_itself():
    """ROW-5"""
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            key = item_names.comparison_key(chr(code))
            # Most characters are their own key: then there is nothing more to compare.
            assert key == chr(code) or item_names.comparison_key(key) == key, hex(code)


# text


@given(anything)
def test_text_is_stored_normalised_or_refused(value):
    """ROW-6, SEC-16"""
    bad = any(
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        or character in text.BIDIRECTIONAL
        for character in value
    )
    try:
        stored = text.clean_text(value)
    except text.InvalidTextError:
        assert bad
    else:
        assert not bad
        assert stored == unicodedata.normalize("NFC", value).strip()
        assert text.clean_text(stored) == stored


@pytest.mark.parametrize("character", ["\0", "\n", "\x7f", "\x85", "\ud800", "\u202e", "\u2066"])
def test_each_kind_of_refused_character_is_refused_wherever_it_is(character):
    """ROW-6"""
    for value in (character, f"a{character}", f"{character}a", f"a{character}b"):
        with pytest.raises(text.InvalidTextError):
            text.clean_text(value)


@pytest.mark.parametrize(
    "value", ["Öl", "牛奶", "حليب", "👩‍👩‍👧", "½ l", "e\u0301", "\u200f\u05e9\u05de"]
)
def test_text_of_every_script_is_kept(value):
    """ROW-6"""
    assert text.clean_text(f" {value} ") == unicodedata.normalize("NFC", value)


# verbs and stamps


def row(**fields):
    plain = {
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
    return ItemRow(**{**plain, **fields})


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
def test_a_change_of_items_is_called_by_what_happened(pairs, verb):
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
def test_a_change_of_members_is_called_by_what_happened(pairs, verb):
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
def test_a_change_of_a_list_is_called_by_what_happened(before, after, verb):
    """REC-24"""
    plain = {"name": "a", "deleted": False, "created_by": 1}
    states = [None if state is None else {**plain, **state} for state in (before, after)]
    assert diff.list_verb(*states) == verb


def test_stamps_alone_are_no_difference():
    """REC-6"""
    assert not diff.differs(row(), row(version=9, updated_at=NOW + timedelta(1)))
    assert not diff.differs(None, None)
    assert diff.differs(row(), row(note="x"))


def stamped(before, after):
    return diff.with_bookkeeping(before, after, at=NOW, actor=ANA, version=7)


def test_a_tick_takes_the_moment_and_the_person_unless_a_moment_is_given():
    """ROW-1"""
    fresh = stamped(row(), row(purchased=True))
    assert (fresh.purchased_at, fresh.purchased_by) == (NOW, ANA)
    past = NOW - timedelta(days=1)
    given_ = stamped(row(), row(purchased=True, purchased_at=past, purchased_by=BOB))
    assert (given_.purchased_at, given_.purchased_by) == (past, BOB)
    still = stamped(row(**BOUGHT), row(note="x", **BOUGHT))
    assert still.purchased_by == BOB
    assert stamped(row(**BOUGHT), row(purchased_at=NOW, purchased_by=BOB)).purchased_by is None
    assert fresh.version == 7


@given(st.sampled_from(get_args(Verb)), st.integers(0), st.one_of(st.none(), st.uuids()), wild)
def test_a_frame_is_decoded_to_the_change_that_it_was(verb, version, op, name):
    """REC-16"""
    change = Change(
        topic=topic_of(uuid.UUID(int=3)),
        epoch="abcdefgh",
        version=version,
        at=NOW,
        actor=ANA,
        op=None if op is None else str(op),
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
