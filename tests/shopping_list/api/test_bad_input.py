"""What is wrong is refused by the name of its field; nothing is half done."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from shopping_list.models import ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_list

TEXT = {
    "number": 5,
    "boolean": True,
    "array": ["Milk"],
    "object": {"de": "Milch"},
    "control character": "Mi\u0007lk",
    "next line": "Mi\u0085lk",
    "line break": "Milk\nBread",
    "NUL": "Milk\x00",
    "direction override": "Milk\u202egnp.exe",
    "isolate": "\u2066Milk\u2069",
    "tab at the end": "Milk\t",
}
NOT_BLANK = {"null": None, "empty": "", "spaces": "   ", "no-break space": "\u00a0"}
TOO_LONG = {"name": 200, "quantity": 50, "note": 1000, "category": 100}
BOOLEANS = {"text": "true", "one": 1, "zero": 0, "null": None, "array": [True]}
IDS = {
    "number": 5,
    "boolean": True,
    "text": "milk",
    "no hyphens": uuid4().hex,
    "braces": f"{{{uuid4()}}}",
    "urn": f"urn:uuid:{uuid4()}",
    "array": [str(uuid4())],
    "NUL": "\x00" * 36,
}


def cases(field: str, values: dict[str, Any], **others: Any) -> list[Any]:
    return [
        pytest.param(field, {**others, field: value}, id=f"{field}: {name}")
        for name, value in values.items()
    ]


ITEM = [
    *cases("name", {**TEXT, **NOT_BLANK}),
    *cases("quantity", {**TEXT, "null": None}, name="Tea"),
    *cases("note", {**TEXT, "null": None}, name="Tea"),
    *cases("category", {**TEXT, "null": None}, name="Tea"),
    *cases("purchased", BOOLEANS, name="Tea"),
    *cases("after", {**IDS, "unknown": str(uuid4())}, name="Tea"),
    *[
        pytest.param(field, {"name": "Tea", field: "x" * (most + 1)}, id=f"{field}: too long")
        for field, most in TOO_LONG.items()
    ],
    *cases("nmae", {"unknown": "Tea"}, name="Tea"),
    *cases("position", {"of the client": "a0"}, name="Tea"),
    *cases("version", {"of the client": 5}, name="Tea"),
]
NOT_OBJECTS = [None, [], "Milk", 5, True, [{"name": "Milk"}]]


@pytest.fixture
def untouched(groceries: ShoppingList, milk: Any) -> Callable[[], None]:
    """Assert that nothing was done to ana's list since."""
    before = current_version(groceries), set(groceries.items.values_list("pk", "name"))

    def check() -> None:
        assert (
            current_version(groceries),
            set(groceries.items.values_list("pk", "name")),
        ) == before

    return check


def refused(answer: Any, field: str) -> None:
    """Assert that an answer names the field and a rule."""
    body = answer.json()
    assert answer.status_code == 400, answer.content
    assert body["code"] == "invalid"
    assert list(body["errors"]) == [field]
    assert all(len(rule) > 5 for rule in body["errors"][field])
    assert body["detail"].endswith(body["errors"][field][0])
    assert body["request_id"]


@pytest.mark.parametrize(("field", "body"), ITEM)
def test_a_bad_field_of_an_item_is_named(
    *, field: str, body: Any, bob_client: Any, items_url: str, milk: Any, untouched: Any
) -> None:
    """API-4"""
    refused(bob_client.post(items_url, body), field)
    refused(bob_client.put(url_of_item(milk), body), field)
    refused(bob_client.put(f"{items_url}{uuid4()}/", body), field)
    refused(bob_client.patch(url_of_item(milk), body), field)
    refused(bob_client.post(f"{items_url}bulk/", {"items": [body]}), f"items.0.{field}")
    untouched()


@pytest.mark.database
@pytest.mark.parametrize(("field", "body"), cases("id", IDS, name="Tea"))
def test_a_bad_id_is_named(
    field: str, body: Any, ana_client: Any, items_url: str, untouched: Any
) -> None:
    refused(ana_client.post(items_url, body), field)
    refused(ana_client.post("/api/shopping-lists/", body), field)
    untouched()


@pytest.mark.parametrize(
    ("field", "body"),
    [
        *cases("name", {**TEXT, **NOT_BLANK, "too long": "x" * 201}),
        *cases("nmae", {"unknown": "Tea"}, name="Tea"),
        *cases("version", {"of the client": 5}, name="Tea"),
        *cases("members", {"elsewhere": []}, name="Tea"),
    ],
)
def test_a_bad_field_of_a_list_is_named(
    field: str, body: Any, ana_client: Any, groceries: ShoppingList, untouched: Any
) -> None:
    refused(ana_client.post("/api/shopping-lists/", body), field)
    refused(ana_client.put(url_of_list(groceries), body), field)
    refused(ana_client.patch(url_of_list(groceries), body), field)
    assert ShoppingList.objects.count() == 1
    untouched()


@pytest.mark.database
@pytest.mark.parametrize("field", ["name", "quantity", "note", "category"])
def test_text_of_the_greatest_length_fits(field: str, bob_client: Any, items_url: str) -> None:
    longest = "é" * TOO_LONG[field]
    answer = bob_client.post(items_url, {"name": "Tea", field: f" {longest} "})
    assert (answer.status_code, answer.json()[field]) == (201, longest)
    decomposed = "e\u0301" * TOO_LONG[field]
    assert (
        bob_client.patch(f"{items_url}{answer.json()['id']}/", {field: decomposed}).status_code
        == 200
    )


@pytest.mark.parametrize("body", NOT_OBJECTS, ids=str)
def test_a_body_that_is_no_object_is_refused_everywhere(
    *,
    body: Any,
    ana_client: Any,
    items_url: str,
    groceries: ShoppingList,
    milk: Any,
    untouched: Any,
) -> None:
    """API-4"""
    at = url_of_list(groceries)
    for method, path in (
        ("POST", "/api/shopping-lists/"),
        *((method, at) for method in ("PUT", "PATCH")),
        *((method, url_of_item(milk)) for method in ("PUT", "PATCH")),
        *(("POST", f"{items_url}{verb}") for verb in ("", "bulk/", "tick/", "untick/", "remove/")),
        *(("PUT", f"{at}{verb}-members/") for verb in ("add", "remove")),
        ("PATCH", f"{at}members/{groceries.created_by_id}/"),
    ):
        answer = ana_client.generic(method, path, json.dumps(body), "application/json")
        refused(answer, "non_field_errors")
    untouched()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"name": "Tea"', "not valid JSON"),
        ('{"name": "\\ud800"}', "UTF-8"),
        ('{"name": "a", "name": "b"}', "twice"),
        ('{"name": NaN}', "not JSON"),
        (b'{"name": "\xff"}', "UTF-8"),
        ("", "not valid JSON"),
    ],
    ids=["cut off", "lone surrogate", "twice", "NaN", "not UTF-8", "empty"],
)
def test_what_is_no_json_is_refused(
    *, body: Any, said: str, bob_client: Any, items_url: str, milk: Any, untouched: Any
) -> None:
    for path, key in ((items_url, {}), (items_url, {"HTTP_IDEMPOTENCY_KEY": str(uuid4())})):
        answer = bob_client.generic("POST", path, body, "application/json", **key)
        assert answer.status_code == 400
        expected = "errors" in answer.json() if not body else said in answer.json()["detail"]
        assert expected, answer.content
    untouched()


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_another_kind_of_body_is_refused(
    kind: str, bob_client: Any, items_url: str, untouched: Any
) -> None:
    for key in ({}, {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}):
        answer = bob_client.generic("POST", items_url, '{"name": "Tea"}', kind, **key)
        assert answer.status_code == 415
    untouched()


MANY = [
    *cases("items", {**IDS, "empty": [], "null": None, "of numbers": 5, "object": {}}),
    *cases("purchased", BOOLEANS),
    *cases("itmes", {"unknown": []}, purchased=True),
]


@pytest.mark.parametrize("verb", ["tick", "untick", "remove"])
@pytest.mark.parametrize(("field", "body"), MANY)
def test_a_bad_choice_of_many_is_named(
    *, field: str, body: Any, verb: str, bob_client: Any, items_url: str, untouched: Any
) -> None:
    answer = bob_client.post(f"{items_url}{verb}/", body)
    assert answer.status_code == 400
    assert {name.split(".")[0] for name in answer.json()["errors"]} == {field}
    untouched()


@pytest.mark.parametrize("verb", ["tick", "untick", "remove"])
def test_many_are_chosen_in_exactly_one_way(
    verb: str, bob_client: Any, items_url: str, milk: Any, untouched: Any
) -> None:
    refused(bob_client.post(f"{items_url}{verb}/", {}), "items")
    refused(
        bob_client.post(f"{items_url}{verb}/", {"items": [str(milk.pk)], "purchased": True}),
        "items",
    )
    thousand = [str(uuid4()) for _ in range(1001)]
    refused(bob_client.post(f"{items_url}{verb}/", {"items": thousand}), "items")
    untouched()


PEOPLE = {
    "text": ["1"],
    "fraction": [1.5],
    "boolean": [True],
    "null": [None],
    "zero": [0],
    "negative": [-1],
    "huge": [2**63 - 1],
    "array": [[1]],
    "too many": list(range(1, 202)),
    "empty": [],
    "no array": 1,
}


@pytest.mark.database
@pytest.mark.parametrize(("field", "body"), cases("members", PEOPLE))
def test_bad_people_are_named(
    field: str, body: Any, ana_client: Any, groceries: ShoppingList, untouched: Any
) -> None:
    for verb in ("add", "remove"):
        answer = ana_client.put(f"{url_of_list(groceries)}{verb}-members/", body)
        if verb == "remove" and body["members"] == [2**63 - 1]:
            assert answer.status_code == 200  # nobody, so nothing to do
        else:
            assert answer.status_code == 400, answer.content
            assert {name.split(".")[0] for name in answer.json()["errors"]} == {field}
    untouched()


@pytest.mark.parametrize(
    "role", ["", "Owner", "admin", 1, None, True, ["owner"], {"role": "owner"}]
)
def test_a_bad_role_is_named(
    role: Any, ana_client: Any, groceries: ShoppingList, bob: Any, untouched: Any
) -> None:
    refused(ana_client.patch(f"{url_of_list(groceries)}members/{bob.pk}/", {"role": role}), "role")
    refused(ana_client.patch(f"{url_of_list(groceries)}members/{bob.pk}/", {}), "role")
    untouched()


NUMBERS = ["abc", "", "1.5", "-1", "1e3", "٣", "0x10", str(2**63), "9" * 5000, "1\x00", " 1"]
QUERIES = [
    *[("", "page_size", value) for value in (*NUMBERS, "0", "201")],
    *[("", "page", value) for value in (*NUMBERS, "0", "last", "1000001")],
    *[("", "ordering", value) for value in ("id", "-", "--name", "name;", "members", "\x00")],
    *[("", "search", value) for value in ("\x00", "a\u202eb", "x" * 201, "a\nb")],
    *[("items", "page_size", value) for value in (*NUMBERS, "0", "1001")],
    *[("items", "page", value) for value in (*NUMBERS, "0")],
    *[("items", "ordering", value) for value in ("last_interaction", "name_key", "note", "?")],
    *[("items", "purchased", value) for value in ("", "1", "True", "yes", "null", "\x00")],
    *[("items", "search", value) for value in ("\x00", "x" * 201)],
    *[("activities", "since", value) for value in NUMBERS],
    *[("activities", "page_size", value) for value in (*NUMBERS, "0", "201")],
    *[("activities", "cursor", value) for value in ("abc", "é", "cD1hYmM=", "cD0tMQ==")],
    *[("activities", "cursor", value) for value in ("cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk=",)],
    *[("all", "purchased", value) for value in ("", "maybe")],
    *[("all", "search", value) for value in ("\x00", "x" * 201)],
    *[("all", "page", value) for value in ("0", "a")],
]


@pytest.mark.database
@pytest.mark.parametrize(("where", "name", "value"), QUERIES)
def test_a_bad_parameter_is_named(
    where: str, name: str, value: str, bob_client: Any, groceries: ShoppingList
) -> None:
    """API-4"""
    addresses = {
        "": "/api/shopping-lists/",
        "items": f"{url_of_list(groceries)}shopping-items/",
        "activities": f"{url_of_list(groceries)}activities/",
        "all": "/api/search-shopping-items/",
    }
    refused(bob_client.get(addresses[where], {name: value}), name)


@pytest.mark.parametrize("value", ["", "maybe", "Error"])
def test_a_bad_way_to_handle_duplicates_is_named(
    value: str, bob_client: Any, items_url: str, untouched: Any
) -> None:
    refused(bob_client.post(f"{items_url}?on_duplicate={value}", {"name": "Tea"}), "on_duplicate")
    untouched()


@pytest.mark.database
@pytest.mark.parametrize("search", ["%ED%A0%80", "%FF", "%", "%25", "_", "\\", "'", "\u0661"])
def test_strange_searches_find_nothing_and_do_no_harm(
    search: str, bob_client: Any, items_url: str, milk: Any
) -> None:
    answer = bob_client.get(f"{items_url}?search={search}")
    found = answer.json()
    assert (answer.status_code, found["count"]) == (200, 0), found
