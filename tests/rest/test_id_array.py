"""Any number of ids are one parameter of a statement."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rest.batches import MAX_IDS_PER_QUERY
from rest.compiled_query import CompiledQuery
from rest.id_array import ID_ARRAY, IdArray, ids_in
from shopping_list import queries
from shopping_list.models import ShoppingItem, ShoppingList

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def items(groceries: ShoppingList) -> None:
    groceries.items.bulk_create(
        ShoppingItem(shopping_list=groceries, name=name) for name in ("Milk", "Eggs", "Salt")
    )


MORE_THAN_PARAMETERS = 40_000
"""SQLite takes 32,766 parameters in a statement, some builds 999."""


def test_id_array_finds_the_rows_of_the_ids(groceries: ShoppingList) -> None:
    wanted = list(groceries.items.values_list("pk", flat=True))[:2]
    matching = ShoppingItem.objects.filter(pk__in=IdArray([*wanted, uuid4()]))
    assert set(matching.values_list("pk", flat=True)) == set(wanted)
    assert matching.update(note="organic") == 2
    assert groceries.items.filter(note="organic").count() == 2


def test_id_array_finds_nothing_when_empty(groceries: ShoppingList) -> None:
    assert not groceries.items.filter(pk__in=IdArray([])).exists()


def test_id_array_takes_more_ids_than_a_statement_has_parameters(groceries: ShoppingList) -> None:
    pk = groceries.items.earliest("position").pk
    ids = [*map(UUID, map("{:032x}".format, range(MORE_THAN_PARAMETERS))), pk]
    with CaptureQueriesContext(connection) as statements:
        assert list(queries.stored_items(ids)) == [pk]
    assert len(statements) == 1


def test_compiled_query_takes_an_id_array(groceries: ShoppingList) -> None:
    compiled = CompiledQuery(
        lambda ids: ShoppingItem.objects.filter(pk__in=IdArray(ids)).values_list("pk").order_by(),
        fields=[ID_ARRAY],
        sample_arguments=(([UUID(int=1)],), ([UUID(int=2)],)),
    )
    ids = list(groceries.items.values_list("pk", flat=True))
    assert {pk for (pk,) in compiled(ids)} == set(ids)
    assert compiled([]) == []


def test_few_ids_stay_parameters() -> None:
    few = [UUID(int=number) for number in range(MAX_IDS_PER_QUERY)]
    assert ids_in(few) is few
    assert isinstance(ids_in([*few, uuid4()]), IdArray)
