"""The same key again: one effect, one answer, and no oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from shopping_list.models import Activity, IdempotentResponse, ShoppingItem, ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_items, url_of_list
from tests.support.permission_matrix import OPERATIONS, Operation, fill_template
from tests.support.scenario import create_list

pytestmark = pytest.mark.database


def seen(answer: Any) -> Any:
    return answer.status_code, answer.content, answer.headers.get("ETag")


@pytest.mark.parametrize("act", [act for act in OPERATIONS if act.method != "GET"], ids=str)
def test_every_unsafe_act_has_one_effect_and_gets_its_answer_again(
    act: Operation, ana: Any, bob: Any, ana_client: Any
) -> None:
    """API-7, SEC-22"""
    scene = create_list(ana, bob, "Groceries")
    scene["me"] = bob.pk
    path, body = f"/api/{fill_template(act.path, scene)}", fill_template(act.body, scene)
    send = getattr(ana_client, act.method.lower())
    one, key = ShoppingList.objects.get(pk=scene["list"]), str(uuid4())
    before = current_version(one)
    answers = [send(path, body, HTTP_IDEMPOTENCY_KEY=key) for _ in range(3)]
    assert answers[0].status_code == act.success_status
    assert {seen(answer) for answer in answers} == {seen(answers[0])}
    assert current_version(one) - before <= 1


def test_a_repeated_request_is_one_change_that_carries_its_key(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """API-7"""
    key, before = str(uuid4()), current_version(groceries)
    first = bob_client.patch(url_of_item(milk), {"purchased": True}, HTTP_IDEMPOTENCY_KEY=key)
    bob_client.patch(url_of_item(milk), {"purchased": False})
    again = bob_client.patch(url_of_item(milk), {"purchased": True}, HTTP_IDEMPOTENCY_KEY=key)
    assert seen(again) == seen(first)
    assert bob_client.get(url_of_item(milk)).json()["purchased"] is False
    assert current_version(groceries) == before + 2
    assert [str(op) for op in ops(groceries)] == [key]


def ops(one: ShoppingList) -> list[Any]:
    log = Activity.objects.filter(list_id=one.pk).exclude(operation_id=None)
    return list(log.values_list("operation_id", flat=True))


def test_a_list_is_made_once(ana_client: Any, db: None) -> None:
    key = str(uuid4())
    answers = [
        ana_client.post("/api/shopping-lists/", {"name": "Party"}, HTTP_IDEMPOTENCY_KEY=key)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert seen(answers[0]) == seen(answers[1])
    assert ShoppingList.objects.count() == 1
    assert ops(ShoppingList.objects.get())


def test_deleting_and_leaving_answer_the_same_although_the_list_is_out_of_sight(
    ana_client: Any, bob_client: Any, bob: Any, groceries: ShoppingList
) -> None:
    for client, at in (
        (bob_client, f"{url_of_list(groceries)}members/{bob.pk}/"),
        (ana_client, url_of_list(groceries)),
    ):
        key = str(uuid4())
        answers = [client.delete(at, HTTP_IDEMPOTENCY_KEY=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [204, 204]
        assert client.delete(at, HTTP_IDEMPOTENCY_KEY=str(uuid4())).status_code == 404


def test_another_request_under_the_same_key_is_refused(
    ana_client: Any, bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """API-8"""
    key = str(uuid4())
    bob_client.patch(url_of_item(milk), {"note": "x"}, HTTP_IDEMPOTENCY_KEY=key)
    before = current_version(groceries)
    for answer in (
        bob_client.patch(url_of_item(milk), {"note": "y"}, HTTP_IDEMPOTENCY_KEY=key),
        bob_client.patch(url_of_item(milk), {}, HTTP_IDEMPOTENCY_KEY=key),
        bob_client.put(url_of_item(milk), {"name": "Milk", "note": "x"}, HTTP_IDEMPOTENCY_KEY=key),
        bob_client.post(url_of_items(groceries), {"note": "x"}, HTTP_IDEMPOTENCY_KEY=key),
        ana_client.patch(url_of_item(milk), {"note": "x"}, HTTP_IDEMPOTENCY_KEY=key),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert current_version(groceries) == before


def test_a_stranger_learns_nothing_of_a_key(
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


def test_the_same_key_on_another_list_is_another_request(
    ana_client: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    key = str(uuid4())
    for one in (groceries, hardware):
        answer = ana_client.post(url_of_items(one), {"name": "Milk"}, HTTP_IDEMPOTENCY_KEY=key)
        assert answer.status_code == 201
    assert ShoppingItem.objects.count() == 2


def test_what_was_refused_may_be_tried_again_under_its_key(
    ana_client: Any, bob_client: Any, groceries: ShoppingList, bob: Any
) -> None:
    """API-8"""
    key, at = str(uuid4()), f"{url_of_list(groceries)}members/{bob.pk}/"
    ana_client.patch(at, {"role": "viewer"})
    added = {"name": "Milk"}
    refused = bob_client.post(url_of_items(groceries), added, HTTP_IDEMPOTENCY_KEY=key)
    assert (refused.status_code, IdempotentResponse.objects.count()) == (403, 0)
    ana_client.patch(at, {"role": "editor"})
    assert (
        bob_client.post(url_of_items(groceries), added, HTTP_IDEMPOTENCY_KEY=key).status_code == 201
    )


@pytest.mark.parametrize("key", ["", "5", "milk", "x" * 36, "0" * 37, "a\x00b"])
def test_a_key_that_is_no_uuid_is_refused_by_name(
    key: str, bob_client: Any, groceries: ShoppingList
) -> None:
    before = current_version(groceries)
    answer = bob_client.post(url_of_items(groceries), {"name": "Milk"}, HTTP_IDEMPOTENCY_KEY=key)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["Idempotency-Key"]
    assert current_version(groceries) == before


def test_a_precondition_that_fails_leaves_the_key_free(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    stale = bob_client.patch(url_of_item(milk), {"note": "x"}, HTTP_IF_MATCH='"1"', **key)
    assert (stale.status_code, IdempotentResponse.objects.count()) == (412, 0)
    assert bob_client.patch(url_of_item(milk), {"note": "x"}, **key).status_code == 200


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Two connections and more, at the same moment."""

    def test_one_key_has_one_effect_and_one_answer(
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

        answers = run_concurrently(*(add(signed_in_client(ana)) for _ in range(8)))
        assert {seen(answer) for answer in answers} == {seen(answers[0])}
        assert answers[0].status_code == 201
        assert current_version(groceries) == before + 1
        assert [str(op) for op in ops(groceries)] == [key]

    def test_one_key_makes_one_list(
        self, ana: Any, signed_in_client: Callable[..., Any], run_concurrently: Any
    ) -> None:
        key = str(uuid4())

        def make(client: Any) -> Callable[[], Any]:
            at = "/api/shopping-lists/"
            return lambda: client.post(at, {"name": "Party"}, HTTP_IDEMPOTENCY_KEY=key)

        answers = run_concurrently(*(make(signed_in_client(ana)) for _ in range(4)))
        assert {seen(answer) for answer in answers} == {seen(answers[0])}
        assert ShoppingList.objects.count() == 1

    def test_of_two_bodies_under_one_key_one_wins(
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

        answers = run_concurrently(*(add(signed_in_client(ana), name) for name in ("Milk", "Tea")))
        assert sorted(answer.status_code for answer in answers) == [201, 422]
        assert groceries.items.count() == 1
