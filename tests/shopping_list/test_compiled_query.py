"""A prepared query gives what its queryset gives."""

from __future__ import annotations

from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import BooleanField, IntegerField, UUIDField
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from shopping_list import queries
from shopping_list.compiled_query import CompiledQuery
from shopping_list.models import Membership, ShoppingItem, ShoppingList

pytestmark = pytest.mark.database

UUIDS = ((UUID(int=1),), (UUID(int=2),))


def items_of(pk: UUID) -> Any:
    return queries.item_columns(ShoppingItem.objects.filter(pk=pk))


@pytest.fixture
def milk(ana: User) -> ShoppingItem:
    one = ShoppingList.objects.create(name="Groceries", created_by=ana)
    Membership.objects.create(shopping_list=one, user=ana, role="owner")
    item: ShoppingItem = ShoppingItem.objects.create(
        shopping_list=one, name="Milk", created_by=ana, purchased=True
    )
    return item


def test_it_gives_the_values_of_its_queryset_with_their_types(milk: ShoppingItem) -> None:
    prepared = CompiledQuery(items_of, fields=[UUIDField()], sample_arguments=UUIDS)
    assert prepared(milk.pk) == list(items_of(milk.pk))
    assert [type(value) for value in prepared(milk.pk)[0]] == [
        type(value) for value in items_of(milk.pk)[0]
    ]


def test_each_call_asks_for_its_own_arguments(milk: ShoppingItem) -> None:
    prepared = CompiledQuery(items_of, fields=[UUIDField()], sample_arguments=UUIDS)
    assert prepared(uuid4()) == []
    assert len(prepared(milk.pk)) == 1
    assert prepared(uuid4()) == []


def test_it_sees_what_was_written_since(milk: ShoppingItem) -> None:
    prepared = CompiledQuery(
        lambda pk: ShoppingItem.objects.filter(pk=pk).values_list("name"),
        fields=[UUIDField()],
        sample_arguments=UUIDS,
    )
    assert prepared(milk.pk) == [("Milk",)]
    milk.name = "Oat milk"
    milk.save()
    assert prepared(milk.pk) == [("Oat milk",)]


def test_two_arguments_keep_their_places(milk: ShoppingItem, ana: User) -> None:
    prepared = CompiledQuery(
        lambda pk, user: Membership.objects.filter(user=user, shopping_list=pk).values_list("role"),
        fields=[UUIDField(), IntegerField()],
        sample_arguments=((UUID(int=1), 1), (UUID(int=2), 2)),
    )
    assert prepared(milk.shopping_list_id, ana.pk) == [("owner",)]
    assert prepared(milk.shopping_list_id, ana.pk + 1) == []


def test_one_call_is_one_query(milk: ShoppingItem) -> None:
    prepared = CompiledQuery(items_of, fields=[UUIDField()], sample_arguments=UUIDS)
    with CaptureQueriesContext(connection) as captured:
        prepared(milk.pk)
        prepared(milk.pk)
    assert len(captured) == 2


@pytest.mark.django_db
def test_an_argument_that_decides_the_shape_is_refused() -> None:
    prepared = CompiledQuery(
        lambda deleted: ShoppingList.objects.filter(deleted_at__isnull=deleted).values_list("pk"),
        fields=[BooleanField()],
        sample_arguments=((True,), (False,)),
    )
    with pytest.raises(ValueError, match="shape"):
        prepared(*(True,))


@pytest.mark.django_db(transaction=True)
def test_another_thread_uses_its_own_connection(milk: ShoppingItem) -> None:
    prepared = CompiledQuery(items_of, fields=[UUIDField()], sample_arguments=UUIDS)
    found = [prepared(milk.pk)]

    def elsewhere() -> None:
        try:
            found.append(prepared(milk.pk))
        finally:
            connection.close()

    thread = Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found[0] == found[1] != []
