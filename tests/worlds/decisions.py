"""What a world decides at random, by key, so that it can be repeated and shrunk."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CALM = 0
"""The decision that changes nothing: the usual delay, no fault."""


class Decisions:
    """Decides one thing for each key. A replay repeats the decisions of an earlier run.

    Only decisions that are not calm are kept. So each of them can be taken out, and a world
    without any is a calm world.
    """

    def __init__(self, seed: int, *, repeated: dict[str, int] | None = None) -> None:
        self.seed = seed
        self.taken: dict[str, int] = {}
        self._repeated = repeated
        self._random = random.Random(seed)
        self.rates: dict[str, float] = {}
        """How often the decisions of a kind are not calm."""

    def decide(self, kind: str, key: str, count: int) -> int:
        """Return a number below `count`, mostly CALM."""
        if self._repeated is not None:
            value = self._repeated.get(key, CALM) % count
        elif count < 2 or self._random.random() >= self.rates.get(kind, 0.0):
            return CALM
        else:
            value = 1 + int(self._random.random() * (count - 1))
        if value:
            self.taken[key] = value
        return value

    def has(self, key: str) -> bool:
        """Tell whether an incident of the world happens: always, except where it was taken out."""
        if self._repeated is not None and key not in self._repeated:
            return False
        self.taken[key] = 1
        return True


@dataclass(frozen=True)
class Recording:
    """A seed, the decisions of its world, and what the world has broken."""

    seed: int
    decisions: dict[str, int]
    findings: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Write a file that `--replay` reads."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.__dict__, indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, path: Path) -> Recording:
        """Read a file that `write` has written."""
        content: dict[str, Any] = json.loads(path.read_text())
        return cls(content["seed"], content["decisions"], content.get("findings", []))
