"""The effect of an import on a list: the same as adding line by line, in one change."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopping_list.import_export.importer import import_lines
from shopping_list.import_export.parsed_lines import Line, ParsedItem
from shopping_list.models import Activity, ShoppingItem, ShoppingList
from shopping_list.recording import actor
from shopping_list.recording.context import recording
from shopping_list.services import items as item_service
from tests.support.change_recorder import recorded_changes

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LAST_WEEK = datetime.now(UTC) - timedelta(days=7)
COLUMNS = ("name", "quantity", "note", "category", "purchased")


def numbered_lines(parsed_items):
    return [Line(number, parsed_item) for number, parsed_item in enumerate(parsed_items, 1)]


def import_items(shopping_list, parsed_items, member_ids=()):
    with recording(shopping_list.pk) as unit:
        return import_lines(unit, shopping_list.pk, numbered_lines(parsed_items), dict(member_ids))


def columns_of(shopping_list, *columns):
    return list(shopping_list.items.order_by("position", "id").values_list(*(columns or COLUMNS)))


def outcomes(plan):
    return [line.outcome for line in plan.lines]


# Same result as adding

names = st.sampled_from(["Milk", "milk ", "MILK", "Bread", "bread", "Salt", "Oat  milk"])
words = st.sampled_from(["", "", "2 l", "1"])
to_buy = st.builds(
    ParsedItem, name=names.map(str.strip), quantity=words, note=words, category=words
)
bought = st.sampled_from(["Tea", "Oil"]).map(lambda name: ParsedItem(name=name, purchased=True))
before = st.lists(st.tuples(names, words, st.booleans()), max_size=6)


def create_list(rows):
    shopping_list = ShoppingList.objects.create(name="x")
    open_names = set()
    for number, (name, quantity, bought) in enumerate(rows):
        if bought or name.strip().casefold() not in open_names:
            open_names |= set() if bought else {name.strip().casefold()}
            purchased_at = LAST_WEEK + timedelta(hours=number) if bought else None
            shopping_list.items.create(
                name=name, quantity=quantity, purchased=bought, purchased_at=purchased_at
            )
    return shopping_list


@pytest.mark.sqlite_only
@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before, st.lists(to_buy | bought, max_size=8))
def test_import_has_the_same_result_as_adding_line_by_line(ana, rows, parsed_items):
    """TRF-7"""
    imported_list, edited_list = create_list(rows), create_list(rows)
    with actor.acting_as(ana), recorded_changes(imported_list):
        plan = import_items(imported_list, parsed_items)
    with actor.acting_as(ana), recording(edited_list.pk) as unit:
        expected_outcomes = [
            item_service.add(
                unit, edited_list.pk, {name: getattr(parsed_item, name) for name in COLUMNS}
            ).outcome
            for parsed_item in parsed_items
        ]
    assert columns_of(imported_list) == columns_of(edited_list)
    assert [
        outcome.replace("unchanged", "merged") for outcome in outcomes(plan)
    ] == expected_outcomes


def test_merge_outcome_tells_whether_the_item_changed(groceries):
    """TRF-7"""
    groceries.items.create(name="Milk")
    parsed_items = [
        ParsedItem(name="milk", quantity="2 l"),
        ParsedItem(name="MILK", quantity="3 l"),
    ]
    plan = import_items(groceries, [*parsed_items, ParsedItem(name="Milk", quantity="2 l")])
    assert outcomes(plan) == ["merged", "merged", "unchanged"]
    assert groceries.items.get().quantity == "2 l + 3 l"


@pytest.mark.parametrize(
    "parsed_items",
    [
        [ParsedItem(name="Cheese", note=note) for note in ("cheddar", "brie", "feta")],
        [ParsedItem(name="apples", quantity=quantity) for quantity in ("2", "3")],
        [ParsedItem(name="Ham", note="raw"), ParsedItem(name="HAM", note="cooked", quantity="1")],
        [ParsedItem(name="Tea"), ParsedItem(name="Tea", category="Drinks", note="green")],
        [ParsedItem(name="Oil", purchased=True, note=note) for note in ("olive", "corn")],
    ],
)
def test_no_text_of_lines_with_the_same_name_is_lost(groceries, parsed_items):
    """TRF-16, case W1"""
    import_items(groceries, parsed_items)
    texts = " ".join(" ".join(row[:4]) for row in columns_of(groceries)).split()
    for parsed_item in parsed_items:
        for text in (parsed_item.quantity, parsed_item.note, parsed_item.category):
            assert set(text.split()) <= {word.strip(";") for word in texts}
    before = columns_of(groceries)
    assert set(outcomes(import_items(groceries, parsed_items))) == {"unchanged"}
    assert columns_of(groceries) == before


def test_every_planned_line_has_the_item_as_it_is_after_it(groceries):
    """TRF-17, case W1"""
    plan = import_items(
        groceries, [ParsedItem(name="Cheese", note=note) for note in ("cheddar", "brie")]
    )
    assert [line.values["note"] for line in plan.lines] == ["cheddar", "cheddar; brie"]


def test_line_that_cannot_be_merged_is_a_conflict_and_the_others_are_imported(groceries):
    """TRF-16, case W1"""
    groceries.items.create(name="Ham", note="x" * 1000, quantity="1")
    parsed_items = [ParsedItem(name="ham", note="raw", quantity="2"), ParsedItem(name="Tea")]
    plan = import_items(groceries, parsed_items)
    assert outcomes(plan) == ["conflict", "added"]
    assert plan.lines[0].not_taken == {"quantity": "2", "note": "raw"}
    assert plan.lines[0].reason == "The note would be longer than 1,000 characters."
    assert columns_of(groceries, "name", "quantity") == [("Ham", "1"), ("Tea", "")]


# Purchases


def test_importing_the_same_purchases_again_changes_nothing(groceries):
    """TRF-8: importing the same file twice leaves the list as it was."""
    parsed_items = [ParsedItem(name="Milk", purchased=True)] * 2 + [ParsedItem(name="Milk")]
    assert outcomes(import_items(groceries, parsed_items)) == ["added"] * 3
    with recorded_changes(groceries) as recorded:
        assert outcomes(import_items(groceries, parsed_items)) == ["unchanged"] * 3
    assert recorded.all == []
    assert Counter(groceries.items.values_list("purchased", flat=True)) == {True: 2, False: 1}


def test_purchases_of_an_import_are_not_reopened_by_its_other_lines(groceries):
    """TRF-8"""
    parsed_items = [ParsedItem(name="Milk", purchased=True), ParsedItem(name="Milk")]
    assert outcomes(import_items(groceries, parsed_items)) == ["added", "added"]


def test_purchase_is_imported_with_its_time_and_user(groceries, ana, bob):
    """TRF-9"""
    parsed_items = ParsedItem(
        name="Milk",
        purchased=True,
        purchased_at=LAST_WEEK,
        purchased_by="Bob",
        created_at=LAST_WEEK,
        created_by="Bob",
    )
    with actor.acting_as(ana), recorded_changes(groceries):
        import_items(groceries, [parsed_items], {"Ana": ana.pk, "Bob": bob.pk})
    item = groceries.items.get()
    assert (item.purchased_at, item.purchased_by, item.created_at) == (
        LAST_WEEK,
        bob,
        LAST_WEEK,
    )
    assert item.created_by == bob


def test_unknown_user_names_are_not_imported(groceries, ana):
    """TRF-9"""
    parsed_items = [
        ParsedItem(name="Milk", created_by="Zoe", purchased=True, purchased_at=LAST_WEEK),
        ParsedItem(name="Tea", created_by="Zoe", purchased=True, purchased_by="Zoe"),
    ]
    with actor.acting_as(ana), recorded_changes(groceries):
        import_items(groceries, parsed_items, {"Ana": ana.pk})
    milk, tea = groceries.items.order_by("position")
    assert (milk.created_by, milk.purchased_by) == (ana, None)
    assert (tea.created_by, tea.purchased_by) == (ana, ana)


def test_timestamps_in_the_future_are_not_imported(groceries):
    """TRF-9"""
    future = datetime.now(UTC) + timedelta(days=7)
    parsed_items = ParsedItem(name="Milk", purchased=True, purchased_at=future, created_at=future)
    import_items(groceries, [parsed_items])
    item = groceries.items.get()
    assert max(item.created_at, item.purchased_at) <= datetime.now(UTC)


# Cost


@pytest.mark.slow
@pytest.mark.parametrize("outcome", ["added", "put_back", "merged"])
def test_import_of_5000_lines_is_one_change_and_few_queries(groceries, outcome):
    """TRF-10"""
    count = 5000
    if outcome != "added":
        purchased = outcome == "put_back"
        ShoppingItem.objects.bulk_create(
            ShoppingItem(shopping_list=groceries, name=f"item {n}", purchased=purchased)
            for n in range(count)
        )
    changes = Activity.objects.count()
    parsed_items = [ParsedItem(name=f"item {n}", quantity=str(n)) for n in range(count)]
    with CaptureQueriesContext(connection) as captured:
        plan = import_items(groceries, parsed_items)
    assert outcomes(plan) == [outcome] * count
    assert len(captured) < count / 20
    assert Activity.objects.count() == changes + 1
    assert groceries.items.filter(purchased=False, quantity="17").count() == 1
