"""Whatever is sent, the answer is one that the document has, and never a 500."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from accounts.models import ApiToken, User
from tests.shopping_list.api.matrix import ACTS, MINE
from tests.shopping_list.api.routes import shape_of
from tests.shopping_list.api.scene import staged

OURS = {(act.method, shape_of(f"/api/{act.path}")) for act in ACTS} | {
    (method, f"/api/{path}") for method, path in MINE
}
PROMISES = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
FEW = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def ids(ana: User, bob: User) -> dict[str, Any]:
    scene = staged(ana, bob, "Groceries")
    return {
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
def bearer_of_ana(ana: User) -> dict[str, str]:
    _, secret = ApiToken.objects.create(user=ana, name="fuzz")
    return {"Authorization": f"Bearer {secret}"}


def operations() -> Iterator[Any]:
    """Yield what the document has of our addresses."""
    document = schemathesis.openapi.from_wsgi("/api/schema/?format=json", WSGIHandler())
    for result in document.get_all_operations():
        operation = result.ok()
        if (operation.method.upper(), shape_of(operation.path)) in OURS:
            yield operation


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
def test_every_answer_is_described_and_none_is_a_server_error(
    mode: GenerationMode, ids: dict[str, Any], bearer_of_ana: dict[str, str]
) -> None:
    """API-18"""
    dice = random.Random(1)

    def call(case: Any) -> None:
        if dice.random() < 0.8:
            case.path_parameters = {name: ids[name] for name in case.path_parameters or {}}
        with transaction.atomic():
            answer = case.call_and_validate(headers=bearer_of_ana, checks=PROMISES)
            transaction.set_rollback(True)
        if mode is GenerationMode.POSITIVE and answer.status_code == 400:
            assert rules_broken(answer.json()) <= UNKNOWABLE, answer.json()

    found = list(operations())
    for operation in found:
        FEW(given(operation.as_strategy(generation_mode=mode))(call))()
    assert len(found) == len(OURS)


UNKNOWABLE = {"after", "items", "members", "cursor"}
"""Fields that name rows, or come from an answer: the document cannot say which are good."""


def rules_broken(problem: dict[str, Any]) -> set[str]:
    """Return the fields of a refusal, without the lines that they were on."""
    paths = [field.split(".") for field in problem["errors"]]
    return {next(part for part in reversed(path) if not part.isdigit()) for path in paths}
