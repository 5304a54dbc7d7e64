"""Whatever is sent, the answer is one that the document has, and never a 500."""

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

PEOPLE = re.compile(r"/api/(auth|tokens|api-token-auth)/")
"""Addresses that want a session, and not a script's token."""
CSRF = "c" * 32
DOCUMENTS = ("api/schema/", "api/docs/", "api/live/asyncapi.json")
COUNTERS = "/api/live/requests/"
"""There are none in a process that serves nobody; tests/live has what they answer."""
FEW = settings(
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
def bearer_of_ana(ana: User) -> dict[str, Any]:
    _, secret = ApiToken.objects.create(user=ana, name="fuzz")
    return {"headers": {"Authorization": f"Bearer {secret}"}}


@pytest.fixture
def session_of_ana(ana: User, ana_client: Any) -> dict[str, Any]:
    """Sign ana in as a page of ours does."""
    session = ana_client.cookies["sessionid"].value
    cookies = {"sessionid": session, "csrftoken": CSRF}
    return {"headers": {"X-CSRFToken": CSRF}, "cookies": cookies}


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
    """Return the operations of the document."""
    import schemathesis

    document = schemathesis.openapi.from_wsgi("/api/schema/?format=json", WSGIHandler())
    return [result.ok() for result in document.get_all_operations()]


def test_the_document_has_every_verb_of_every_address(db: None) -> None:
    """API-18"""
    views = [(path, getattr(view, "view_class", view)) for path, view in routes()]
    served = {
        (verb.upper(), route_shape(f"/{path}"))
        for path, view in views
        if path.startswith("api/") and path not in DOCUMENTS
        for verb in set(VERBS) - {"head", "options"}
        if hasattr(view, verb) and verb in view.http_method_names
    }
    assert {(one.method.upper(), route_shape(one.path)) for one in operations()} == served


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_every_answer_is_described_and_none_is_a_server_error(
    mode: str,
    ids: dict[str, Any],
    bearer_of_ana: dict[str, Any],
    session_of_ana: dict[str, Any],
) -> None:
    """API-18, SEC-27"""
    from schemathesis import GenerationMode

    dice, promises = random.Random(1), response_checks()

    def call(case: Any) -> None:
        if dice.random() < 0.8:
            case.path_parameters = {name: ids[name] for name in case.path_parameters or {}}
        identity = session_of_ana if PEOPLE.match(case.path) else bearer_of_ana
        with transaction.atomic():
            answer = case.call_and_validate(checks=promises, **identity)
            transaction.set_rollback(True)
        surprising = mode == "positive" and not PEOPLE.match(case.path)
        if surprising and answer.status_code == 400:
            assert rules_broken(answer.json()) <= UNKNOWABLE, answer.json()

    for operation in operations():
        if mode == "negative" and not takes_anything(operation):
            continue  # nothing can be wrong
        if operation.path == COUNTERS:
            continue
        FEW(given(operation.as_strategy(generation_mode=GenerationMode(mode)))(call))()


def takes_anything(operation: Any) -> bool:
    return bool(operation.body or any(operation.iter_parameters()))


UNKNOWABLE = {"after", "items", "members", "cursor", "token", "content"}
"""Fields that name rows, come from an answer or are a file: no document can say which are good."""


def rules_broken(problem: dict[str, Any]) -> set[str]:
    """Return the fields of a refusal, without the lines that they were on."""
    paths = [field.split(".") for field in problem["errors"]]
    return {next(part for part in reversed(path) if not part.isdigit()) for path in paths}
