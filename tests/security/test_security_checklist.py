"""docs/security.md names the tests that exist."""

from __future__ import annotations

import re

import pytest

from tests.support.processes import ROOT

CHECKLIST = (ROOT / "docs" / "security.md").read_text()
SPEC = (ROOT / "docs" / "spec.md").read_text()
ENTRIES = re.split(r"^(\d+)\. ", CHECKLIST, flags=re.MULTILINE)[1:]
ENTRY_BY_NUMBER = dict(zip(map(int, ENTRIES[::2]), ENTRIES[1::2], strict=True))


def paths(entry: str, kind: str) -> list[str]:
    """Return the files that an entry of the checklist names."""
    match = re.search(rf"- {kind}: ((?:`[^`]+`(?:, )?)+)", entry)
    return re.findall(r"`([^`]+)`", match[1]) if match else []


def citing(number: int) -> set[str]:
    """Return the test files that cite an entry."""
    citation = re.compile(rf"\bSEC-{number}\b")
    files = (ROOT / "tests").rglob("test_*.py")
    return {str(path.relative_to(ROOT)) for path in files if citation.search(path.read_text())}


def test_checklist_has_every_entry():
    rules = re.findall(r"^- \*\*SEC-(\d+)\*\*", SPEC, flags=re.MULTILINE)
    assert list(ENTRY_BY_NUMBER) == list(map(int, rules)) == list(range(1, len(rules) + 1))


@pytest.mark.parametrize("number", ENTRY_BY_NUMBER)
def test_checklist_entry_names_its_tests_and_the_enforcing_files(number):
    test_files = paths(ENTRY_BY_NUMBER[number], "tests")
    assert set(test_files) == citing(number) != set()
    assert len(test_files) == len(set(test_files))
    enforcing_files = paths(ENTRY_BY_NUMBER[number], "enforced by")
    assert enforcing_files
    assert len(enforcing_files) == len(set(enforcing_files))
    assert [path for path in enforcing_files if not (ROOT / path).exists()] == []
