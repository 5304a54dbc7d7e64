"""The examples of docs/api.md, read from the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
_TASKS = PAGE.split("## Common tasks\n")[1].split("\n## ")[0]
_HEADING = re.compile(r"^### (\d+)\. .+$", re.MULTILINE)
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One code block of a task; every other example continues example 0."""

    job: int
    language: str
    number: int
    code: str

    def __str__(self) -> str:
        return f"job {self.job}, {self.language} {self.number}"

    def with_values(self, **values: object) -> str:
        """Return the code with other values assigned to these names."""
        code = self.code
        for name, value in values.items():
            code, count = re.subn(rf'\b({name} ?= ?"?)[^\s"]+', rf"\g<1>{value}", code, count=1)
            assert count, f"{self} assigns no {name}"
        return code


def _examples() -> list[Example]:
    first, *rest = _HEADING.split(_TASKS)
    numbers, texts = map(int, rest[::2]), rest[1::2]
    examples = []
    for job, text in [(0, first), *zip(numbers, texts, strict=True)]:
        count = {"sh": 0, "python": 0}
        for language, code in _BLOCK.findall(text):
            count[language] += 1
            examples.append(Example(job, language, count[language], code))
    return examples


EXAMPLES = _examples()


def example(job: int, language: str, number: int = 1) -> Example:
    """Return one example."""
    [match] = [
        entry
        for entry in EXAMPLES
        if (entry.job, entry.language, entry.number) == (job, language, number)
    ]
    return match
