"""Every verb of every address, for everybody."""

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

pytestmark = pytest.mark.database

SCOPES = ("read", "tick", "write")


@pytest.fixture
def scene(ana: User, bob: User) -> dict[str, Any]:
    return create_list(ana, bob, "Groceries")


def do(client: APIClient, act: Operation, values: dict[str, Any]) -> Any:
    path = f"/api/{fill_template(act.path, values)}"
    return send(client, act.method, path, fill_template(act.body, values))


@contextmanager
def taken_back() -> Iterator[None]:
    """Leave the scene as it was, for the next person."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("act", OPERATIONS, ids=str)
def test_each_role_may_do_what_the_matrix_says_and_no_more(
    act: Operation,
    scene: dict[str, Any],
    make_user: Callable[..., User],
    signed_in_client: Callable[[User], APIClient],
) -> None:
    """API-1"""
    person = make_user("subject")
    client = signed_in_client(person)
    for who in CALLERS:
        with taken_back():
            if who in ROLES:
                Membership.objects.create(shopping_list_id=scene["list"], user=person, role=who)
            before = current_version(ShoppingList(pk=scene["list"]))
            answer = do(
                APIClient() if who == ANONYMOUS else client, act, {**scene, "me": person.pk}
            )
            assert answer.status_code == act.status_for(who), (who, answer.content)
            if answer.status_code >= 400:
                assert answer["Content-Type"] == "application/problem+json"
                assert current_version(ShoppingList(pk=scene["list"])) == before


@pytest.mark.parametrize("act", OPERATIONS, ids=str)
def test_a_token_may_do_what_its_scope_says_although_its_owner_may_do_more(
    act: Operation, scene: dict[str, Any], ana: User, bob: User, token_client: Any
) -> None:
    """API-1"""
    Membership.objects.filter(user=bob).update(role="owner")  # so that ana may leave
    for scope in SCOPES:
        wanted = act.success_status if SCOPES.index(scope) >= SCOPES.index(act.scope) else 403
        with taken_back():
            answer = do(token_client(ana, scope=scope), act, {**scene, "me": ana.pk})
            assert answer.status_code == wanted, (scope, answer.content)


def test_a_token_for_one_list_opens_no_other(
    scene: dict[str, Any], ana: User, make_user: Any, token_client: Any
) -> None:
    """API-3"""
    other = create_list(ana, make_user("carl"), "Other")
    client = token_client(ana, list_id=scene["list"])
    assert client.get(f"/api/shopping-lists/{scene['list']}/").status_code == 200
    assert client.get(f"/api/shopping-lists/{other['list']}/").status_code == 404
    assert client.post(f"/api/shopping-lists/{other['list']}/restore/").status_code == 404
    shown = client.get("/api/shopping-lists/").json()["results"]
    assert [one["id"] for one in shown] == [scene["list"]]
    found = client.get("/api/search-shopping-items/").json()["results"]
    assert {one["list"]["id"] for one in found} == {scene["list"]}
    assert client.post("/api/shopping-lists/", {"name": "New"}).status_code == 403


def test_a_token_to_read_makes_no_list(ana: User, token_client: Any) -> None:
    client = token_client(ana, scope="read")
    assert client.post("/api/shopping-lists/", {"name": "New"}).status_code == 403
    assert client.put(f"/api/shopping-lists/{UNKNOWN}/", {"name": "New"}).status_code == 403
    assert not ShoppingList.objects.exists()


@pytest.mark.parametrize(("method", "path"), OWN)
def test_nobody_gets_anything_without_an_identity(method: str, path: str, db: None) -> None:
    answer = APIClient().generic(method, f"/api/{path}")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert answer["WWW-Authenticate"].startswith("Bearer")


ELSEWHERE = ("shopping_list.api.import_export",)
"""Modules whose own tests have a matrix."""


def test_the_matrix_has_every_verb_of_every_address() -> None:
    """API-1"""
    views = [(path, getattr(view, "view_class", object)) for path, view in routes()]
    served = {
        (verb.upper(), route_shape(path.removeprefix("api/")))
        for path, view in views
        for verb in set(VERBS) - {"head", "options"}
        if view.__module__.startswith("shopping_list.api.")
        and view.__module__ not in ELSEWHERE
        and hasattr(view, verb)
    }
    assert served == {(act.method, route_shape(act.path)) for act in OPERATIONS} | {*OWN, *PUBLIC}
