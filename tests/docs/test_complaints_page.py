"""docs/complaints.md names tests that exist."""

from __future__ import annotations

import re

from tests.support.processes import ROOT

PAGE = (ROOT / "docs" / "complaints.md").read_text("utf-8")


def test_every_answer_names_tests_that_exist() -> None:
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    answers = [line for line in PAGE.splitlines() if line.startswith("| ")][2:]
    assert len(answers) > 20
    named = {answer: re.findall(r"`(test_\w+)`", answer) for answer in answers}
    assert [answer for answer, tests in named.items() if not tests] == []
    assert {test for tests in named.values() for test in tests} - defined == set()
