"""docs/security.md tells of the tests that there are."""

from __future__ import annotations

import re

import pytest

from tests.support.processes import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
ENTRIES = re.split(r"^(\d+)\. ", PAGE, flags=re.MULTILINE)[1:]
LINES = dict(zip(map(int, ENTRIES[::2]), ENTRIES[1::2], strict=True))


def paths(entry: str, kind: str) -> set[str]:
    """Return the files that a line of the page names."""
    found = re.search(rf"- {kind}: ((?:`[^`]+`(?:, )?)+)", entry)
    return set(re.findall(r"`([^`]+)`", found[1])) if found else set()


def citing(number: int) -> set[str]:
    """Return the files of tests that name a line."""
    mine = re.compile(rf"\bSEC-{number}\b")
    files = (ROOT / "tests").rglob("test_*.py")
    return {str(one.relative_to(ROOT)) for one in files if mine.search(one.read_text())}


def test_the_page_has_every_line():
    assert list(LINES) == list(range(1, 28))


@pytest.mark.parametrize("number", LINES)
def test_a_line_names_its_tests_and_what_holds_it(number):
    assert paths(LINES[number], "tests") == citing(number) != set()
    holding = paths(LINES[number], "enforced by")
    assert holding
    assert [path for path in holding if not (ROOT / path).exists()] == []
