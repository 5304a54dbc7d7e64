"""A list of ana for one example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.support.docs import example_process
from tests.support.docs.api_examples import Example, example
from tests.support.installation import Installation

Rows = list[dict[str, Any]]


class ExampleList:
    """A new list, and the values that are put into the examples."""

    def __init__(self, installation: Installation, api: httpx.Client, directory: Path) -> None:
        self.installation, self.api, self.directory = installation, api, directory
        created = self.request("POST", "shopping-lists/", name="Groceries")
        self.list_id, self.path = created["id"], f"shopping-lists/{created['id']}/"
        self.url = installation.first_server.url

    def request(self, method: str, path: str, **body: Any) -> Any:
        response = self.api.request(method, path, json=body or None)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def add(self, name: str, **fields: Any) -> dict[str, Any]:
        item: dict[str, Any] = self.request(
            "POST", f"{self.path}shopping-items/", name=name, **fields
        )
        return item

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

    def code(self, entry: Example, *, between: str = "", **values: object) -> str:
        """Return a whole program: the common beginning of all examples, and this entry."""
        first = example(0, entry.language).with_values(
            TROLLEY=self.url, TOKEN=self.installation.fixtures["ana"], LIST=self.list_id
        )
        return "\n".join((first, between, entry.with_values(**values)))

    def run(self, entry: Example, **options: Any) -> list[str]:
        """Run an example to its end and return the lines that it printed."""
        return example_process.run(entry.language, self.code(entry, **options), self.directory)

    def start(self, entry: Example, **options: Any) -> example_process.ExampleProcess:
        """Start an example that does not end by itself."""
        return example_process.ExampleProcess(
            entry.language, self.code(entry, **options), self.directory
        )
