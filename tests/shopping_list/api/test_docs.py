"""docs/api.md tells of what is there, all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shopping_list.api import errors
from tests.shopping_list.api.routes import routes

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text()
TOLD = {re.sub(r"<[^>]*>", "*", quoted) for quoted in re.findall(r"`([^`\s]+/)`", PAGE)}


@pytest.mark.parametrize(
    "path",
    sorted(
        re.sub(r"<[^>]*>", "*", path.removeprefix("api/"))
        for path, view in routes()
        if getattr(view, "view_class", object).__module__.startswith("shopping_list.api.")
    ),
)
def test_every_address_is_on_the_page(path: str) -> None:
    assert path in TOLD


@pytest.mark.parametrize(
    "refusal", errors.Refusal.__subclasses__(), ids=lambda refusal: refusal.default_code
)
def test_every_code_of_a_refusal_is_on_the_page(refusal: type[errors.Refusal]) -> None:
    assert f"| {refusal.status_code} | `{refusal.default_code}` |" in PAGE
