"""The number of queries of a save or delete."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shopping_list.models import ShoppingItem
from shopping_list.recording import actor

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def queries_of(write):
    with CaptureQueriesContext(connection) as captured:
        write()
    statements = [query["sql"] for query in captured.captured_queries]
    return [
        sql for sql in statements if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]


def expected(queries, together=1):
    """Return the round trips of these queries, of which PostgreSQL runs some with another.

    That is always list and log, and in a save also write and after.
    """
    return queries - together if connection.vendor == "postgresql" else queries


def test_save_costs_six_queries_and_creation_eight(groceries, milk, ana):
    """REC-15: lock, before, write, after, list, log; a new item reads position and count."""
    milk.note = "new"
    with actor.acting_as(ana):
        assert len(queries_of(milk.save)) == expected(6, together=2)
        milk.purchased, milk.name = True, "Oat milk"
        saved = queries_of(lambda: milk.save(update_fields=["purchased", "name"]))
        assert len(saved) == expected(6, together=2)
        assert len(queries_of(lambda: groceries.items.create(name="Bread"))) == expected(8)
        assert len(queries_of(milk.delete)) == expected(6)


def test_operation_id_costs_no_additional_query(groceries, milk, ana):
    """REC-15"""
    milk.note = "new"
    with actor.acting_as(ana, uuid.uuid4()):
        assert len(queries_of(milk.save)) == expected(6, together=2)


def test_query_count_does_not_depend_on_the_number_of_rows(groceries):
    """REC-15"""
    few_rows = [ShoppingItem(shopping_list=groceries, name=f"few {n}") for n in range(2)]
    many_rows = [ShoppingItem(shopping_list=groceries, name=f"many {n}") for n in range(60)]
    assert len(queries_of(lambda: ShoppingItem.objects.bulk_create(few_rows))) == len(
        queries_of(lambda: ShoppingItem.objects.bulk_create(many_rows))
    )
    few_items, all_items = groceries.items.filter(name__startswith="few"), groceries.items.all()
    assert len(queries_of(lambda: few_items.update(note="x"))) == len(
        queries_of(lambda: all_items.update(note="y"))
    )


def test_query_count_of_deleting_a_list_does_not_depend_on_its_items(groceries, hardware):
    """REC-15"""
    names = [f"thing {n}" for n in range(60)]
    ShoppingItem.objects.bulk_create(
        [ShoppingItem(shopping_list=groceries, name=name) for name in names]
    )
    hardware.items.create(name="Nails")
    assert len(queries_of(groceries.delete)) == len(queries_of(hardware.delete))
