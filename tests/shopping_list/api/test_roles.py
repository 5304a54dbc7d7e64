"""Every method of every route, for every role and token scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from accounts.models import User
from shopping_list.models import Membership, ShoppingList
from shopping_list.rows import ROLES
from tests.shopping_list.api.conftest import current_version
from tests.support.permission_matrix import (
    ANONYMOUS,
    CALLERS,
    OPERATIONS,
    OWN,
    PUBLIC,
    Operation,
    fill_template,
)
from tests.support.routes import UNKNOWN, VERBS, route_shape, routes, send
from tests.support.scenario import create_list

SCOPES = ("read", "tick", "write")


@pytest.fixture
def scene(ana: User, bob: User) -> dict[str, Any]:
    return create_list(ana, bob, "Groceries")


def send_operation(client: APIClient, operation: Operation, values: dict[str, Any]) -> Any:
    path = f"/api/{fill_template(operation.path, values)}"
    return send(client, operation.method, path, fill_template(operation.body, values))


@contextmanager
def rolled_back() -> Iterator[None]:
    """Roll the changes back, so that the next role finds the scene unchanged."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_role_gets_the_status_of_the_permission_matrix(
    operation: Operation,
    scene: dict[str, Any],
    make_user: Callable[..., User],
    signed_in_client: Callable[[User], APIClient],
) -> None:
    """API-1"""
    user = make_user("subject")
    client = signed_in_client(user)
    own_list = create_list(user, make_user("friend"), "Own")
    for role in CALLERS:
        with rolled_back():
            if role in ROLES:
                Membership.objects.create(shopping_list_id=scene["list"], user=user, role=role)
            before = current_version(ShoppingList(pk=scene["list"]))
            response = send_operation(
                APIClient() if role == ANONYMOUS else client,
                operation,
                {**scene, "me": user.pk, "other": own_list["list"]},
            )
            assert response.status_code == operation.status_for(role), (role, response.content)
            if response.status_code >= 400:
                assert response["Content-Type"] == "application/problem+json"
                assert current_version(ShoppingList(pk=scene["list"])) == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_token_scope_limits_what_its_owner_can_do(
    operation: Operation, scene: dict[str, Any], ana: User, bob: User, token_client: Any
) -> None:
    """API-1"""
    Membership.objects.filter(user=bob).update(role="owner")  # so that ana may leave
    other = create_list(ana, bob, "Other")["list"]
    for scope in SCOPES:
        expected_status = (
            operation.success_status
            if SCOPES.index(scope) >= SCOPES.index(operation.scope)
            else 403
        )
        with rolled_back():
            response = send_operation(
                token_client(ana, scope=scope),
                operation,
                {**scene, "me": ana.pk, "other": other},
            )
            assert response.status_code == expected_status, (scope, response.content)


def test_token_restricted_to_a_list_cannot_access_another(
    scene: dict[str, Any], ana: User, make_user: Any, token_client: Any
) -> None:
    """API-3"""
    other_scene = create_list(ana, make_user("carl"), "Other")
    client = token_client(ana, list_id=scene["list"])
    assert client.get(f"/api/shopping-lists/{scene['list']}/").status_code == 200
    assert client.get(f"/api/shopping-lists/{other_scene['list']}/").status_code == 404
    assert client.post(f"/api/shopping-lists/{other_scene['list']}/restore/").status_code == 404
    lists = client.get("/api/shopping-lists/").json()["results"]
    assert [row["id"] for row in lists] == [scene["list"]]
    items = client.get("/api/search-shopping-items/").json()["results"]
    assert {row["list"]["id"] for row in items} == {scene["list"]}
    assert client.post("/api/shopping-lists/", {"name": "New"}).status_code == 403


def test_read_only_token_cannot_create_lists(ana: User, token_client: Any) -> None:
    client = token_client(ana, scope="read")
    assert client.post("/api/shopping-lists/", {"name": "New"}).status_code == 403
    assert client.put(f"/api/shopping-lists/{UNKNOWN}/", {"name": "New"}).status_code == 403
    assert not ShoppingList.objects.exists()


@pytest.mark.parametrize(("method", "path"), OWN)
def test_request_without_credentials_returns_401(method: str, path: str, db: None) -> None:
    response = APIClient().generic(method, f"/api/{path}")
    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"
    assert response["WWW-Authenticate"].startswith("Bearer")


OTHER_MODULES = ("shopping_list.api.exports", "shopping_list.api.imports")
"""Modules that have their own permission matrix."""


def test_permission_matrix_has_every_method_of_every_route() -> None:
    """API-1"""
    views = [(path, getattr(view, "view_class", object)) for path, view in routes()]
    served = {
        (verb.upper(), route_shape(path.removeprefix("api/")))
        for path, view in views
        for verb in set(VERBS) - {"head", "options"}
        if view.__module__.startswith("shopping_list.api.")
        and view.__module__ not in OTHER_MODULES
        and hasattr(view, verb)
    }
    assert served == {
        (operation.method, route_shape(operation.path)) for operation in OPERATIONS
    } | {*OWN, *PUBLIC}
