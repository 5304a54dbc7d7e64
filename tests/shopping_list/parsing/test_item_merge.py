"""What adding an item changes in the item of its name. The browser's port has the same vectors."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopping_list.models import ShoppingItem
from shopping_list.parsing import item_merge
from shopping_list.parsing.item_merge import DETAILS, TooLongToMergeError, merge, put_back

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "item_merge.json").read_text())
EMPTY = dict.fromkeys(DETAILS, "")


def details(fields):
    """Return all details, and the shops; a long text is described by what it repeats."""
    texts = {
        field: text
        if isinstance(text, str | list)
        else text["repeat"] * text["times"] + text.get("then", "")
        for field, text in fields.items()
    }
    return {**EMPTY, **texts}


def parts(field, text):
    return item_merge._parts(field, text).keys()


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["claim"])
def test_added_details_are_merged(case):
    """API-41, cases W1 and W2"""
    merging = put_back if case.get("bought") else merge
    current, new = details(case["current"]), details(case["new"])
    if "too_long" in case:
        with pytest.raises(TooLongToMergeError) as exc_info:
            merging(current, new)
        assert exc_info.value.field == case["too_long"]
    else:
        changes = {field: details(case["changes"])[field] for field in case["changes"]}
        assert merging(current, new) == (changes, case.get("not_taken", {}))


def test_limits_match_the_item_columns():
    """API-41"""
    fields = {field.name: field.max_length for field in ShoppingItem._meta.concrete_fields}
    assert {field: fields[field] for field in item_merge._MAX_LENGTHS} == item_merge._MAX_LENGTHS


texts = st.lists(
    st.sampled_from(["2", "3", "2 l", "raw", "Raw", ";", "+", "; ", " + ", "a;b", "é"]) | st.text(),
    max_size=4,
).map(lambda words: " ".join("".join(words).split()))
any_details = st.fixed_dictionaries(dict.fromkeys(DETAILS, texts))


@given(any_details, any_details)
def test_no_part_of_a_merged_text_is_lost(current, new):
    """API-41"""
    try:
        changes, not_taken = merge(current, new)
    except TooLongToMergeError:
        return
    merged = {**current, **changes}
    assert merged["category"] in (current["category"], new["category"])
    for field in ("quantity", "note"):
        assert merged[field].startswith(current[field])
        for text in (current[field], new[field]):
            assert parts(field, text) <= parts(field, merged[field])
    if new["category"] not in ("", merged["category"]):
        assert not_taken == {"category": new["category"]}


@given(any_details, any_details)
def test_merging_again_changes_nothing(current, new):
    """API-41"""
    try:
        merged = {**current, **merge(current, new).changes}
    except TooLongToMergeError:
        return
    assert merge(merged, new).changes == {}
