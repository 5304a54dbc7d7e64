"""The OpenAPI document says what is served."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.test import APIClient

from accounts.models import User
from shopping_list.models import Membership
from tests.support.permission_matrix import (
    ITEM,
    ITEMS,
    LIST,
    NEW,
    OPERATIONS,
    OWN,
    UNDO,
    Operation,
    fill_template,
)
from tests.support.routes import UNKNOWN, route_shape, send
from tests.support.scenario import create_list

JSON, PROBLEM = "application/json", "application/problem+json"
FORMATS = FormatChecker()


@FORMATS.checks("date-time")
def is_rfc_3339_utc(value: Any) -> bool:
    return not isinstance(value, str) or bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value)
    )


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """Return a validator that also refuses members that the document does not have."""
    components = {name: closed(one) for name, one in document["components"]["schemas"].items()}
    return Draft202012Validator(
        {**schema, "components": {"schemas": components}}, format_checker=FORMATS
    )


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    return {"additionalProperties": False, **schema} if "properties" in schema else schema


def operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    for known, operations in document["paths"].items():
        if route_shape(known) == route_shape(path):
            found: dict[str, Any] = operations[method.lower()]
            return found
    raise AssertionError(f"{path} is not in the document")


def agree(document: dict[str, Any], method: str, path: str, answer: Any) -> None:
    """Assert that an answer is one that the document has for the operation."""
    responses = operation(document, method, path)["responses"]
    described = responses.get(str(answer.status_code))
    assert described is not None, f"{answer.status_code} is not described"
    for header in described.get("headers", {}):
        assert header in answer.headers
    if not answer.content:
        assert "content" not in described
        return
    schema = described["content"][answer["Content-Type"]]["schema"]
    validator(document, schema).validate(answer.json())


@pytest.fixture
def scene(ana: User, bob: User) -> dict[str, Any]:
    return {**create_list(ana, bob, "Groceries"), "me": bob.pk}


def do(client: APIClient, act: Operation, values: dict[str, Any], **headers: str) -> Any:
    path = f"/api/{fill_template(act.path, values)}"
    return send(client, act.method, path, fill_template(act.body, values), **headers)


def test_it_is_openapi_3_1_and_generates_without_a_warning() -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert out.getvalue().startswith("openapi: 3.1.")


def test_it_is_served_to_everybody(anonymous_client: APIClient, db: None) -> None:
    answer = anonymous_client.get("/api/schema/?format=json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1.")
    assert len(answer.json()["paths"]) > 15


@pytest.mark.parametrize("act", OPERATIONS, ids=str)
def test_what_is_served_is_what_is_described(
    act: Operation, document: dict[str, Any], scene: dict[str, Any], ana_client: APIClient
) -> None:
    """API-18"""
    path = f"/api/{act.path}"
    body = fill_template(act.body, scene)
    if body is not None:
        request = operation(document, act.method, path)["requestBody"]["content"][JSON]["schema"]
        validator(document, request).validate(body)
    answer = do(ana_client, act, scene)
    assert answer.status_code == act.success_status
    agree(document, act.method, path, answer)


@pytest.mark.parametrize("act", OPERATIONS, ids=str)
def test_refusals_are_as_described(
    *,
    act: Operation,
    document: dict[str, Any],
    scene: dict[str, Any],
    join_as: Callable[[str], APIClient],
    mallory_client: APIClient,
) -> None:
    """API-18"""
    refused = {401: do(APIClient(), act, scene), 404: do(mallory_client, act, scene)}
    if act.min_role != "viewer":
        refused[403] = do(join_as("viewer"), act, scene)
    if act.method != "GET":
        refused[400] = do(mallory_client, act, scene, HTTP_IDEMPOTENCY_KEY="milk")
    for status, answer in refused.items():
        assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
        agree(document, act.method, f"/api/{act.path}", answer)


@pytest.fixture
def join_as(
    scene: dict[str, Any], make_user: Any, signed_in_client: Any
) -> Callable[[str], APIClient]:
    """Sign in somebody who has that role on the scene's list."""

    def join(role: str) -> APIClient:
        person = make_user(role)
        Membership.objects.create(shopping_list_id=scene["list"], user=person, role=role)
        client: APIClient = signed_in_client(person)
        return client

    return join


@pytest.mark.parametrize(("method", "path"), OWN)
def test_what_needs_no_list_is_as_described(
    *,
    method: str,
    path: str,
    document: dict[str, Any],
    scene: dict[str, Any],
    ana_client: APIClient,
) -> None:
    body = {"name": "Party"} if method == "POST" else None
    for client in (ana_client, APIClient()):
        agree(document, method, f"/api/{path}", send(client, method, f"/api/{path}", body))


def test_what_is_taken_stale_or_used_is_as_described(
    document: dict[str, Any], scene: dict[str, Any], ana_client: APIClient
) -> None:
    one, items, item = (f"/api/{path}" for path in (LIST, ITEMS, ITEM))
    stale = {"HTTP_IF_MATCH": '"0"'}
    scene["created"] = 1
    key = {"HTTP_IDEMPOTENCY_KEY": UNKNOWN}

    def ask(status: int, method: str, path: str, body: Any = None, **headers: str) -> None:
        answer = send(ana_client, method, fill_template(path, scene), body, **headers)
        assert answer.status_code == status, answer.content
        agree(document, method, path.partition("?")[0], answer)

    ask(409, "POST", f"{items}?on_duplicate=error", {"name": "Milk"})
    ask(409, "POST", items, {"name": "Tea", "id": scene["item"]})
    ask(409, "POST", f"{items}bulk/", {"items": [{"name": "Tea", "id": scene["item"]}]})
    ask(409, "POST", "/api/shopping-lists/", {"name": "Tea", "id": scene["list"]})
    ask(409, "POST", f"/api/{UNDO % 'created'}")
    ask(200, "PATCH", item, {"quantity": "9"})
    ask(409, "POST", f"/api/{UNDO % 'edited'}")
    ask(412, "PATCH", one, {"name": "Tea"}, **stale)
    ask(412, "PUT", f"/api/{ITEMS}{NEW}/", {"name": "Tea"}, **stale)
    ask(412, "DELETE", item, **stale)
    ask(200, "GET", f"{one}activities/?since=0")
    ask(201, "POST", items, {"name": "Tea"}, **key)
    ask(422, "POST", items, {"name": "Jam"}, **key)
