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

from tests.support.docs.api_examples import PAGE

ROOT = Path(__file__).resolve().parents[2]
OURS = ("accounts", "asgi_project", "live", "shopping_list")
TOLD = {
    (int(status), code)
    for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)` \|", PAGE, re.MULTILINE)
}
NEVER = {
    (500, "error"),  # the base class
    (400, "parse_error"),  # our parser returns bad_json
}
"""Codes of REST framework that this API never returns."""


def modules() -> Iterator[str]:
    for package in OURS:
        found = pkgutil.walk_packages([str(ROOT / package)], f"{package}.")
        yield from (one.name for one in found if ".migrations" not in one.name)


def classes(parent: type[APIException] = APIException) -> Iterator[type[APIException]]:
    yield parent
    for one in parent.__subclasses__():
        yield from classes(one)


def raised() -> set[tuple[int, str]]:
    """Return status and code of every exception class, including those of REST framework."""
    for name in modules():
        importlib.import_module(name)
    return {
        (one.status_code, one.default_code)
        for one in classes()
        if one.__module__.partition(".")[0] in {*OURS, "rest_framework"}
        and "default_code" in vars(one)
    }


def calls() -> Iterator[ast.Call]:
    for package in OURS:
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def written() -> set[tuple[int, str]]:
    """Return what is answered without an exception: `answer(request, 404, "not_found", …)`."""
    pairs = set()
    for call in calls():
        if isinstance(call.func, ast.Name) and call.func.id in {"answer", "problem"}:
            plain: list[Any] = [
                argument.value for argument in call.args if isinstance(argument, ast.Constant)
            ]
            if len(plain) > 1 and isinstance(plain[0], int) and isinstance(plain[1], str):
                pairs.add((plain[0], plain[1]))
    return pairs


@pytest.fixture(scope="module")
def answered() -> set[tuple[int, str]]:
    return (raised() | written()) - NEVER


def test_every_problem_code_is_documented(answered: set[tuple[int, str]]) -> None:
    """API-24"""
    assert len(answered) > 20
    assert answered - TOLD == set()


def test_every_documented_problem_code_is_returned(answered: set[tuple[int, str]]) -> None:
    """API-24"""
    assert TOLD - answered == set()


def test_exceptions_are_not_raised_with_ad_hoc_codes() -> None:
    """API-24: such a code is in no class, so neither test above would find it."""
    exceptions = {one.__name__ for one in classes()} - {"ValidationError"}
    assert [
        ast.unparse(call)
        for call in calls()
        if ast.unparse(call.func).rpartition(".")[2] in exceptions
        and any(keyword.arg == "code" for keyword in call.keywords)
    ] == []
