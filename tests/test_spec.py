"""docs/spec.md and the tests name the same rules."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SPEC = (ROOT / "docs" / "spec.md").read_text()
RULES = re.findall(r"^- \*\*([A-Z]+-?\d+)\*\* (.+)$", SPEC, re.MULTILINE)
TESTS = [
    *(ROOT / "tests").rglob("test_*.py"),
    *(ROOT / "frontend").glob("src/**/*.test.ts"),
    *(ROOT / "frontend").glob("tests/**/*.ts"),
]
CITED = {rule for path in TESTS for rule in re.findall(r"\b[A-Z]+-?\d+\b", path.read_text("utf-8"))}


def test_every_rule_is_cited_by_a_test():
    assert [rule for rule, _ in RULES if rule not in CITED] == []


def test_rule_ids_are_unique():
    ids = [rule for rule, _ in RULES]
    assert len(ids) == len(set(ids))


def test_every_rule_is_one_sentence():
    assert [rule for rule, sentence in RULES if not sentence.endswith(".")] == []
    assert [rule for rule, sentence in RULES if re.search(r"\. [A-Z]", sentence)] == []


def test_no_test_cites_an_unknown_rule():
    families = {re.sub(r"\d+$", "", rule) for rule, _ in RULES if "-" in rule}
    known = {rule for rule, _ in RULES}
    unknown = {rule for rule in CITED if re.sub(r"\d+$", "", rule) in families} - known
    assert unknown == set()
