"""A compiled query returns the same rows as its queryset."""

from __future__ import annotations

from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import BooleanField, CharField, IntegerField, QuerySet, UUIDField
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from rest.compiled_query import (
    CompiledInsert,
    CompiledQuery,
    CompiledUpdate,
    columns_of,
    run_together,
    to_instance,
)
from shopping_list import queries
from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList

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


def test_statements_run_together_in_order_and_each_gets_its_result(milk: ShoppingItem) -> None:
    rename = CompiledUpdate(
        lambda pk, name: (QuerySet(ShoppingItem).filter(pk=pk), {"note": name}),
        fields=[UUIDField(), CharField()],
        sample_arguments=((UUID(int=1), "a"), (UUID(int=2), "b")),
    )
    note_of = CompiledQuery(
        lambda pk: ShoppingItem.objects.filter(pk=pk).values_list("note"),
        fields=[UUIDField()],
        sample_arguments=UUIDS,
    )
    update, missing = rename.bind(milk.pk, "100% new; really"), rename.bind(uuid4(), "x")
    before, after = note_of.bind(milk.pk), note_of.bind(milk.pk)
    with CaptureQueriesContext(connection) as captured:
        run_together(before, update, missing, after)
        results = [before.result, update.result, missing.result, after.result]
    assert results == [[("",)], 1, 0, [("100% new; really",)]]
    assert len(captured) == (1 if connection.vendor == "postgresql" else 4)


def test_statement_runs_once_when_its_result_is_first_needed(milk: ShoppingItem) -> None:
    statement = CompiledQuery(items_of, fields=[UUIDField()], sample_arguments=UUIDS).bind(milk.pk)
    with CaptureQueriesContext(connection) as captured:
        assert statement.result == statement.result != []
    assert len(captured) == 1


def test_compiled_insert_writes_the_row_that_create_writes(ana: User) -> None:
    values: dict[str, Any] = {
        "list_id": uuid4(),
        "epoch": "abcdefgh",
        "base": "0" * 16,
        "digest": "1" * 16,
        "verb": "item.added",
        "actor_id": ana.pk,
        "changes": [{"item": "ä", "before": None}],
        "frame": b"\x00%s",
        "at": timezone.now(),
    }
    insert = CompiledInsert(Activity)
    instances = [Activity(version=version, **values) for version in (1, 2)]
    run_together(*map(insert.bind, instances))
    created = Activity.objects.create(version=3, **values)
    assert len({created.pk, *(instance.pk for instance in instances)}) == 3
    columns = [name for name in columns_of(Activity) if name not in {"id", "version"}]
    first, second, third = Activity.objects.order_by("version").values_list(*columns)
    assert [*map(bytes_as_they_are, first)] == [*map(bytes_as_they_are, third)]
    assert [*map(bytes_as_they_are, second)] == [*map(bytes_as_they_are, third)]


def bytes_as_they_are(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
