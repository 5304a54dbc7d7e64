"""The OpenAPI document matches the responses of the API."""

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
    """Return a validator that also rejects properties that the document does not have."""
    components = {
        name: closed(component) for name, component in document["components"]["schemas"].items()
    }
    return Draft202012Validator(
        {**schema, "components": {"schemas": components}}, format_checker=FORMATS
    )


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    return {"additionalProperties": False, **schema} if "properties" in schema else schema


def documented_operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    for known, operations in document["paths"].items():
        if route_shape(known) == route_shape(path):
            operation: dict[str, Any] = operations[method.lower()]
            return operation
    raise AssertionError(f"{path} is not in the document")


def assert_documented(document: dict[str, Any], method: str, path: str, response: Any) -> None:
    """Assert that the document describes this response of the operation."""
    responses = documented_operation(document, method, path)["responses"]
    described = responses.get(str(response.status_code))
    assert described is not None, f"{response.status_code} is not described"
    for header in described.get("headers", {}):
        assert header in response.headers
    if not response.content:
        assert "content" not in described
        return
    schema = described["content"][response["Content-Type"]]["schema"]
    validator(document, schema).validate(response.json())


@pytest.fixture
def scene(ana: User, bob: User) -> dict[str, Any]:
    other = create_list(ana, bob, "Other")["list"]
    return {**create_list(ana, bob, "Groceries"), "me": bob.pk, "other": other}


def send_operation(
    client: APIClient, operation: Operation, values: dict[str, Any], **headers: str
) -> Any:
    path = f"/api/{fill_template(operation.path, values)}"
    return send(client, operation.method, path, fill_template(operation.body, values), **headers)


def test_document_is_openapi_3_1_and_generates_without_warnings() -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert out.getvalue().startswith("openapi: 3.1.")


def test_document_is_public(anonymous_client: APIClient, db: None) -> None:
    response = anonymous_client.get("/api/schema/?format=json")
    assert response.status_code == 200
    assert response.json()["openapi"].startswith("3.1.")
    assert len(response.json()["paths"]) > 15


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_successful_responses_match_the_document(
    operation: Operation, document: dict[str, Any], scene: dict[str, Any], ana_client: APIClient
) -> None:
    """API-18"""
    path = f"/api/{operation.path}"
    body = fill_template(operation.body, scene)
    if body is not None:
        request = documented_operation(document, operation.method, path)["requestBody"]["content"][
            JSON
        ]["schema"]
        validator(document, request).validate(body)
    response = send_operation(ana_client, operation, scene)
    assert response.status_code == operation.success_status
    assert_documented(document, operation.method, path, response)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_error_responses_match_the_document(
    *,
    operation: Operation,
    document: dict[str, Any],
    scene: dict[str, Any],
    join_as: Callable[[str], APIClient],
    mallory_client: APIClient,
) -> None:
    """API-18"""
    responses = {
        401: send_operation(APIClient(), operation, scene),
        404: send_operation(mallory_client, operation, scene),
    }
    if operation.min_role != "viewer":
        responses[403] = send_operation(join_as("viewer"), operation, scene)
    if operation.method != "GET":
        responses[400] = send_operation(
            mallory_client, operation, scene, HTTP_IDEMPOTENCY_KEY="milk"
        )
    for status, response in responses.items():
        assert (response.status_code, response["Content-Type"]) == (status, PROBLEM)
        assert_documented(document, operation.method, f"/api/{operation.path}", response)


@pytest.fixture
def join_as(
    scene: dict[str, Any], make_user: Any, signed_in_client: Any
) -> Callable[[str], APIClient]:
    """Sign in a new member who has that role on the scene's list."""

    def join(role: str) -> APIClient:
        user = make_user(role)
        Membership.objects.create(shopping_list_id=scene["list"], user=user, role=role)
        client: APIClient = signed_in_client(user)
        return client

    return join


@pytest.mark.parametrize(("method", "path"), OWN)
def test_responses_without_a_list_match_the_document(
    *,
    method: str,
    path: str,
    document: dict[str, Any],
    scene: dict[str, Any],
    ana_client: APIClient,
) -> None:
    body = {"name": "Party"} if method == "POST" else None
    for client in (ana_client, APIClient()):
        assert_documented(
            document, method, f"/api/{path}", send(client, method, f"/api/{path}", body)
        )


def test_conflict_and_precondition_responses_match_the_document(
    document: dict[str, Any], scene: dict[str, Any], ana_client: APIClient
) -> None:
    list_url, items_url, item_url = (f"/api/{path}" for path in (LIST, ITEMS, ITEM))
    stale_header = {"HTTP_IF_MATCH": '"0"'}
    scene["created"] = 1
    key_header = {"HTTP_IDEMPOTENCY_KEY": UNKNOWN}

    def check(status: int, method: str, path: str, body: Any = None, **headers: str) -> None:
        response = send(ana_client, method, fill_template(path, scene), body, **headers)
        assert response.status_code == status, response.content
        assert_documented(document, method, path.partition("?")[0], response)

    check(409, "POST", f"{items_url}?on_duplicate=error", {"name": "Milk"})
    check(409, "POST", items_url, {"name": "Tea", "id": scene["item"]})
    check(409, "POST", f"{items_url}bulk/", {"items": [{"name": "Tea", "id": scene["item"]}]})
    check(409, "POST", "/api/shopping-lists/", {"name": "Tea", "id": scene["list"]})
    check(409, "POST", f"/api/{UNDO % 'created'}")
    check(200, "PATCH", item_url, {"quantity": "9"})
    check(409, "POST", f"/api/{UNDO % 'edited'}")
    check(412, "PATCH", list_url, {"name": "Tea"}, **stale_header)
    check(412, "PUT", f"/api/{ITEMS}{NEW}/", {"name": "Tea"}, **stale_header)
    check(412, "DELETE", item_url, **stale_header)
    check(200, "GET", f"{list_url}activities/?since=0")
    check(201, "POST", items_url, {"name": "Tea"}, **key_header)
    check(422, "POST", items_url, {"name": "Jam"}, **key_header)
