"""A list of ana's for one example to work on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.support.docs import example_process
from tests.support.docs.api_examples import Example, example
from tests.support.installation import Installation

Rows = list[dict[str, Any]]


class ExampleList:
    """A fresh list, and the values that examples are given."""

    def __init__(self, installation: Installation, api: httpx.Client, place: Path) -> None:
        self.installation, self.api, self.directory = installation, api, place
        made = self.request("POST", "shopping-lists/", name="Groceries")
        self.list_id, self.path = made["id"], f"shopping-lists/{made['id']}/"
        self.url = installation.first_server.url

    def request(self, method: str, path: str, **body: Any) -> Any:
        answer = self.api.request(method, path, json=body or None)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def add(self, name: str, **fields: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.request(
            "POST", f"{self.path}shopping-items/", name=name, **fields
        )
        return made

    @property
    def items(self) -> dict[str, dict[str, Any]]:
        """The items of the list by their names."""
        rows: Rows = self.request("GET", f"{self.path}shopping-items/")["results"]
        return {row["name"]: row for row in rows}

    @property
    def changes(self) -> Rows:
        """The recorded changes, newest first."""
        rows: Rows = self.request("GET", f"{self.path}activities/")["results"]
        return rows

    def code(self, one: Example, *, between: str = "", **values: object) -> str:
        """Return a whole program: what all examples go on from, and this one."""
        first = example(0, one.language).with_values(
            TROLLEY=self.url, TOKEN=self.installation.fixtures["ana"], LIST=self.list_id
        )
        return "\n".join((first, between, one.with_values(**values)))

    def run(self, one: Example, **options: Any) -> list[str]:
        """Run an example to its end and return the lines that it printed."""
        return example_process.run(one.language, self.code(one, **options), self.directory)

    def start(self, one: Example, **options: Any) -> example_process.ExampleProcess:
        """Start an example that goes on for ever."""
        return example_process.ExampleProcess(
            one.language, self.code(one, **options), self.directory
        )
