"""The digest of the checker is that of docs/protocol.md, of which it shares only the vectors."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests.shopping_list.test_digest import items_of
from tests.support.processes import ROOT
from trolley_check import digest

CASES = json.loads((ROOT / "tests" / "vectors" / "digest.json").read_text())["cases"]
OURS = {"accounts", "asgi_project", "live", "rest", "shopping_list", "tests"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_digest_is_that_of_the_protocol(case):
    """CHK-1"""
    total = digest.of_list(case["list"]) + sum(map(digest.of_item, items_of(case)))
    assert digest.as_text(total) == case["digest"]


def test_checker_imports_nothing_of_trolley():
    """CHK-1"""
    for path in Path(digest.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & OURS, path.name
