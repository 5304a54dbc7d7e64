"""Threads that write the same list wait for each other before they begin a transaction."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.models.signals import post_save
from rest_framework.test import APIClient

from accounts.models import User
from shopping_list.models import Activity, ShoppingList
from shopping_list.recording import turns
from shopping_list.recording.context import recording
from shopping_list.recording.turns import take_turns, taken

FIRST, SECOND = UUID(int=1), UUID(int=2)


@contextmanager
def running(*functions: Callable[[], None]) -> Iterator[list[threading.Thread]]:
    """Run functions in threads, and wait for their end."""
    threads = [threading.Thread(target=function, daemon=True) for function in functions]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def wait_for_waiters(pk: UUID, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(turns._waiting[pk]) < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_threads_get_a_list_in_the_order_of_their_arrival() -> None:
    order: list[int] = []

    def take(number: int) -> None:
        with take_turns([FIRST]):
            order.append(number)

    threads = []
    with take_turns([FIRST]):
        for number in range(5):
            threads.append(threading.Thread(target=take, args=(number,), daemon=True))
            threads[-1].start()
            wait_for_waiters(FIRST, number + 1)
        assert order == []
    for thread in threads:
        thread.join(20)
    assert order == [0, 1, 2, 3, 4]
    assert taken() == 0


def test_one_thread_at_a_time_has_a_list_when_many_take_it() -> None:
    inside, most = 0, 0

    def take() -> None:
        nonlocal inside, most
        for _ in range(50):
            with take_turns([FIRST]):
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1

    with running(*[take] * 8):
        pass
    assert most == 1
    assert taken() == 0


def test_lists_in_opposite_orders_do_not_deadlock() -> None:
    """REC-14"""

    def take(lists: list[UUID]) -> None:
        for _ in range(300):
            with take_turns(lists):
                time.sleep(0)

    with running(lambda: take([FIRST, SECOND]), lambda: take([SECOND, FIRST])):
        pass
    assert taken() == 0


def test_list_is_free_again_when_its_block_fails() -> None:
    def fail() -> None:
        with take_turns([FIRST, SECOND, FIRST]):
            assert taken() == 2
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert taken() == 0


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_thread_does_not_wait_when_it_is_inside_a_transaction() -> None:
    """It may hold the row lock that the thread with the turn waits for."""

    def take_in_transaction() -> None:
        with transaction.atomic(), take_turns([FIRST]):
            pass
        connection.close()

    with take_turns([FIRST]), running(take_in_transaction):
        pass


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_recording_waits_before_its_transaction_and_joins_the_outer_one(
    groceries: ShoppingList,
) -> None:
    began = threading.Event()

    def record() -> None:
        with recording(groceries.pk):
            began.set()
        connection.close()

    with recording(groceries.pk):
        assert taken() == 1
        with recording(groceries.pk):
            assert taken() == 1
        thread = threading.Thread(target=record, daemon=True)
        thread.start()
        wait_for_waiters(groceries.pk, 1)
        assert not began.is_set()
    thread.join(20)
    assert began.is_set()
    assert taken() == 0


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_next_thread_may_ask_for_the_row_lock_during_the_commit(groceries: ShoppingList) -> None:
    """SQLite has one writer and no row locks, so there it waits until after the commit."""
    kept: list[int] = []
    with recording(groceries.pk):
        transaction.on_commit(lambda: kept.append(taken()))
        assert taken() == 1
    assert kept == [0 if connection.features.has_select_for_update else 1]
    assert taken() == 0


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(30)
def test_function_of_on_commit_can_write_lists_when_other_threads_write_them_too(
    groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """REC-14: on SQLite it runs while its thread still has the list, and may need another one."""
    both_committed = threading.Barrier(2)

    def write(first: ShoppingList, second: ShoppingList) -> None:
        def write_both() -> None:
            both_committed.wait(20)
            first.items.create(name="Milk")
            second.items.create(name="Nails")

        with recording(first.pk):
            transaction.on_commit(write_both)
        connection.close()

    with running(lambda: write(groceries, hardware), lambda: write(hardware, groceries)):
        pass
    counts = [shopping_list.items.count() for shopping_list in (groceries, hardware)]
    assert sum(counts) == 4
    assert taken() == 0


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": str(uuid4())}])
def test_request_has_the_turn_of_its_list_with_and_without_a_key(
    headers: dict[str, str], signed_in_client: Any, bob: User, groceries: ShoppingList
) -> None:
    client: APIClient = signed_in_client(bob)
    lists_taken: list[int] = []

    def note(**_: Any) -> None:
        lists_taken.append(taken())

    post_save.connect(note, Activity)
    try:
        url = f"/api/shopping-lists/{groceries.pk}/shopping-items/"
        assert client.post(url, {"name": "Milk"}, headers=headers).status_code == 201
    finally:
        post_save.disconnect(note, Activity)
    assert lists_taken == [1]
    assert taken() == 0
