"""Concurrent requests, each on its own database connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from accounts.models import User
from shopping_list import personal_data
from shopping_list.models import Membership, ShoppingList
from shopping_list.services.ownership import LastOwnerError
from tests.shopping_list.api.conftest import current_version, url_of_items, url_of_list

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
Calls = Callable[[], Any]


def statuses(responses: list[Any]) -> list[Any]:
    """Return the statuses; an exception is returned unchanged."""
    return sorted(getattr(response, "status_code", response) for response in responses)


def test_fifty_concurrent_adds_of_one_name_create_one_item(
    ana: Any, bob: Any, groceries: ShoppingList, signed_in_client: Any, run_concurrently: Any
) -> None:
    """API-5"""
    before = current_version(groceries)
    spellings = ("Milk", "milk", " MILK ", "mil\u212a")

    def add(number: int) -> Calls:
        client = signed_in_client((ana, bob)[number % 2])
        body = {"name": spellings[number % len(spellings)], "id": str(uuid4())}
        return lambda: client.post(url_of_items(groceries), body)

    responses = run_concurrently(*map(add, range(50)))
    assert statuses(responses) == [200] * 49 + [201]
    assert groceries.items.count() == 1
    ids = {response.json()["id"] for response in responses}
    assert ids == {str(groceries.items.get().pk)}
    assert current_version(groceries) == before + 1


def test_concurrent_puts_with_one_id_create_one_item(
    ana: Any, groceries: ShoppingList, signed_in_client: Any, run_concurrently: Any
) -> None:
    url = f"{url_of_items(groceries)}{uuid4()}/"

    def put(number: int) -> Calls:
        client = signed_in_client(ana)
        return lambda: client.put(url, {"name": f"Milk {number}"})

    assert statuses(run_concurrently(*map(put, range(6)))) == [200] * 5 + [201]
    assert groceries.items.count() == 1


def test_concurrent_puts_with_one_id_create_one_list(
    ana: Any, signed_in_client: Any, run_concurrently: Any
) -> None:
    url = f"/api/shopping-lists/{uuid4()}/"

    def put(number: int) -> Calls:
        client = signed_in_client(ana)
        return lambda: client.put(url, {"name": f"Party {number}"})

    assert statuses(run_concurrently(*map(put, range(6)))) == [200] * 5 + [201]
    assert ShoppingList.objects.count() == 1


def test_an_owner_remains_when_both_owners_leave_at_once(
    ana: Any, bob: Any, groceries: ShoppingList, signed_in_client: Any, run_concurrently: Any
) -> None:
    """API-10"""
    Membership.objects.filter(user=bob).update(role="owner")

    def leave(user: Any) -> Calls:
        client = signed_in_client(user)
        return lambda: client.delete(f"{url_of_list(groceries)}members/{user.pk}/")

    assert statuses(run_concurrently(leave(ana), leave(bob))) == [204, 409]
    assert Membership.objects.filter(shopping_list=groceries, role="owner").count() == 1


def test_an_owner_remains_when_leaving_races_account_deletion(
    ana: Any, bob: Any, groceries: ShoppingList, signed_in_client: Any, run_concurrently: Any
) -> None:
    """API-10: deleting an account waits for the lock of every list that it changes."""
    Membership.objects.filter(user=bob).update(role="owner")
    membership = Membership(shopping_list=groceries, user=User.objects.create(username="carol"))
    membership.save()
    client = signed_in_client(bob)

    def delete_account() -> str:
        try:
            with transaction.atomic():
                personal_data.before_delete(ana)
                ana.delete()
        except LastOwnerError:
            return "kept"
        return "deleted"

    deletion, leaving = run_concurrently(
        delete_account, lambda: client.delete(f"{url_of_list(groceries)}members/{bob.pk}/")
    )
    assert (deletion, leaving.status_code) in {("deleted", 409), ("kept", 204)}
    owners = Membership.objects.filter(shopping_list=groceries, role="owner")
    assert owners.count() == 1


def test_requests_for_items_of_each_others_lists_do_not_deadlock(
    ana: Any,
    groceries: ShoppingList,
    hardware: ShoppingList,
    signed_in_client: Any,
    run_concurrently: Any,
) -> None:
    milk, nails = groceries.items.create(name="Milk"), hardware.items.create(name="Nails")

    def patch(shopping_list: ShoppingList, item: Any) -> Calls:
        client = signed_in_client(ana)
        return lambda: client.patch(f"{url_of_items(shopping_list)}{item.pk}/", {"note": "x"})

    calls = [patch(groceries, nails), patch(hardware, milk)] * 4
    assert statuses(run_concurrently(*calls)) == [404] * 8


def test_concurrent_adds_get_consecutive_versions(
    ana: Any, bob: Any, groceries: ShoppingList, signed_in_client: Any, run_concurrently: Any
) -> None:
    before = current_version(groceries)

    def add(number: int) -> Calls:
        client = signed_in_client((ana, bob)[number % 2])
        return lambda: client.post(url_of_items(groceries), {"name": f"Thing {number}"})

    responses = run_concurrently(*map(add, range(12)))
    versions = sorted(response.json()["version"] for response in responses)
    assert versions == list(range(before + 1, before + 13))
    positions = [response.json()["position"] for response in responses]
    assert len(set(positions)) == 12
