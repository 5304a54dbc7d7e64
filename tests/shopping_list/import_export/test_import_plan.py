"""What an import does to a list: as adding does it line by line, but at once."""

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
from shopping_list.recording.unit_of_work import recording
from shopping_list.services import items as item_service
from tests.support.change_recorder import recorded_changes

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LAST_WEEK = datetime.now(UTC) - timedelta(days=7)
COLUMNS = ("name", "quantity", "note", "category", "purchased")


def numbered(wanted):
    return [Line(number, one) for number, one in enumerate(wanted, 1)]


def imported(one, wanted, people=()):
    with recording(one.pk) as unit:
        return import_lines(unit, one.pk, numbered(wanted), dict(people))


def shown(one, *columns):
    return list(one.items.order_by("position", "id").values_list(*(columns or COLUMNS)))


def outcomes(plan):
    return [step.outcome for step in plan.steps]


# the same as adding

names = st.sampled_from(["Milk", "milk ", "MILK", "Bread", "bread", "Salt", "Oat  milk"])
words = st.sampled_from(["", "", "2 l", "1"])
to_buy = st.builds(
    ParsedItem, name=names.map(str.strip), quantity=words, note=words, category=words
)
bought = st.sampled_from(["Tea", "Oil"]).map(lambda name: ParsedItem(name=name, purchased=True))
before = st.lists(st.tuples(names, words, st.booleans()), max_size=6)


def a_list_with(rows):
    one = ShoppingList.objects.create(name="x")
    taken = set()
    for number, (name, quantity, bought) in enumerate(rows):
        if bought or name.strip().casefold() not in taken:
            taken |= set() if bought else {name.strip().casefold()}
            at = LAST_WEEK + timedelta(hours=number) if bought else None
            one.items.create(name=name, quantity=quantity, purchased=bought, purchased_at=at)
    return one


@pytest.mark.sqlite_only
@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before, st.lists(to_buy | bought, max_size=8))
def test_it_is_what_adding_line_by_line_would_be(ana, rows, wanted):
    """TRF-7"""
    at_once, singly = a_list_with(rows), a_list_with(rows)
    with actor.acting_as(ana), recorded_changes(at_once):
        plan = imported(at_once, wanted)
    with actor.acting_as(ana), recording(singly.pk) as unit:
        done = [
            item_service.add(unit, singly.pk, {name: getattr(one, name) for name in COLUMNS})[1]
            for one in wanted
        ]
    assert shown(at_once) == shown(singly)
    assert [outcome.replace("unchanged", "merged") for outcome in outcomes(plan)] == done


def test_merging_tells_whether_it_changed_anything(groceries):
    """TRF-7"""
    groceries.items.create(name="Milk")
    wanted = [ParsedItem(name="milk", quantity="2 l"), ParsedItem(name="MILK", quantity="3 l")]
    assert outcomes(imported(groceries, wanted)) == ["merged", "unchanged"]
    assert groceries.items.get().quantity == "2 l"


# what was bought


def test_a_purchase_that_the_list_has_is_not_made_again(groceries):
    """TRF-8: the same file twice is the same list."""
    wanted = [ParsedItem(name="Milk", purchased=True)] * 2 + [ParsedItem(name="Milk")]
    assert outcomes(imported(groceries, wanted)) == ["added"] * 3
    with recorded_changes(groceries) as seen:
        assert outcomes(imported(groceries, wanted)) == ["unchanged"] * 3
    assert seen.all == []
    assert Counter(groceries.items.values_list("purchased", flat=True)) == {True: 2, False: 1}


def test_what_an_import_brings_as_bought_it_does_not_put_back(groceries):
    """TRF-8"""
    wanted = [ParsedItem(name="Milk", purchased=True), ParsedItem(name="Milk")]
    assert outcomes(imported(groceries, wanted)) == ["added", "added"]


def test_a_purchase_comes_with_its_time_and_person(groceries, ana, bob):
    """TRF-9"""
    wanted = ParsedItem(
        name="Milk",
        purchased=True,
        purchased_at=LAST_WEEK,
        purchased_by="Bob",
        created_at=LAST_WEEK,
        created_by="Bob",
    )
    with actor.acting_as(ana), recorded_changes(groceries):
        imported(groceries, [wanted], {"Ana": ana.pk, "Bob": bob.pk})
    found = groceries.items.get()
    assert (found.purchased_at, found.purchased_by, found.created_at) == (
        LAST_WEEK,
        bob,
        LAST_WEEK,
    )
    assert found.created_by == bob


def test_who_is_not_known_here_added_and_bought_nothing(groceries, ana):
    """TRF-9"""
    wanted = [
        ParsedItem(name="Milk", created_by="Zoe", purchased=True, purchased_at=LAST_WEEK),
        ParsedItem(name="Tea", created_by="Zoe", purchased=True, purchased_by="Zoe"),
    ]
    with actor.acting_as(ana), recorded_changes(groceries):
        imported(groceries, wanted, {"Ana": ana.pk})
    milk, tea = groceries.items.order_by("position")
    assert (milk.created_by, milk.purchased_by) == (ana, None)
    assert (tea.created_by, tea.purchased_by) == (ana, ana)


def test_nothing_comes_from_the_future(groceries):
    """TRF-9"""
    later = datetime.now(UTC) + timedelta(days=7)
    wanted = ParsedItem(name="Milk", purchased=True, purchased_at=later, created_at=later)
    imported(groceries, [wanted])
    found = groceries.items.get()
    assert max(found.created_at, found.purchased_at) <= datetime.now(UTC)


# cost


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["added", "put_back", "merged"])
def test_five_thousand_lines_are_one_change_and_few_queries(groceries, kind):
    """TRF-10"""
    count = 5000
    if kind != "added":
        bought = kind == "put_back"
        ShoppingItem.objects.bulk_create(
            ShoppingItem(shopping_list=groceries, name=f"item {n}", purchased=bought)
            for n in range(count)
        )
    changes = Activity.objects.count()
    wanted = [ParsedItem(name=f"item {n}", quantity=str(n)) for n in range(count)]
    with CaptureQueriesContext(connection) as captured:
        plan = imported(groceries, wanted)
    assert outcomes(plan) == [kind] * count
    assert len(captured) < count / 20
    assert Activity.objects.count() == changes + 1
    assert groceries.items.filter(purchased=False, quantity="17").count() == 1
