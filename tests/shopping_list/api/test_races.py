"""Many people at the same moment, each on a connection of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from accounts.models import User
from shopping_list import departure
from shopping_list.models import Membership, ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_items, url_of_list

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
Calls = Callable[[], Any]


def statuses(answers: list[Any]) -> list[Any]:
    """Return the statuses; an exception stays what it is."""
    return sorted(getattr(answer, "status_code", answer) for answer in answers)


def test_fifty_adds_of_one_name_leave_one_row(
    ana: Any, bob: Any, groceries: ShoppingList, signed_in_client: Any, run_concurrently: Any
) -> None:
    """API-5"""
    before = current_version(groceries)
    spellings = ("Milk", "milk", " MILK ", "mil\u212a")

    def add(number: int) -> Calls:
        client = signed_in_client((ana, bob)[number % 2])
        body = {"name": spellings[number % len(spellings)], "id": str(uuid4())}
        return lambda: client.post(url_of_items(groceries), body)

    answers = run_concurrently(*map(add, range(50)))
    assert statuses(answers) == [200] * 49 + [201]
    assert groceries.items.count() == 1
    only = {answer.json()["id"] for answer in answers}
    assert only == {str(groceries.items.get().pk)}
    assert current_version(groceries) == before + 1


def test_puts_under_one_new_id_make_one_item(
    ana: Any, groceries: ShoppingList, signed_in_client: Any, run_concurrently: Any
) -> None:
    at = f"{url_of_items(groceries)}{uuid4()}/"

    def put(number: int) -> Calls:
        client = signed_in_client(ana)
        return lambda: client.put(at, {"name": f"Milk {number}"})

    assert statuses(run_concurrently(*map(put, range(6)))) == [200] * 5 + [201]
    assert groceries.items.count() == 1


def test_puts_under_one_new_id_make_one_list(
    ana: Any, signed_in_client: Any, run_concurrently: Any
) -> None:
    at = f"/api/shopping-lists/{uuid4()}/"

    def put(number: int) -> Calls:
        client = signed_in_client(ana)
        return lambda: client.put(at, {"name": f"Party {number}"})

    assert statuses(run_concurrently(*map(put, range(6)))) == [200] * 5 + [201]
    assert ShoppingList.objects.count() == 1


def test_two_owners_who_leave_at_once_leave_one_owner(
    ana: Any, bob: Any, groceries: ShoppingList, signed_in_client: Any, run_concurrently: Any
) -> None:
    """API-10"""
    Membership.objects.filter(user=bob).update(role="owner")

    def leave(person: Any) -> Calls:
        client = signed_in_client(person)
        return lambda: client.delete(f"{url_of_list(groceries)}members/{person.pk}/")

    assert statuses(run_concurrently(leave(ana), leave(bob))) == [204, 409]
    assert Membership.objects.filter(shopping_list=groceries, role="owner").count() == 1


def test_of_two_owners_one_leaves_and_one_keeps_the_account(
    ana: Any, bob: Any, groceries: ShoppingList, signed_in_client: Any, run_concurrently: Any
) -> None:
    """API-10: the deletion of an account waits for the lock of every list that it touches."""
    Membership.objects.filter(user=bob).update(role="owner")
    join = Membership(shopping_list=groceries, user=User.objects.create(username="carol"))
    join.save()
    client = signed_in_client(bob)

    def close() -> str:
        with transaction.atomic():
            departure.before_delete(ana)
            ana.delete()
        return "gone"

    answers = run_concurrently(
        close, lambda: client.delete(f"{url_of_list(groceries)}members/{bob.pk}/")
    )
    outcome = [getattr(answer, "status_code", answer) for answer in answers]
    if outcome[0] == "gone":
        assert outcome[1] == 409
    else:
        assert (outcome[0], outcome[1]) == (409, 204)
    owners = Membership.objects.filter(shopping_list=groceries, role="owner")
    assert owners.count() == 1


def test_lists_that_ask_for_each_others_items_do_not_wait_for_each_other(
    ana: Any,
    groceries: ShoppingList,
    hardware: ShoppingList,
    signed_in_client: Any,
    run_concurrently: Any,
) -> None:
    milk, nails = groceries.items.create(name="Milk"), hardware.items.create(name="Nails")

    def ask(one: ShoppingList, item: Any) -> Calls:
        client = signed_in_client(ana)
        return lambda: client.patch(f"{url_of_items(one)}{item.pk}/", {"note": "x"})

    crossed = [ask(groceries, nails), ask(hardware, milk)] * 4
    assert statuses(run_concurrently(*crossed)) == [404] * 8


def test_everything_at_once_keeps_the_versions_without_a_gap(
    ana: Any, bob: Any, groceries: ShoppingList, signed_in_client: Any, run_concurrently: Any
) -> None:
    before = current_version(groceries)

    def add(number: int) -> Calls:
        client = signed_in_client((ana, bob)[number % 2])
        return lambda: client.post(url_of_items(groceries), {"name": f"Thing {number}"})

    answers = run_concurrently(*map(add, range(12)))
    versions = sorted(answer.json()["version"] for answer in answers)
    assert versions == list(range(before + 1, before + 13))
    positions = [answer.json()["position"] for answer in answers]
    assert len(set(positions)) == 12
