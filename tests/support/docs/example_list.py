"""A list of ana's for one example to work on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.support.docs import example_process
from tests.support.docs.api_examples import Example, example
from tests.support.installation import World

Rows = list[dict[str, Any]]


class Scene:
    """A fresh list, and the values that examples are given."""

    def __init__(self, world: World, api: httpx.Client, place: Path) -> None:
        self.world, self.api, self.place = world, api, place
        made = self.ask("POST", "shopping-lists/", name="Groceries")
        self.list, self.here = made["id"], f"shopping-lists/{made['id']}/"
        self.url = world.first.url

    def ask(self, method: str, path: str, **body: Any) -> Any:
        answer = self.api.request(method, path, json=body or None)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def add(self, name: str, **fields: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.ask("POST", f"{self.here}shopping-items/", name=name, **fields)
        return made

    @property
    def items(self) -> dict[str, dict[str, Any]]:
        """The items of the list by their names."""
        rows: Rows = self.ask("GET", f"{self.here}shopping-items/")["results"]
        return {row["name"]: row for row in rows}

    @property
    def changes(self) -> Rows:
        """The recorded changes, newest first."""
        rows: Rows = self.ask("GET", f"{self.here}activities/")["results"]
        return rows

    def code(self, one: Example, *, between: str = "", **values: object) -> str:
        """Return a whole program: what all examples go on from, and this one."""
        first = example(0, one.language).given(
            TROLLEY=self.url, TOKEN=self.world.made["ana"], LIST=self.list
        )
        return "\n".join((first, between, one.given(**values)))

    def run(self, one: Example, **options: Any) -> list[str]:
        """Run an example to its end and return the lines that it printed."""
        return example_process.run(one.language, self.code(one, **options), self.place)

    def start(self, one: Example, **options: Any) -> example_process.Running:
        """Start an example that goes on for ever."""
        return example_process.Running(one.language, self.code(one, **options), self.place)
