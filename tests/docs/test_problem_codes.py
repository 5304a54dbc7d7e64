"""The table of problems in docs/api.md has every code that the API returns, and no other."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rest_framework.exceptions import APIException

from rest.problems import registered_errors
from tests.support.docs.api_examples import PAGE

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("accounts", "asgi_project", "live", "rest", "shopping_list")
DOCUMENTED = {
    (int(status), code)
    for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)` \|", PAGE, re.MULTILINE)
}
UNUSED = {
    (500, "error"),  # the base class
    (400, "parse_error"),  # our parser returns bad_json
}
"""Codes of REST framework that this API never returns."""


def modules() -> Iterator[str]:
    for package in PACKAGES:
        walked = pkgutil.walk_packages([str(ROOT / package)], f"{package}.")
        yield from (module.name for module in walked if ".migrations" not in module.name)


def classes(parent: type[APIException] = APIException) -> Iterator[type[APIException]]:
    yield parent
    for subclass in parent.__subclasses__():
        yield from classes(subclass)


def exception_codes() -> set[tuple[int, str]]:
    """Return status and code of every exception class, including those of REST framework."""
    for name in modules():
        importlib.import_module(name)
    described = {
        (exception.status_code, exception.default_code)
        for exception in classes()
        if exception.__module__.partition(".")[0] in {*PACKAGES, "rest_framework"}
        and "default_code" in vars(exception)
    }
    return described | set(registered_errors().values())


def calls() -> Iterator[ast.Call]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def literal_codes() -> set[tuple[int, str]]:
    """Return status and code of each `problem_response(request, 404, "not_found", …)` call."""
    pairs = set()
    for call in calls():
        if isinstance(call.func, ast.Name) and call.func.id in {
            "problem_response",
            "problem",
            "send_problem",
        }:
            constants: list[Any] = [
                argument.value for argument in call.args if isinstance(argument, ast.Constant)
            ]
            if (
                len(constants) > 1
                and isinstance(constants[0], int)
                and isinstance(constants[1], str)
            ):
                pairs.add((constants[0], constants[1]))
    return pairs


@pytest.fixture(scope="module")
def returned() -> set[tuple[int, str]]:
    return (exception_codes() | literal_codes()) - UNUSED


def test_every_problem_code_is_documented(returned: set[tuple[int, str]]) -> None:
    """API-24"""
    assert len(returned) > 20
    assert returned - DOCUMENTED == set()


def test_every_documented_problem_code_is_returned(returned: set[tuple[int, str]]) -> None:
    """API-24"""
    assert DOCUMENTED - returned == set()


def test_exceptions_are_not_raised_with_ad_hoc_codes() -> None:
    """API-24: such a code is in no class, so neither test above would find it."""
    exceptions = {exception.__name__ for exception in classes()} - {"ValidationError"}
    assert [
        ast.unparse(call)
        for call in calls()
        if ast.unparse(call.func).rpartition(".")[2] in exceptions
        and any(keyword.arg == "code" for keyword in call.keywords)
    ] == []
