"""A repeated idempotency key: one effect, one response, and nothing revealed to others."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken
from shopping_list.models import (
    Activity,
    IdempotentResponse,
    Membership,
    ShoppingItem,
    ShoppingList,
)
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_items, url_of_list
from tests.support.permission_matrix import OPERATIONS, Operation, fill_template
from tests.support.scenario import create_list

pytestmark = pytest.mark.database


def outcome(response: Any) -> Any:
    return response.status_code, response.content, response.headers.get("ETag")


@pytest.mark.parametrize(
    "operation", [operation for operation in OPERATIONS if operation.method != "GET"], ids=str
)
def test_repeated_unsafe_operation_has_one_effect_and_one_response(
    operation: Operation, ana: Any, bob: Any, ana_client: Any
) -> None:
    """API-7, SEC-22"""
    scene = create_list(ana, bob, "Groceries")
    scene |= {"me": bob.pk, "other": create_list(ana, bob, "Other")["list"]}
    path, body = (
        f"/api/{fill_template(operation.path, scene)}",
        fill_template(operation.body, scene),
    )
    send = getattr(ana_client, operation.method.lower())
    shopping_list, key = ShoppingList.objects.get(pk=scene["list"]), str(uuid4())
    before = current_version(shopping_list)
    responses = [send(path, body, HTTP_IDEMPOTENCY_KEY=key) for _ in range(3)]
    assert responses[0].status_code == operation.success_status
    assert {outcome(response) for response in responses} == {outcome(responses[0])}
    assert current_version(shopping_list) - before <= 1


def test_repeated_request_is_one_change_recorded_with_its_key(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """API-7"""
    key, before = str(uuid4()), current_version(groceries)
    first = bob_client.patch(url_of_item(milk), {"purchased": True}, HTTP_IDEMPOTENCY_KEY=key)
    bob_client.patch(url_of_item(milk), {"purchased": False})
    repeated = bob_client.patch(url_of_item(milk), {"purchased": True}, HTTP_IDEMPOTENCY_KEY=key)
    assert outcome(repeated) == outcome(first)
    assert bob_client.get(url_of_item(milk)).json()["purchased"] is False
    assert current_version(groceries) == before + 2
    assert [str(operation_id) for operation_id in operation_ids(groceries)] == [key]


def operation_ids(shopping_list: ShoppingList) -> list[Any]:
    log = Activity.objects.filter(list_id=shopping_list.pk).exclude(operation_id=None)
    return list(log.values_list("operation_id", flat=True))


def test_repeated_list_creation_creates_one_list(ana_client: Any, db: None) -> None:
    key = str(uuid4())
    responses = [
        ana_client.post("/api/shopping-lists/", {"name": "Party"}, HTTP_IDEMPOTENCY_KEY=key)
        for _ in range(2)
    ]
    assert [response.status_code for response in responses] == [201, 201]
    assert outcome(responses[0]) == outcome(responses[1])
    assert ShoppingList.objects.count() == 1
    assert operation_ids(ShoppingList.objects.get())


def test_repeated_delete_and_leave_return_204_when_the_list_is_not_visible(
    ana_client: Any, bob_client: Any, bob: Any, groceries: ShoppingList
) -> None:
    for client, url in (
        (bob_client, f"{url_of_list(groceries)}members/{bob.pk}/"),
        (ana_client, url_of_list(groceries)),
    ):
        key = str(uuid4())
        responses = [client.delete(url, HTTP_IDEMPOTENCY_KEY=key) for _ in range(2)]
        assert [response.status_code for response in responses] == [204, 204]
        assert client.delete(url, HTTP_IDEMPOTENCY_KEY=str(uuid4())).status_code == 404


def test_different_request_with_the_same_key_returns_422(
    ana_client: Any, bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """API-8"""
    key = str(uuid4())
    bob_client.patch(url_of_item(milk), {"note": "x"}, HTTP_IDEMPOTENCY_KEY=key)
    before = current_version(groceries)
    for response in (
        bob_client.patch(url_of_item(milk), {"note": "y"}, HTTP_IDEMPOTENCY_KEY=key),
        bob_client.patch(url_of_item(milk), {}, HTTP_IDEMPOTENCY_KEY=key),
        bob_client.put(url_of_item(milk), {"name": "Milk", "note": "x"}, HTTP_IDEMPOTENCY_KEY=key),
        bob_client.post(url_of_items(groceries), {"note": "x"}, HTTP_IDEMPOTENCY_KEY=key),
        ana_client.patch(url_of_item(milk), {"note": "x"}, HTTP_IDEMPOTENCY_KEY=key),
    ):
        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert current_version(groceries) == before


def test_idempotency_key_reveals_nothing_to_non_members(
    bob_client: Any, mallory_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """API-8, SEC-22"""
    key = str(uuid4())
    bob_client.patch(url_of_item(milk), {"note": "x"}, HTTP_IDEMPOTENCY_KEY=key)
    used = mallory_client.patch(url_of_item(milk), {"note": "x"}, HTTP_IDEMPOTENCY_KEY=key)
    fresh = mallory_client.patch(
        url_of_item(milk), {"note": "x"}, HTTP_IDEMPOTENCY_KEY=str(uuid4())
    )
    assert used.status_code == fresh.status_code == 404
    assert {**used.json(), "request_id": ""} == {**fresh.json(), "request_id": ""}


def test_same_key_on_another_list_is_a_separate_request(
    ana_client: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    key = str(uuid4())
    for shopping_list in (groceries, hardware):
        response = ana_client.post(
            url_of_items(shopping_list), {"name": "Milk"}, HTTP_IDEMPOTENCY_KEY=key
        )
        assert response.status_code == 201
    assert ShoppingItem.objects.count() == 2


def test_rejected_request_can_be_repeated_with_its_key(
    ana_client: Any, bob_client: Any, groceries: ShoppingList, bob: Any
) -> None:
    """API-8"""
    key, url = str(uuid4()), f"{url_of_list(groceries)}members/{bob.pk}/"
    ana_client.patch(url, {"role": "viewer"})
    body = {"name": "Milk"}
    response = bob_client.post(url_of_items(groceries), body, HTTP_IDEMPOTENCY_KEY=key)
    assert (response.status_code, IdempotentResponse.objects.count()) == (403, 0)
    ana_client.patch(url, {"role": "editor"})
    assert (
        bob_client.post(url_of_items(groceries), body, HTTP_IDEMPOTENCY_KEY=key).status_code == 201
    )


@pytest.mark.parametrize(
    ("lose_access", "status"),
    [("remove", 404), ("expire", 404), ("trash", 404), ("viewer", 403), ("ticker", 403)],
)
def test_repeated_request_is_refused_after_access_is_lost(
    lose_access: str, status: int, bob: Any, bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """SEC-4, API-8"""
    requests = [
        (bob_client.post, url_of_items(groceries), {"name": "Tea"}),
        (bob_client.patch, url_of_item(milk), {"note": "x"}),
        (bob_client.post, f"{url_of_items(groceries)}bulk/", {"items": [{"name": "Salt"}]}),
    ]
    for send, url, body in requests:
        headers = {"Idempotency-Key": str(uuid4())}
        assert send(url, body, headers=headers).status_code < 300
        change_access(lose_access, groceries, bob)
        assert send(url, body, headers=headers).status_code == status
        change_access("editor", groceries, bob)
        assert send(url, body, headers=headers).status_code < 300


def change_access(how: str, shopping_list: ShoppingList, user: Any) -> None:
    """Take access to the list from the user, or give it back with the role `editor`."""
    shopping_list.deleted_at = timezone.now() if how == "trash" else None
    shopping_list.save()
    if how == "remove":
        shopping_list.memberships.get(user=user).delete()
        return
    membership, _ = Membership.objects.get_or_create(shopping_list=shopping_list, user=user)
    membership.role = how if how in {"viewer", "ticker"} else "editor"
    membership.expires_at = timezone.now() - timedelta(days=1) if how == "expire" else None
    membership.save()


def test_token_does_not_get_a_response_that_needed_more_than_it_may(
    ana: Any, ana_client: Any, groceries: ShoppingList, hardware: ShoppingList, milk: Any
) -> None:
    """SEC-4, SEC-22: a script may know the key and the body, and hold a narrow token."""
    requests = [
        ("POST", url_of_items(groceries), {"name": "Tea"}, 403),
        ("PATCH", url_of_item(milk), {"purchased": True}, 200),
        ("POST", "/api/shopping-lists/", {"name": "Party"}, 403),
        ("DELETE", url_of_item(milk), None, 403),
        ("DELETE", url_of_list(groceries), None, 403),
    ]
    tokens = {
        "of this list": {"scope": "tick", "list_id": groceries.pk},
        "of another list": {"scope": "write", "list_id": hardware.pk},
        "for reading": {"scope": "read"},
    }
    clients = {name: client_of_token(ana, **fields) for name, fields in tokens.items()}
    for method, url, body, status_of_tick in requests:
        headers = {"Idempotency-Key": str(uuid4())}
        ana_client.generic(method, url, json.dumps(body), "application/json", headers=headers)
        statuses = {
            name: client.generic(
                method, url, json.dumps(body), "application/json", headers=headers
            ).status_code
            for name, client in clients.items()
        }
        is_of_list = url.startswith(url_of_list(groceries))
        # In the trash there is no list any more, but its owner's token may repeat the deletion.
        assert statuses == {
            "of this list": status_of_tick,
            "of another list": 404 if is_of_list else 403,
            "for reading": 403,
        }, (method, url)


def client_of_token(user: Any, **fields: Any) -> APIClient:
    client = APIClient()
    _, secret = ApiToken.objects.create(user=user, name="narrow", **fields)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.mark.parametrize("key", ["", "5", "milk", "x" * 36, "0" * 37, "a\x00b"])
def test_idempotency_key_that_is_not_a_uuid_is_reported(
    key: str, bob_client: Any, groceries: ShoppingList
) -> None:
    before = current_version(groceries)
    response = bob_client.post(url_of_items(groceries), {"name": "Milk"}, HTTP_IDEMPOTENCY_KEY=key)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["Idempotency-Key"]
    assert current_version(groceries) == before


def test_failed_precondition_does_not_use_the_key(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    headers = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    stale = bob_client.patch(url_of_item(milk), {"note": "x"}, HTTP_IF_MATCH='"1"', **headers)
    assert (stale.status_code, IdempotentResponse.objects.count()) == (412, 0)
    assert bob_client.patch(url_of_item(milk), {"note": "x"}, **headers).status_code == 200


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Concurrent requests on separate database connections."""

    def test_concurrent_requests_with_one_key_have_one_effect(
        self,
        ana: Any,
        groceries: ShoppingList,
        signed_in_client: Callable[..., Any],
        run_concurrently: Any,
    ) -> None:
        """API-7, SEC-22"""
        key, before = str(uuid4()), current_version(groceries)
        body = {"name": "Milk", "quantity": "1"}

        def add(client: Any) -> Callable[[], Any]:
            return lambda: client.post(url_of_items(groceries), body, HTTP_IDEMPOTENCY_KEY=key)

        responses = run_concurrently(*(add(signed_in_client(ana)) for _ in range(8)))
        assert {outcome(response) for response in responses} == {outcome(responses[0])}
        assert responses[0].status_code == 201
        assert current_version(groceries) == before + 1
        assert [str(operation_id) for operation_id in operation_ids(groceries)] == [key]

    def test_concurrent_requests_with_one_key_create_one_list(
        self, ana: Any, signed_in_client: Callable[..., Any], run_concurrently: Any
    ) -> None:
        key = str(uuid4())

        def create(client: Any) -> Callable[[], Any]:
            url = "/api/shopping-lists/"
            return lambda: client.post(url, {"name": "Party"}, HTTP_IDEMPOTENCY_KEY=key)

        responses = run_concurrently(*(create(signed_in_client(ana)) for _ in range(4)))
        assert {outcome(response) for response in responses} == {outcome(responses[0])}
        assert ShoppingList.objects.count() == 1

    def test_key_accepts_only_one_of_two_concurrent_bodies(
        self,
        ana: Any,
        groceries: ShoppingList,
        signed_in_client: Callable[..., Any],
        run_concurrently: Any,
    ) -> None:
        key = str(uuid4())

        def add(client: Any, name: str) -> Callable[[], Any]:
            return lambda: client.post(
                url_of_items(groceries), {"name": name}, HTTP_IDEMPOTENCY_KEY=key
            )

        responses = run_concurrently(
            *(add(signed_in_client(ana), name) for name in ("Milk", "Tea"))
        )
        assert sorted(response.status_code for response in responses) == [201, 422]
        assert groceries.items.count() == 1


def test_removal_names_the_version_of_its_change_also_when_it_is_repeated(
    bob_client: Any, groceries: ShoppingList
) -> None:
    item = groceries.items.create(name="Milk")
    key = str(uuid4())
    url = f"{url_of_items(groceries)}{item.pk}/"
    responses = [bob_client.delete(url, HTTP_IDEMPOTENCY_KEY=key) for _ in range(2)]
    groceries.refresh_from_db()
    versions = [(each.status_code, each["Trolley-Version"]) for each in responses]
    assert versions == [(204, str(groceries.version))] * 2
