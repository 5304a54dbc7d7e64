"""A client that was written before a field existed ignores it, and shows the right rows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import msgspec

from shopping_list import queries
from shopping_list.models import Activity, ShoppingList
from tests.shopping_list.api.conftest import url_of_item, url_of_items, url_of_list

ITEM_FIELDS = (
    *("id", "name", "quantity", "note", "category", "purchased", "purchased_at", "purchased_by"),
    *("position", "version", "created_at", "created_by", "updated_at"),
)
LIST_FIELDS = ("id", "name", "created_at", "created_by", "members")


@dataclass
class OldClient:
    """A client by the rules of docs/protocol.md that knows the fields of the first version only.

    It computes the digest of its rows, and takes a snapshot if that differs.
    """

    shopping_list: ShoppingList
    list: Any = None
    items: dict[str, Any] = field(default_factory=dict)
    version: int = 0
    digest: str = ""
    snapshots: int = 0

    def take_snapshot(self) -> None:
        snapshot = queries.snapshot(self.shopping_list.pk)
        assert snapshot is not None
        rows = msgspec.json.decode(msgspec.json.encode(snapshot))
        self.list = self.known(rows["list"], LIST_FIELDS)
        self.items = {row["id"]: self.known(row, ITEM_FIELDS) for row in rows["items"]}
        self.version, self.digest = rows["version"], rows["digest"]
        self.snapshots += 1

    def catch_up(self) -> None:
        """Apply the frames after the known version, in their order."""
        log = Activity.objects.filter(list_id=self.shopping_list.pk).order_by("version")
        for activity in log.filter(version__gt=self.version):
            self.receive(json.loads(bytes(activity.frame)))

    def receive(self, change: dict[str, Any]) -> None:
        if change["version"] <= self.version:
            return
        if (change["version"], change["base"]) != (self.version + 1, self.digest):
            self.take_snapshot()
            return
        if "list" in change:
            self.list = self.known(change["list"], LIST_FIELDS)
        for row in change["items"]:
            self.items[row["id"]] = self.known(row, ITEM_FIELDS)
        for patch in change.get("patches", []):
            fields = {name: value for name, value in patch["fields"].items() if name in ITEM_FIELDS}
            for pk in patch["ids"]:
                self.items[pk] |= fields
        for pk in change["gone"]:
            del self.items[pk]
        self.version, self.digest = change["version"], change["digest"]
        if self.own_digest() != self.digest:
            self.take_snapshot()

    @staticmethod
    def known(row: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
        return {name: row[name] for name in fields}

    def own_digest(self) -> str:
        """Return the digest of the rows as the first version computes it."""
        members = sorted([member["id"], member["role"]] for member in self.list["members"])
        rows = [[*(self.value(self.list, name) for name in LIST_FIELDS[:-1]), members]]
        rows += [[self.value(row, name) for name in ITEM_FIELDS] for row in self.items.values()]
        return f"{sum(map(self.hash_of, rows)) % 2**64:016x}"

    @staticmethod
    def value(row: dict[str, Any], name: str) -> Any:
        is_user = name in {"created_by", "purchased_by"} and row[name] is not None
        return row[name]["id"] if is_user else row[name]

    @staticmethod
    def hash_of(row: list[Any]) -> int:
        text = json.dumps(row, separators=(",", ":"), ensure_ascii=False)
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

    def assert_equal_to_the_server(self) -> None:
        """Compare with a client that has just taken a snapshot."""
        fresh = OldClient(self.shopping_list)
        fresh.take_snapshot()
        assert (self.list, self.items) == (fresh.list, fresh.items)
        assert (self.version, self.digest) == (fresh.version, fresh.digest)


def test_old_client_needs_no_snapshot_of_a_list_without_the_new_fields(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """ITM-135"""
    client = OldClient(groceries)
    client.take_snapshot()
    url = url_of_items(groceries)
    bob_client.patch(url_of_item(milk), {"purchased": True})
    bob_client.post(f"{url}bulk/", {"items": [{"name": "Bread"}, {"name": "Salt"}]})
    bob_client.post(f"{url}move/", {"items": [str(milk.pk)], "after": None})
    bob_client.post(f"{url}edit/", {"items": [str(milk.pk)], "fields": {"category": "Dairy"}})
    client.catch_up()
    client.assert_equal_to_the_server()
    assert client.own_digest() == client.digest
    assert client.snapshots == 1


def test_old_client_converges_on_a_list_with_the_new_fields(
    bob_client: Any, groceries: ShoppingList, milk: Any
) -> None:
    """ITM-135"""
    client = OldClient(groceries)
    client.take_snapshot()
    url, item = url_of_list(groceries), url_of_item(milk)
    requests: list[tuple[str, str, Any]] = [
        ("patch", url, {"aisles": ["Dairy"], "shops": {"Lidl": {}}, "staples": {"Milk": {}}}),
        ("patch", item, {"shops": ["Lidl"], "not_found": True, "quantity": "3 l"}),
        ("patch", item, {"purchased": True}),
        ("post", f"{url}shopping-items/", {"name": "Bread", "shops": ["Lidl"]}),
        ("post", f"{url}aisles/rename/", {"from": "Dairy", "to": "Cold"}),
        ("post", f"{url}shops/rename/", {"from": "Lidl", "to": "Market"}),
        ("patch", item, {"shops": [], "purchased": False}),
        ("patch", url, {"aisles": [], "shops": {"Market": None}, "staples": {"Milk": None}}),
        ("post", f"{url}shopping-items/remove/", {"purchased": False}),
        ("post", f"{url}shopping-items/", {"name": "Salt"}),
    ]
    for method, path, body in requests:
        assert getattr(bob_client, method)(path, body).status_code < 300
        client.catch_up()
        client.assert_equal_to_the_server()
    assert client.own_digest() == client.digest
