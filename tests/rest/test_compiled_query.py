"""A compiled query returns the same rows as its queryset."""

from __future__ import annotations

from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import BooleanField, IntegerField, UUIDField
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from rest.compiled_query import CompiledQuery, columns_of, to_instance
from shopping_list import queries
from shopping_list.models import Membership, ShoppingItem, ShoppingList

pytestmark = pytest.mark.database

UUIDS = ((UUID(int=1),), (UUID(int=2),))


def items_of(pk: UUID) -> Any:
    return queries.item_columns(ShoppingItem.objects.filter(pk=pk))


@pytest.fixture
def milk(ana: User) -> ShoppingItem:
    shopping_list = ShoppingList.objects.create(name="Groceries", created_by=ana)
    Membership.objects.create(shopping_list=shopping_list, user=ana, role="owner")
    item: ShoppingItem = ShoppingItem.objects.create(
        shopping_list=shopping_list, name="Milk", created_by=ana, purchased=True
    )
    return item


def test_compiled_query_returns_the_values_and_types_of_its_queryset(milk: ShoppingItem) -> None:
    compiled = CompiledQuery(items_of, fields=[UUIDField()], sample_arguments=UUIDS)
    assert compiled(milk.pk) == list(items_of(milk.pk))
    assert [type(value) for value in compiled(milk.pk)[0]] == [
        type(value) for value in items_of(milk.pk)[0]
    ]


def test_compiled_query_uses_the_arguments_of_every_call(milk: ShoppingItem) -> None:
    compiled = CompiledQuery(items_of, fields=[UUIDField()], sample_arguments=UUIDS)
    assert compiled(uuid4()) == []
    assert len(compiled(milk.pk)) == 1
    assert compiled(uuid4()) == []


def test_compiled_query_sees_later_writes(milk: ShoppingItem) -> None:
    compiled = CompiledQuery(
        lambda pk: ShoppingItem.objects.filter(pk=pk).values_list("name"),
        fields=[UUIDField()],
        sample_arguments=UUIDS,
    )
    assert compiled(milk.pk) == [("Milk",)]
    milk.name = "Oat milk"
    milk.save()
    assert compiled(milk.pk) == [("Oat milk",)]


def test_compiled_query_keeps_the_order_of_its_arguments(milk: ShoppingItem, ana: User) -> None:
    compiled = CompiledQuery(
        lambda pk, user: Membership.objects.filter(user=user, shopping_list=pk).values_list("role"),
        fields=[UUIDField(), IntegerField()],
        sample_arguments=((UUID(int=1), 1), (UUID(int=2), 2)),
    )
    assert compiled(milk.shopping_list_id, ana.pk) == [("owner",)]
    assert compiled(milk.shopping_list_id, ana.pk + 1) == []


def test_compiled_query_costs_one_query_per_call(milk: ShoppingItem) -> None:
    compiled = CompiledQuery(items_of, fields=[UUIDField()], sample_arguments=UUIDS)
    with CaptureQueriesContext(connection) as captured:
        compiled(milk.pk)
        compiled(milk.pk)
    assert len(captured) == 2


@pytest.mark.django_db
def test_argument_that_changes_the_query_shape_is_refused() -> None:
    compiled = CompiledQuery(
        lambda deleted: ShoppingList.objects.filter(deleted_at__isnull=deleted).values_list("pk"),
        fields=[BooleanField()],
        sample_arguments=((True,), (False,)),
    )
    with pytest.raises(ValueError, match="shape"):
        compiled(*(True,))


@pytest.mark.django_db(transaction=True)
def test_compiled_query_uses_the_connection_of_its_thread(milk: ShoppingItem) -> None:
    compiled = CompiledQuery(items_of, fields=[UUIDField()], sample_arguments=UUIDS)
    results = [compiled(milk.pk)]

    def query_in_thread() -> None:
        try:
            results.append(compiled(milk.pk))
        finally:
            connection.close()

    thread = Thread(target=query_in_thread)
    thread.start()
    thread.join()
    assert results[0] == results[1] != []


def test_to_instance_returns_the_instance_that_the_queryset_returns(milk: ShoppingItem) -> None:
    columns = columns_of(ShoppingItem)
    values = ShoppingItem.objects.filter(pk=milk.pk).values_list(*columns).get()
    instance, expected = to_instance(ShoppingItem, values), ShoppingItem.objects.get(pk=milk.pk)
    assert instance == expected
    assert [getattr(instance, name) for name in columns] == [
        getattr(expected, name) for name in columns
    ]
    assert not instance._state.adding


def test_columns_of_names_the_columns_of_a_related_model(milk: ShoppingItem, ana: User) -> None:
    columns = columns_of(User, prefix="created_by__")
    values = ShoppingItem.objects.filter(pk=milk.pk).values_list(*columns).get()
    assert to_instance(User, values) == ana
