"""docs/api.md documents every path of the API."""

from __future__ import annotations

import re

import pytest

from tests.support.docs.api_examples import PAGE
from tests.support.routes import routes

DOCUMENTED = {re.sub(r"<[^>]*>", "*", quoted) for quoted in re.findall(r"`([^`\s]+)`", PAGE)}


@pytest.mark.parametrize(
    "path",
    sorted(
        re.sub(r"<[^>]*>", "*", path.removeprefix("api/"))
        for path, _ in routes()
        if path.startswith("api/")
    ),
)
def test_every_api_path_is_documented(path: str) -> None:
    """API-24"""
    assert path in DOCUMENTED
