"""Errors of the domain become problems by the tables that the apps register."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.test import RequestFactory
from rest_framework.request import Request

from rest import problems
from rest.errors import DomainError


class ClosedError(DomainError):
    message = "The shop is closed."


class SoldOutError(DomainError):
    message = "It is sold out."

    def __init__(self, *, left: int) -> None:
        super().__init__()
        self.left = left


@pytest.fixture(autouse=True)
def tables(monkeypatch: Any) -> None:
    monkeypatch.setattr(problems, "_statuses", {})
    monkeypatch.setattr(problems, "_members", {})


def handle(error: Exception) -> Any:
    return problems.exception_handler(error, {"request": Request(RequestFactory().get("/"))})


def test_registered_error_is_answered_with_its_status_code_and_text() -> None:
    problems.register_errors({ClosedError: (409, "closed")})
    response = handle(ClosedError())
    assert response.status_code == 409
    assert response.content_type == "application/problem+json"
    assert (response.data["code"], response.data["detail"]) == ("closed", "The shop is closed.")
    assert handle(ClosedError("Closed today.")).data["detail"] == "Closed today."


def test_members_of_a_registered_error_are_added_to_the_problem() -> None:
    problems.register_errors(
        {SoldOutError: (409, "sold_out")}, {SoldOutError: lambda error: {"left": error.left}}
    )
    assert handle(SoldOutError(left=0)).data["left"] == 0


def test_unregistered_error_is_left_to_the_handler_of_status_500() -> None:
    assert handle(ClosedError()) is None
    assert handle(RuntimeError()) is None


def test_every_error_of_our_apps_is_registered(monkeypatch: Any) -> None:
    """API-24: an error without a status would be a 500."""
    monkeypatch.undo()
    ours = {
        each for each in DomainError.__subclasses__() if not each.__module__.startswith("tests")
    }
    assert ours == set(problems.registered_errors())
    assert apps.ready
