"""Every response to generated requests is described by the OpenAPI document; none is a 500."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings

from accounts.models import ApiToken, Session, User
from tests.support.routes import VERBS, route_shape, routes
from tests.support.scenario import create_list

SESSION_ONLY = re.compile(r"/api/(auth|tokens|api-token-auth)/")
"""URLs that require a session and reject API tokens."""
UNCOMPRESSED = {"Accept-Encoding": "identity"}
"""Schemathesis does not decompress."""
CSRF = "c" * 32
RARE_HEADERS = (
    {"Accept": "text/html"},
    {"Accept": "*/*;q=0, image/png"},
    {"Accept": "application/json; indent=4"},
    {"Accept-Encoding": "br;q=a, *;q=0"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/json; charset=unheard-of"},
    {"Range": "bytes=5-1"},
    {"If-Match": 'W/"1-gzip", "'},
    {"If-Match": "*"},
)
"""Sent with a part of the requests."""
DOCUMENTS = ("api/schema/", "api/docs/", "api/live/asyncapi.json")
COUNTERS = "/api/live/requests/"
"""Unavailable in a process without the live runtime; tests/live tests their responses."""
HYPOTHESIS = settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def ids(ana: User, bob: User, session_of_ana: dict[str, Any]) -> dict[str, Any]:
    scene = create_list(ana, bob, "Groceries")
    token, _ = ApiToken.objects.create(user=ana, name="script")
    return {
        "token_id": str(token.public_id),
        "session_id": str(Session.objects.get(user=ana).public_id),
        "connection": "c_9xK2mQ7rTzW1",
        "list_id": scene["list"],
        "item_id": scene["item"],
        "user_id": bob.pk,
        "invite_id": scene["invite"],
        "version": scene["edited"],
    }


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keep requests from closing the connection, as Django's own test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def token_of_ana(ana: User) -> dict[str, Any]:
    _, secret = ApiToken.objects.create(user=ana, name="fuzz")
    return {"headers": {"Authorization": f"Bearer {secret}", **UNCOMPRESSED}}


@pytest.fixture
def session_of_ana(ana: User, ana_client: Any) -> dict[str, Any]:
    """Sign ana in with a session cookie and the CSRF header, as the browser app does."""
    session = ana_client.cookies["trolley_sessionid"].value
    cookies = {"trolley_sessionid": session, "trolley_csrftoken": CSRF}
    return {"headers": {"X-CSRFToken": CSRF, **UNCOMPRESSED}, "cookies": cookies}


# schemathesis is imported where it is used: every worker collects this module, one runs it.


def response_checks() -> list[Any]:
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    return [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]


@cache
def operations() -> list[Any]:
    """Return the operations of the OpenAPI document."""
    import schemathesis

    document = schemathesis.openapi.from_wsgi("/api/schema/?format=json", WSGIHandler())
    return [result.ok() for result in document.get_all_operations()]


def test_openapi_document_has_every_method_of_every_route(db: None) -> None:
    """API-18"""
    views = [(path, getattr(view, "view_class", view)) for path, view in routes()]
    served = {
        (verb.upper(), route_shape(f"/{path}"))
        for path, view in views
        if path.startswith("api/") and path not in DOCUMENTS
        for verb in set(VERBS) - {"head", "options"}
        if hasattr(view, verb) and verb in view.http_method_names
    }
    assert {(item.method.upper(), route_shape(item.path)) for item in operations()} == served


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_every_response_matches_the_document_and_none_is_a_server_error(
    mode: str,
    ids: dict[str, Any],
    token_of_ana: dict[str, Any],
    session_of_ana: dict[str, Any],
) -> None:
    """API-18, SEC-27"""
    from schemathesis import GenerationMode

    rng, every_check = random.Random(1), response_checks()

    def call(case: Any) -> None:
        if rng.random() < 0.8:
            case.path_parameters = {name: ids[name] for name in case.path_parameters or {}}
        identity = session_of_ana if SESSION_ONLY.match(case.path) else token_of_ana
        rare = rng.choice(RARE_HEADERS) if rng.random() < 0.2 else {}
        identity = {**identity, "headers": {**identity["headers"], **rare}}
        with transaction.atomic():
            response = case.call_and_validate(checks=every_check, **identity)
            transaction.set_rollback(True)
        strict = mode == "positive" and not SESSION_ONLY.match(case.path)
        if strict and response.status_code == 400:
            assert rejected_fields(response.json()) <= UNVERIFIABLE_FIELDS, response.json()

    for operation in operations():
        if mode == "negative" and not has_input(operation):
            continue  # no input, so no invalid request
        if operation.path == COUNTERS:
            continue
        HYPOTHESIS(given(operation.as_strategy(generation_mode=GenerationMode(mode)))(call))()


def has_input(operation: Any) -> bool:
    return bool(operation.body or any(operation.iter_parameters()))


UNVERIFIABLE_FIELDS = {
    "after",
    "aisles",
    "item",
    "items",
    "list",
    "members",
    "shops",
    "staples",
    "cursor",
    "token",
    "content",
    "Idempotency-Key",
}
"""Fields that refer to rows, repeat a response, hold a file or names that must differ by their
comparison keys: no schema can describe them."""


def rejected_fields(problem: dict[str, Any]) -> set[str]:
    """Return the rejected fields of a problem, without the line numbers."""
    paths = [field.split(".") for field in problem["errors"]]
    return {next(part for part in reversed(path) if not part.isdigit()) for path in paths}
