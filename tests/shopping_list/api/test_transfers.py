"""Items that are moved on their list, and moved or copied to another one."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.parsing import fractional_index
from tests.shopping_list.api.conftest import current_version, url_of_items, url_of_list

pytestmark = pytest.mark.database


@pytest.fixture
def shed(hardware: ShoppingList, bob: User) -> ShoppingList:
    """Another list, on which bob is an editor."""
    Membership.objects.create(shopping_list=hardware, user=bob, role="editor")
    return hardware


def fill(shopping_list: ShoppingList, *names: str) -> list[str]:
    return [str(shopping_list.items.create(name=name).pk) for name in names]


def names(shopping_list: ShoppingList) -> str:
    rows = shopping_list.items.order_by("position", "id").values_list("name", flat=True)
    return " ".join(rows)


def move(client: Any, shopping_list: ShoppingList, ids: list[str], **place: Any) -> Any:
    return client.post(f"{url_of_items(shopping_list)}move/", {"items": ids, **place})


def copy(client: Any, shopping_list: ShoppingList, ids: list[str], target: Any) -> Any:
    body = {"items": ids, "list": str(target.pk)}
    return client.post(f"{url_of_items(shopping_list)}copy/", body)


def undo(client: Any, shopping_list: ShoppingList, version: int | None = None) -> Any:
    number = version or current_version(shopping_list)
    return client.post(f"{url_of_list(shopping_list)}activities/{number}/undo/")


def test_items_are_moved_in_the_order_of_the_request(
    bob_client: Any, groceries: ShoppingList
) -> None:
    """ITM-130: one change, one undo; items that are in their place do not change."""
    a, b, c, d, e = fill(groceries, "a", "b", "c", "d", "e")
    before = current_version(groceries)
    response = move(bob_client, groceries, [d, a], after=e)
    assert response.json()["version"] == before + 1
    assert set(response.json()["items"]) == {a, d}
    assert names(groceries) == "b c e d a"
    assert Activity.objects.latest("pk").verb == "items.moved"
    assert move(bob_client, groceries, [e, c], after=None).status_code == 200
    assert names(groceries) == "e c b d a"
    assert move(bob_client, groceries, [a, d], after=c).status_code == 200
    assert names(groceries) == "e c a d b"
    version = current_version(groceries)
    unchanged = move(bob_client, groceries, [a, d], after=c).json()
    assert unchanged == {"version": version, "items": []}
    for _ in range(3):
        undo(bob_client, groceries, version)
        version -= 1
    assert names(groceries) == "a b c d e"
    assert move(bob_client, groceries, [b], after=None).json()["items"] == [b]


def test_items_are_moved_between_neighbours_without_room(
    bob_client: Any, groceries: ShoppingList
) -> None:
    """ITM-130, ROW-4"""
    a, b, c, d = fill(groceries, "a", "b", "c", "d")
    groceries.items.exclude(pk=d).update(position="V")
    ordered = [str(pk) for pk in sorted(map(uuid.UUID, (a, b, c)))]
    assert move(bob_client, groceries, [d], after=ordered[0]).status_code == 200
    ids = groceries.items.order_by("position", "id").values_list("pk", flat=True)
    assert [str(pk) for pk in ids] == [ordered[0], d, *ordered[1:]]


@given(st.integers(0, 1000), st.booleans(), st.booleans())
def test_many_positions_are_between_their_neighbours(
    count: int, has_before: bool, has_after: bool
) -> None:
    """ITM-130, ROW-4"""
    before, after = "V" if has_before else None, "V1" if has_after else None
    keys = fractional_index.many_between(before, after, count)
    assert len(keys) == count
    assert all(map(fractional_index.is_key, keys))
    everything = [*filter(None, [before]), *keys, *filter(None, [after])]
    assert everything == sorted(set(everything))
    assert max(map(len, keys), default=0) < 20


@pytest.mark.parametrize("kind", ["unknown", "itself", "both", "none", "foreign item"])
def test_bad_moves_are_refused_by_name(
    kind: str, bob_client: Any, groceries: ShoppingList, shed: ShoppingList
) -> None:
    """ITM-130, API-4"""
    a, b = fill(groceries, "a", "b")
    [nails] = fill(shed, "nails")
    before = current_version(groceries)
    field, response = {
        "unknown": lambda: ("after", move(bob_client, groceries, [a], after=nails)),
        "itself": lambda: ("after", move(bob_client, groceries, [a, b], after=a)),
        "both": lambda: ("after", move(bob_client, groceries, [a], after=b, list=str(shed.pk))),
        "none": lambda: ("after", move(bob_client, groceries, [a])),
        "foreign item": lambda: ("items", move(bob_client, groceries, [a, nails], after=None)),
    }[kind]()
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert current_version(groceries) == before


def test_copied_items_are_added_by_the_usual_rules(
    bob_client: Any, groceries: ShoppingList, shed: ShoppingList
) -> None:
    """ITM-131: open, at the end, and merged by their names, as one change of the other list."""
    shed.items.create(name="Salt", quantity="1")
    shed.items.create(name="Tea", purchased=True)
    rows = {
        "Rice": {"shops": ["Lidl"], "category": "Dry", "note": "round"},
        "Salt": {"quantity": "2"},
        "Tea": {"purchased": True},
    }
    ids = [str(groceries.items.create(name=name, **fields).pk) for name, fields in rows.items()]
    version, other = current_version(groceries), current_version(shed)
    response = copy(bob_client, groceries, ids, shed).json()
    assert response["version"] == current_version(shed) == other + 1
    assert [line["outcome"] for line in response["results"]] == ["added", "merged", "put_back"]
    rice, salt, tea = (line["item"] for line in response["results"])
    assert (rice["shops"], rice["category"], rice["note"]) == (["Lidl"], "Dry", "round")
    assert rice["created_by"]["name"] == "Bob"
    assert (salt["quantity"], tea["purchased"]) == ("1 + 2", False)
    assert current_version(groceries) == version
    assert names(shed) == "Salt Tea Rice"
    assert undo(bob_client, shed).status_code == 200
    assert names(shed) == "Salt Tea"


def test_copy_reports_a_line_that_does_not_fit_and_adds_the_others(
    bob_client: Any, groceries: ShoppingList, shed: ShoppingList
) -> None:
    """ITM-131"""
    shed.items.create(name="Salt", note="a" * 900)
    salt = groceries.items.create(name="Salt", note="b" * 900)
    [tea] = fill(groceries, "Tea")
    results = copy(bob_client, groceries, [str(salt.pk), tea], shed).json()["results"]
    assert [line["outcome"] for line in results] == ["conflict", "added"]
    refused = move(bob_client, groceries, [str(salt.pk), tea], list=str(shed.pk))
    assert (refused.status_code, refused.json()["code"]) == (409, "merge_conflict")
    assert refused.json()["field"] == "note"
    assert names(groceries) == "Salt Tea"


def test_items_that_are_moved_to_a_list_are_one_change_of_each_list(
    bob_client: Any, groceries: ShoppingList, shed: ShoppingList
) -> None:
    """ITM-132: with the same operation id, also if the request has none."""
    a, b, _ = fill(groceries, "a", "b", "c")
    for headers in ({}, {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}):
        version, other = current_version(groceries), current_version(shed)
        body = {"items": [b, a], "list": str(shed.pk)}
        response = bob_client.post(f"{url_of_items(groceries)}move/", body, **headers)
        assert response.status_code == 200
        assert set(response.json()["items"]) == {a, b}
        assert response.json()["version"] == current_version(groceries) == version + 1
        assert response.json()["other"]["version"] == current_version(shed) == other + 1
        assert (names(groceries), names(shed)) == ("c", "b a")
        pair = Activity.objects.order_by("-pk")[:2]
        assert {each.verb for each in pair} == {"items.removed", "items.added"}
        assert pair[0].operation_id == pair[1].operation_id is not None
        assert undo(bob_client, groceries).status_code == 200
    assert (names(groceries), names(shed)) == ("a b c", "")


@pytest.mark.parametrize("side", ["source", "target"])
def test_move_is_undone_and_redone_on_both_lists(
    side: str, bob_client: Any, groceries: ShoppingList, shed: ShoppingList
) -> None:
    """ITM-133"""
    a, _ = fill(groceries, "a", "b")
    move(bob_client, groceries, [a], list=str(shed.pk))
    shopping_list = groceries if side == "source" else shed
    undone = undo(bob_client, shopping_list)
    assert undone.status_code == 200
    assert undone.json()["undoes"] == current_version(shopping_list) - 1
    assert (names(groceries), names(shed)) == ("a b", "")
    for each in (groceries, shed):
        newest = Activity.objects.filter(list_id=each.pk).latest("version")
        assert (newest.verb, newest.undoes) == ("undo", newest.version - 1)
    assert undo(bob_client, shopping_list).status_code == 200
    assert (names(groceries), names(shed)) == ("b", "a")
    assert undo(bob_client, groceries if side == "target" else shed).status_code == 200
    assert (names(groceries), names(shed)) == ("a b", "")


def test_move_is_undone_on_neither_list_if_one_has_changed(
    bob_client: Any, groceries: ShoppingList, shed: ShoppingList
) -> None:
    """ITM-133: the response has the rows of both lists."""
    [a] = fill(groceries, "a")
    moved = move(bob_client, groceries, [a], list=str(shed.pk)).json()
    copied = moved["other"]["results"][0]["item"]["id"]
    bob_client.patch(f"{url_of_items(shed)}{copied}/", {"note": "x"})
    refused = undo(bob_client, groceries)
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_undo")
    assert refused.json()["rows"] == [{"item": copied, "name": "a", "reason": "was changed since"}]
    assert (names(groceries), names(shed)) == ("", "a")


@pytest.mark.parametrize("change", ["removed", "viewer", "trash", "deleted"])
def test_move_cannot_be_undone_without_access_to_the_other_list(
    change: str, bob: User, bob_client: Any, groceries: ShoppingList, shed: ShoppingList
) -> None:
    """ITM-133, API-2: and the response says nothing of it."""
    [a] = fill(groceries, "a")
    move(bob_client, groceries, [a], list=str(shed.pk))
    membership = Membership.objects.filter(shopping_list=shed, user=bob)
    if change == "removed":
        membership.delete()
    elif change == "viewer":
        membership.update(role="viewer")
    elif change == "deleted":
        ShoppingList.objects.get(pk=shed.pk).delete()
    else:
        shed.refresh_from_db()
        shed.deleted_at = shed.created_at
        shed.save()
    refused = undo(bob_client, groceries)
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_undo")
    assert "between two lists" in refused.json()["detail"]
    assert "Hardware" not in refused.content.decode()
    assert names(groceries) == ""


def test_move_that_the_other_list_had_already_is_undone_alone(
    bob_client: Any, groceries: ShoppingList, shed: ShoppingList
) -> None:
    """ITM-133"""
    shed.items.create(name="Salt", quantity="1")
    salt = groceries.items.create(name="Salt", quantity="1")
    version = current_version(shed)
    moved = move(bob_client, groceries, [str(salt.pk)], list=str(shed.pk)).json()
    assert [line["outcome"] for line in moved["other"]["results"]] == ["merged"]
    assert moved["other"]["version"] == current_version(shed) == version
    assert undo(bob_client, groceries).status_code == 200
    assert (names(groceries), current_version(shed)) == ("Salt", version)


def test_list_in_the_body_needs_the_role_editor_there(
    bob: User, bob_client: Any, token_client: Any, groceries: ShoppingList, hardware: ShoppingList
) -> None:
    """ITM-134, API-2, API-3: a list of others looks like one that does not exist."""
    [a] = fill(groceries, "a")
    unknown = ShoppingList(pk=uuid.uuid4())
    refused = [
        copy(bob_client, groceries, [a], unknown),
        copy(bob_client, groceries, [a], hardware),
        copy(token_client(bob, list_id=groceries.pk), groceries, [a], hardware),
        move(bob_client, groceries, [a], list=str(hardware.pk)),
    ]
    contents = {(response.status_code, str(response.json()["errors"])) for response in refused}
    assert len(contents) == 1
    assert contents.pop()[0] == 400
    assert list(copy(bob_client, groceries, [a], groceries).json()["errors"]) == ["list"]
    Membership.objects.create(shopping_list=hardware, user=bob, role="ticker")
    assert copy(bob_client, groceries, [a], hardware).status_code == 403
    assert move(bob_client, groceries, [a], list=str(hardware.pk)).status_code == 403
    assert names(groceries) == "a"


def test_repeated_copy_needs_access_to_both_lists(
    bob: User, bob_client: Any, groceries: ShoppingList, shed: ShoppingList
) -> None:
    """ITM-134, API-7"""
    [a] = fill(groceries, "a")
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
    url, body = f"{url_of_items(groceries)}copy/", {"items": [a], "list": str(shed.pk)}
    first = bob_client.post(url, body, **key)
    assert first.status_code == 200
    assert bob_client.post(url, body, **key).json() == first.json()
    Membership.objects.filter(shopping_list=shed, user=bob).delete()
    assert bob_client.post(url, body, **key).status_code == 400
    assert names(shed) == "a"


def test_key_of_another_change_is_refused_for_a_move(
    bob_client: Any, groceries: ShoppingList, shed: ShoppingList
) -> None:
    """ITM-132: the changes of a move are known by it."""
    [a] = fill(groceries, "a")
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
    bob_client.post(url_of_items(shed), {"name": "Nails"}, **key)
    body = {"items": [a], "list": str(shed.pk)}
    refused = bob_client.post(f"{url_of_items(groceries)}move/", body, **key)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert names(groceries) == "a"


def test_two_changes_with_one_key_are_no_move(
    bob_client: Any, groceries: ShoppingList, shed: ShoppingList
) -> None:
    """ITM-133"""
    [a] = fill(groceries, "a")
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
    bob_client.post(url_of_items(shed), {"name": "a"}, **key)
    bob_client.post(f"{url_of_items(groceries)}remove/", {"items": [a]}, **key)
    assert undo(bob_client, groceries).status_code == 200
    assert (names(groceries), names(shed)) == ("a", "a")


def test_query_count_of_a_move_does_not_depend_on_the_number_of_items(
    bob_client: Any, groceries: ShoppingList, shed: ShoppingList, django_assert_max_num_queries: Any
) -> None:
    """ITM-130, ITM-131, API-17"""
    _, *ids = fill(groceries, *(f"Item {number}" for number in range(41)))
    with django_assert_max_num_queries(20):
        assert move(bob_client, groceries, ids[:30], after=ids[-1]).status_code == 200
    with django_assert_max_num_queries(25):
        assert copy(bob_client, groceries, ids[:20], shed).status_code == 200
    with django_assert_max_num_queries(35):
        response = move(bob_client, groceries, ids, list=str(shed.pk))
    assert response.status_code == 200
    assert names(groceries) == "Item 0"
    with django_assert_max_num_queries(35):
        assert undo(bob_client, groceries).status_code == 200
    assert ShoppingItem.objects.filter(shopping_list=groceries).count() == 41
