"""Invalid input is rejected by the name of its field, and nothing is changed."""

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


def cases(field: str, values: dict[str, Any], **other_fields: Any) -> list[Any]:
    return [
        pytest.param(field, {**other_fields, field: value}, id=f"{field}: {name}")
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
        pytest.param(field, {"name": "Tea", field: "x" * (max_length + 1)}, id=f"{field}: too long")
        for field, max_length in TOO_LONG.items()
    ],
    *cases("nmae", {"unknown": "Tea"}, name="Tea"),
    *cases("position", {"set by the client": "a0"}, name="Tea"),
    *cases("version", {"set by the client": 5}, name="Tea"),
]
NOT_OBJECTS = [None, [], "Milk", 5, True, [{"name": "Milk"}]]


@pytest.fixture
def assert_unchanged(groceries: ShoppingList, milk: Any) -> Callable[[], None]:
    """Return a function that asserts that ana's list has not changed since."""
    before = current_version(groceries), set(groceries.items.values_list("pk", "name"))

    def check() -> None:
        assert (
            current_version(groceries),
            set(groceries.items.values_list("pk", "name")),
        ) == before

    return check


def assert_rejected(response: Any, field: str) -> None:
    """Assert that a response names the field and a rule."""
    body = response.json()
    assert response.status_code == 400, response.content
    assert body["code"] == "invalid"
    assert list(body["errors"]) == [field]
    assert all(len(rule) > 5 for rule in body["errors"][field])
    assert body["detail"].endswith(body["errors"][field][0])
    assert body["request_id"]


@pytest.mark.parametrize(("field", "body"), ITEM)
def test_invalid_item_field_is_reported(
    *, field: str, body: Any, bob_client: Any, items_url: str, milk: Any, assert_unchanged: Any
) -> None:
    """API-4"""
    assert_rejected(bob_client.post(items_url, body), field)
    assert_rejected(bob_client.put(url_of_item(milk), body), field)
    assert_rejected(bob_client.put(f"{items_url}{uuid4()}/", body), field)
    assert_rejected(bob_client.patch(url_of_item(milk), body), field)
    assert_rejected(bob_client.post(f"{items_url}bulk/", {"items": [body]}), f"items.0.{field}")
    assert_unchanged()


@pytest.mark.database
@pytest.mark.parametrize(("field", "body"), cases("id", IDS, name="Tea"))
def test_invalid_id_is_reported(
    field: str, body: Any, ana_client: Any, items_url: str, assert_unchanged: Any
) -> None:
    assert_rejected(ana_client.post(items_url, body), field)
    assert_rejected(ana_client.post("/api/shopping-lists/", body), field)
    assert_unchanged()


@pytest.mark.parametrize(
    ("field", "body"),
    [
        *cases("name", {**TEXT, **NOT_BLANK, "too long": "x" * 201}),
        *cases("nmae", {"unknown": "Tea"}, name="Tea"),
        *cases("version", {"set by the client": 5}, name="Tea"),
        *cases("members", {"other endpoint": []}, name="Tea"),
    ],
)
def test_invalid_list_field_is_reported(
    field: str, body: Any, ana_client: Any, groceries: ShoppingList, assert_unchanged: Any
) -> None:
    assert_rejected(ana_client.post("/api/shopping-lists/", body), field)
    assert_rejected(ana_client.put(url_of_list(groceries), body), field)
    assert_rejected(ana_client.patch(url_of_list(groceries), body), field)
    assert ShoppingList.objects.count() == 1
    assert_unchanged()


@pytest.mark.database
@pytest.mark.parametrize("field", ["name", "quantity", "note", "category"])
def test_text_of_the_maximum_length_is_accepted(
    field: str, bob_client: Any, items_url: str
) -> None:
    longest_text = "é" * TOO_LONG[field]
    response = bob_client.post(items_url, {"name": "Tea", field: f" {longest_text} "})
    assert (response.status_code, response.json()[field]) == (201, longest_text)
    decomposed = "e\u0301" * TOO_LONG[field]
    assert (
        bob_client.patch(f"{items_url}{response.json()['id']}/", {field: decomposed}).status_code
        == 200
    )


@pytest.mark.parametrize("body", NOT_OBJECTS, ids=str)
def test_body_that_is_not_an_object_is_rejected_by_every_endpoint(
    *,
    body: Any,
    ana_client: Any,
    items_url: str,
    groceries: ShoppingList,
    milk: Any,
    assert_unchanged: Any,
) -> None:
    """API-4"""
    url = url_of_list(groceries)
    for method, path in (
        ("POST", "/api/shopping-lists/"),
        *((method, url) for method in ("PUT", "PATCH")),
        *((method, url_of_item(milk)) for method in ("PUT", "PATCH")),
        *(("POST", f"{items_url}{verb}") for verb in ("", "bulk/", "tick/", "untick/", "remove/")),
        *(("PUT", f"{url}{verb}-members/") for verb in ("add", "remove")),
        ("PATCH", f"{url}members/{groceries.created_by_id}/"),
    ):
        response = ana_client.generic(method, path, json.dumps(body), "application/json")
        assert_rejected(response, "non_field_errors")
    assert_unchanged()


@pytest.mark.parametrize(
    ("body", "message"),
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
def test_invalid_json_is_rejected(
    *, body: Any, message: str, bob_client: Any, items_url: str, milk: Any, assert_unchanged: Any
) -> None:
    for path, headers in ((items_url, {}), (items_url, {"HTTP_IDEMPOTENCY_KEY": str(uuid4())})):
        response = bob_client.generic("POST", path, body, "application/json", **headers)
        assert response.status_code == 400
        expected = "errors" in response.json() if not body else message in response.json()["detail"]
        assert expected, response.content
    assert_unchanged()


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data", ""]
)
def test_unsupported_content_type_returns_415(
    content_type: str, bob_client: Any, items_url: str, assert_unchanged: Any
) -> None:
    for headers in ({}, {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}):
        response = bob_client.generic("POST", items_url, '{"name": "Tea"}', content_type, **headers)
        assert response.status_code == 415
    assert_unchanged()


SELECTIONS = [
    *cases("items", {**IDS, "empty": [], "null": None, "not an array": 5, "object": {}}),
    *cases("purchased", BOOLEANS),
    *cases("itmes", {"unknown": []}, purchased=True),
]


@pytest.mark.parametrize("verb", ["tick", "untick", "remove"])
@pytest.mark.parametrize(("field", "body"), SELECTIONS)
def test_invalid_selection_of_items_is_reported(
    *, field: str, body: Any, verb: str, bob_client: Any, items_url: str, assert_unchanged: Any
) -> None:
    response = bob_client.post(f"{items_url}{verb}/", body)
    assert response.status_code == 400
    assert {name.split(".")[0] for name in response.json()["errors"]} == {field}
    assert_unchanged()


@pytest.mark.parametrize("verb", ["tick", "untick", "remove"])
def test_selection_needs_exactly_one_criterion_and_at_most_1000_ids(
    verb: str, bob_client: Any, items_url: str, milk: Any, assert_unchanged: Any
) -> None:
    assert_rejected(bob_client.post(f"{items_url}{verb}/", {}), "items")
    assert_rejected(
        bob_client.post(f"{items_url}{verb}/", {"items": [str(milk.pk)], "purchased": True}),
        "items",
    )
    too_many = [str(uuid4()) for _ in range(1001)]
    assert_rejected(bob_client.post(f"{items_url}{verb}/", {"items": too_many}), "items")
    assert_unchanged()


MEMBER_IDS = {
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
    "not an array": 1,
}


@pytest.mark.database
@pytest.mark.parametrize(("field", "body"), cases("members", MEMBER_IDS))
def test_invalid_member_ids_are_reported(
    field: str, body: Any, ana_client: Any, groceries: ShoppingList, assert_unchanged: Any
) -> None:
    for verb in ("add", "remove"):
        response = ana_client.put(f"{url_of_list(groceries)}{verb}-members/", body)
        if verb == "remove" and body["members"] == [2**63 - 1]:
            assert response.status_code == 200  # no such member, so there is nothing to remove
        else:
            assert response.status_code == 400, response.content
            assert {name.split(".")[0] for name in response.json()["errors"]} == {field}
    assert_unchanged()


@pytest.mark.parametrize(
    "role", ["", "Owner", "admin", 1, None, True, ["owner"], {"role": "owner"}]
)
def test_invalid_role_is_reported(
    role: Any, ana_client: Any, groceries: ShoppingList, bob: Any, assert_unchanged: Any
) -> None:
    assert_rejected(
        ana_client.patch(f"{url_of_list(groceries)}members/{bob.pk}/", {"role": role}), "role"
    )
    assert_rejected(ana_client.patch(f"{url_of_list(groceries)}members/{bob.pk}/", {}), "role")
    assert_unchanged()


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
@pytest.mark.parametrize(("endpoint", "name", "value"), QUERIES)
def test_invalid_query_parameter_is_reported(
    endpoint: str, name: str, value: str, bob_client: Any, groceries: ShoppingList
) -> None:
    """API-4"""
    urls = {
        "": "/api/shopping-lists/",
        "items": f"{url_of_list(groceries)}shopping-items/",
        "activities": f"{url_of_list(groceries)}activities/",
        "all": "/api/search-shopping-items/",
    }
    assert_rejected(bob_client.get(urls[endpoint], {name: value}), name)


@pytest.mark.parametrize("value", ["", "maybe", "Error"])
def test_invalid_on_duplicate_value_is_reported(
    value: str, bob_client: Any, items_url: str, assert_unchanged: Any
) -> None:
    assert_rejected(
        bob_client.post(f"{items_url}?on_duplicate={value}", {"name": "Tea"}), "on_duplicate"
    )
    assert_unchanged()


@pytest.mark.database
@pytest.mark.parametrize("search", ["%ED%A0%80", "%FF", "%", "%25", "_", "\\", "'", "\u0661"])
def test_search_with_special_characters_returns_no_items(
    search: str, bob_client: Any, items_url: str, milk: Any
) -> None:
    response = bob_client.get(f"{items_url}?search={search}")
    body = response.json()
    assert (response.status_code, body["count"]) == (200, 0), body
