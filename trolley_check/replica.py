"""The rows of one list that a client has, with their digest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trolley_check import digest

Frame = dict[str, Any]


class Replica:
    """Takes a snapshot, then one change after another."""

    def __init__(self, row: Frame, items: Iterable[Frame], position: Frame) -> None:
        self.row = row
        self.items = {item["id"]: item for item in items}
        self.epoch: str = position["epoch"]
        self.version: int = position["version"]
        self.digest: str = position["digest"]
        self._total = digest.of_list(row) + sum(map(digest.of_item, self.items.values()))

    @property
    def computed(self) -> str:
        """The digest of the rows."""
        return digest.as_text(self._total)

    def follows(self, change: Frame) -> bool:
        """Whether a change builds on exactly these rows."""
        is_next: bool = change["version"] == self.version + 1
        return is_next and change["epoch"] == self.epoch and change["base"] == self.digest

    def apply(self, change: Frame) -> int:
        """Apply a change, and return how many items it changed."""
        patched = 0
        if (row := change.get("list")) is not None:
            self._total += digest.of_list(row) - digest.of_list(self.row)
            self.row = row
        for item in change["items"]:
            self._put(item)
        for patch in change.get("patches", ()):
            patched += len(patch["ids"])
            for item_id in patch["ids"]:
                self._put({**self.items[item_id], **patch["fields"]})
        for item_id in change["gone"]:
            self._total -= digest.of_item(self.items.pop(item_id))
        self.version, self.digest = change["version"], change["digest"]
        return len(change["items"]) + patched + len(change["gone"])

    def _put(self, item: Frame) -> None:
        before = self.items.get(item["id"])
        self._total += digest.of_item(item) - (0 if before is None else digest.of_item(before))
        self.items[item["id"]] = item
