"""Undo: every change can be undone later, as long as its rows have not changed since."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from shopping_list.models import Activity, ShoppingItem, ShoppingList
from shopping_list.recording import compaction
from shopping_list.recording.context import recording
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_items, url_of_list

pytestmark = pytest.mark.database


def rows(shopping_list: ShoppingList) -> dict[str, tuple[Any, ...]]:
    fields = ("name", "quantity", "note", "category", "purchased", "purchased_at", "purchased_by")
    bookkeeping = ("position", "created_at", "created_by", "name_key")
    values = ShoppingItem.objects.filter(shopping_list=shopping_list).values_list(
        "id", *fields, *bookkeeping
    )
    return {str(row[0]): row[1:] for row in values}


@pytest.fixture
def undo(bob_client: Any, groceries: ShoppingList) -> Any:
    """Return a function that undoes a version of ana's list, by default the newest."""

    def run(version: int | None = None, client: Any = bob_client) -> Any:
        number = version or current_version(groceries)
        return client.post(f"{url_of_list(groceries)}activities/{number}/undo/")

    return run


def test_undo_of_a_named_operation_undoes_no_other_change(bob_client, groceries):
    """API-48: the version is that of another change, after an older copy was put back."""
    op, other = uuid4(), uuid4()
    url = url_of_items(groceries)
    bob_client.post(url, {"name": "Jam"}, headers={"Idempotency-Key": str(op)})
    undo = f"{url_of_list(groceries)}activities/{current_version(groceries)}/undo/"
    refusal = bob_client.post(undo, {"op": str(other)})
    assert (refusal.status_code, refusal.json()["code"]) == (409, "cannot_undo")
    assert groceries.items.filter(name="Jam").exists()
    wrong = bob_client.post(undo, {"op": "x"})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["op"])
    assert bob_client.post(undo, {"op": str(op)}).status_code == 200
    assert not groceries.items.filter(name="Jam").exists()


LINES = {"items": [{"name": "Jam"}, {"name": "tea"}, {"name": "bread", "quantity": "1"}]}
CHANGES = {
    "add": lambda c, at, milk, tea: c.post(at, {"name": "Jam", "quantity": "1", "after": None}),
    "put back": lambda c, at, milk, tea: c.post(at, {"name": "tea", "quantity": "9"}),
    "fill": lambda c, at, milk, tea: c.post(at, {"name": "bread", "quantity": "2"}),
    "rename": lambda c, at, milk, tea: c.patch(f"{at}{milk}/", {"name": "Oat milk"}),
    "detail": lambda c, at, milk, tea: c.patch(f"{at}{milk}/", {"note": "x", "category": "y"}),
    "tick": lambda c, at, milk, tea: c.patch(f"{at}{milk}/", {"purchased": True}),
    "untick": lambda c, at, milk, tea: c.patch(f"{at}{tea}/", {"purchased": False}),
    "move": lambda c, at, milk, tea: c.patch(f"{at}{milk}/", {"after": tea}),
    "replace": lambda c, at, milk, tea: c.put(f"{at}{milk}/", {"name": "Rice", "purchased": True}),
    "remove": lambda c, at, milk, tea: c.delete(f"{at}{milk}/"),
    "remove bought": lambda c, at, milk, tea: c.delete(f"{at}{tea}/"),
    "bulk": lambda c, at, milk, tea: c.post(f"{at}bulk/", LINES),
    "tick many": lambda c, at, milk, tea: c.post(f"{at}tick/", {"purchased": False}),
    "untick many": lambda c, at, milk, tea: c.post(f"{at}untick/", {"purchased": True}),
    "remove many": lambda c, at, milk, tea: c.post(f"{at}remove/", {"items": [milk, tea]}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_undo_restores_every_row_and_undoing_the_undo_reapplies_the_change(
    name: str, bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
) -> None:
    """API-12"""
    url = url_of_items(groceries)
    bob_client.post(url, {"name": "Bread"})
    tea = bob_client.post(url, {"name": "Tea", "purchased": True, "note": "green"}).json()["id"]
    before, first = rows(groceries), current_version(groceries)
    assert CHANGES[name](bob_client, url, str(milk.pk), tea).status_code < 300
    after = rows(groceries)
    assert current_version(groceries) == first + 1
    response = undo()
    body = response.json()
    assert (response.status_code, body["verb"], body["undoes"]) == (200, "undo", first + 1)
    assert body["version"] == current_version(groceries) == first + 2
    assert rows(groceries) == before
    redo = undo().json()
    assert (redo["undoes"], redo["version"]) == (first + 2, first + 3)
    assert without_ticks(rows(groceries)) == without_ticks(after)


def without_ticks(rows_by_id: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    return {pk: row[:5] + row[7:] for pk, row in rows_by_id.items()}


def test_undo_keeps_later_changes_of_other_fields(
    bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
) -> None:
    """API-12"""
    bob_client.patch(url_of_item(milk), {"name": "Oat milk"})
    renamed = current_version(groceries)
    bob_client.patch(url_of_item(milk), {"quantity": "3 l", "purchased": True})
    bob_client.post(url_of_items(groceries), {"name": "Jam"})
    assert undo(renamed).status_code == 200
    milk.refresh_from_db()
    assert (milk.name, milk.quantity, milk.purchased) == ("Milk", "3 l", True)
    assert groceries.items.filter(name="Jam").exists()


def test_undo_reports_rows_changed_since_and_changes_nothing(
    bob_client: Any, groceries: ShoppingList, undo: Any
) -> None:
    """API-13"""
    url = url_of_items(groceries)
    lines = [{"name": name} for name in ("One", "Two", "Three", "Four")]
    added = bob_client.post(f"{url}bulk/", {"items": lines}).json()
    first, second, third, _ = (line["item"]["id"] for line in added["results"])
    bob_client.patch(f"{url}{first}/", {"quantity": "7"})
    bob_client.delete(f"{url}{second}/")
    bob_client.patch(f"{url}{third}/", {"purchased": True})
    before, version = rows(groceries), current_version(groceries)
    response = undo(added["version"])
    assert (response.status_code, response.json()["code"]) == (409, "cannot_undo")
    assert response.json()["rows"] == [
        {"item": first, "name": "One", "reason": "was changed since"},
        {"item": second, "name": "Two", "reason": "was removed"},
        {"item": third, "name": "Three", "reason": "was changed since"},
    ]
    assert (rows(groceries), current_version(groceries)) == (before, version)


def test_removed_item_is_not_restored_when_its_name_or_id_is_in_use(
    bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
) -> None:
    bob_client.delete(url_of_item(milk))
    removed = current_version(groceries)
    bob_client.post(url_of_items(groceries), {"name": "MILK"})
    response = undo(removed)
    assert response.status_code == 409
    assert response.json()["rows"][0]["reason"] == "another open item has that name"
    bob_client.post(url_of_items(groceries), {"id": str(milk.pk), "name": "Cream"})
    assert undo(removed).json()["rows"][0]["reason"] == "is there again"


def test_duplicate_open_name_blocks_only_an_undo_that_would_reopen_it(
    bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
) -> None:
    """API-13"""
    url = url_of_items(groceries)
    bob_client.patch(url_of_item(milk), {"quantity": "9 l"})
    edited = current_version(groceries)
    bob_client.patch(url_of_item(milk), {"purchased": True})
    ticked = current_version(groceries)
    other_id = bob_client.post(url, {"name": "Oats"}).json()["id"]
    bob_client.patch(f"{url}{other_id}/", {"name": "Milk"})
    assert undo(ticked).status_code == 409
    assert undo(edited).status_code == 200
    milk.refresh_from_db()
    assert (milk.quantity, milk.purchased) == ("1 l", True)


def test_undo_returns_409_when_nothing_is_left_to_undo(
    bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
) -> None:
    bob_client.patch(url_of_item(milk), {"purchased": True})
    ticked = current_version(groceries)
    assert undo(ticked).status_code == 200
    before = current_version(groceries)
    assert undo(ticked).status_code == 409
    assert current_version(groceries) == before


def test_only_owners_can_undo_a_list_rename(
    ana_client: Any, bob_client: Any, groceries: ShoppingList, undo: Any
) -> None:
    ana_client.patch(url_of_list(groceries), {"name": "Food"})
    renamed = current_version(groceries)
    assert undo(renamed, bob_client).status_code == 403
    assert undo(renamed, ana_client).status_code == 200
    assert bob_client.get(url_of_list(groceries)).json()["name"] == "Groceries"
    ana_client.patch(url_of_list(groceries), {"name": "Drinks"})
    response = undo(renamed, ana_client)
    assert (response.status_code, response.json()["rows"][0]["list"]) == (409, str(groceries.pk))


def test_member_changes_and_list_deletion_cannot_be_undone(
    ana_client: Any, groceries: ShoppingList, bob: User, undo: Any
) -> None:
    ana_client.patch(f"{url_of_list(groceries)}members/{bob.pk}/", {"role": "viewer"})
    assert undo(client=ana_client).status_code == 409
    assert undo(1, client=ana_client).status_code == 409  # the list's creation
    ana_client.delete(url_of_list(groceries))
    deleted = current_version(groceries)
    ana_client.post(f"{url_of_list(groceries)}restore/")
    assert undo(deleted, client=ana_client).status_code == 409


def test_undo_of_an_unknown_version_returns_404(undo: Any, groceries: ShoppingList) -> None:
    assert undo(999).status_code == 404
    assert undo(10**17).status_code == 404


def test_restored_item_does_not_name_a_deleted_user(
    ana_client: Any, bob_client: Any, groceries: ShoppingList, bob: User, undo: Any
) -> None:
    tea = bob_client.post(url_of_items(groceries), {"name": "Tea", "purchased": True}).json()
    ana_client.delete(f"{url_of_items(groceries)}{tea['id']}/")
    removed = current_version(groceries)
    bob.delete()
    assert undo(removed, client=ana_client).status_code == 200
    restored = ana_client.get(f"{url_of_items(groceries)}{tea['id']}/").json()
    assert (restored["purchased"], restored["created_by"], restored["purchased_by"]) == (
        True,
        None,
        None,
    )
    assert restored["purchased_at"] == tea["purchased_at"]


class TestActivities:
    def test_activities_are_listed_newest_first_in_stable_pages(
        self, bob_client: Any, groceries: ShoppingList
    ) -> None:
        """API-16"""
        for number in range(6):
            bob_client.post(url_of_items(groceries), {"name": f"{number}"})
        url = f"{url_of_list(groceries)}activities/?page_size=4"
        first = bob_client.get(url).json()
        bob_client.post(url_of_items(groceries), {"name": "meanwhile"})
        second = bob_client.get(first["next"]).json()
        versions = [row["version"] for row in first["results"] + second["results"]]
        assert versions == list(range(9, 1, -1))
        previous = bob_client.get(second["previous"]).json()
        assert previous["results"] == first["results"]
        assert bob_client.get(second["next"]).json()["next"] is None

    def test_activity_contains_actor_verb_and_changed_rows(
        self, bob_client: Any, groceries: ShoppingList, milk: Any, bob: User
    ) -> None:
        key = str(uuid4())
        before = bob_client.get(url_of_item(milk)).json()
        after = bob_client.patch(url_of_item(milk), {"note": "x"}, HTTP_IDEMPOTENCY_KEY=key).json()
        url = f"{url_of_list(groceries)}activities/?rows=true"
        row = bob_client.get(url).json()["results"][0]
        assert row == {
            "version": after["version"],
            "digest": bob_client.get(url_of_list(groceries)).json()["digest"],
            "at": after["updated_at"],
            "verb": "item.edited",
            "actor": {"id": bob.pk, "name": "Bob"},
            "op": key,
            "summary": {
                "items": 1,
                "members": 0,
                "list_changed": False,
                "names": ["Milk"],
                "fields": {"note": {"before": "", "after": "x"}},
            },
            "changes": [{"item": str(milk.pk), "before": before, "after": after}],
            "undoes": None,
            "undone_by": None,
        }

    def test_undone_activity_names_the_undoing_version(
        self, bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
    ) -> None:
        bob_client.patch(url_of_item(milk), {"note": "x"})
        edited = current_version(groceries)
        undone = undo().json()
        rows = bob_client.get(f"{url_of_list(groceries)}activities/").json()["results"]
        assert rows[0] == undone
        assert (rows[1]["version"], rows[1]["undone_by"]) == (edited, undone["version"])

    def test_undone_undo_does_not_count_as_an_undo(
        self, bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
    ) -> None:
        """API-12"""
        bob_client.patch(url_of_item(milk), {"quantity": "2 l"})
        first = current_version(groceries)
        undone_by_offsets = []
        for _ in range(4):  # undo, redo, undo, redo
            undo()
            rows = bob_client.get(f"{url_of_list(groceries)}activities/?since={first - 1}").json()
            undone_by_offsets.append(
                [row["undone_by"] and row["undone_by"] - first for row in rows["results"]]
            )
        assert undone_by_offsets == [
            [1, None],
            [None, 2, None],
            [1, None, 3, None],
            [None, 2, None, 4, None],
        ]
        page = bob_client.get(f"{url_of_list(groceries)}activities/?page_size=2").json()["results"]
        assert [row["undone_by"] for row in page] == [None, first + 4]

    def test_since_returns_all_later_activities_oldest_first(
        self, bob_client: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-16"""
        url = f"{url_of_list(groceries)}activities/"
        version = current_version(groceries)
        digest = bob_client.get(url_of_list(groceries)).json()["digest"]
        for number in range(3):
            bob_client.patch(url_of_item(milk), {"note": f"{number}"})
        response = bob_client.get(url, {"since": version}).json()
        assert response["base"] == digest
        assert bob_client.get(url, {"since": version + 4}).json()["base"] is None
        epoch = bob_client.get(url_of_list(groceries)).json()["epoch"]
        assert (response["epoch"], response["more"]) == (epoch, False)
        assert [row["version"] for row in response["results"]] == [
            version + 1,
            version + 2,
            version + 3,
        ]
        assert bob_client.get(url, {"since": version + 3}).json()["results"] == []
        assert bob_client.get(url, {"since": 2**63 - 1}).json()["results"] == []

    def test_since_sets_more_when_activities_remain(
        self, bob_client: Any, groceries: ShoppingList
    ) -> None:
        """API-16"""
        template = Activity.objects.filter(list_id=groceries.pk).latest("version")
        Activity.objects.bulk_create(
            Activity(**{**fields_of(template), "version": 100 + number}) for number in range(501)
        )
        response = bob_client.get(f"{url_of_list(groceries)}activities/", {"since": 99}).json()
        assert (len(response["results"]), response["more"]) == (500, True)
        last = response["results"][-1]["version"]
        rest = bob_client.get(f"{url_of_list(groceries)}activities/", {"since": last}).json()
        assert ([row["version"] for row in rest["results"]], rest["more"]) == ([600], False)

    def test_activities_contain_no_account_data(
        self, bob_client: Any, ana_client: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        ana_client.patch(url_of_list(groceries), {"name": "Food"})
        bob_client.patch(url_of_item(milk), {"purchased": True})
        content = bob_client.get(f"{url_of_list(groceries)}activities/").content.decode()
        for secret in ("email", "username", "password", "last_login"):
            assert secret not in content


def fields_of(row: Activity) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in Activity._meta.concrete_fields
        if field.attname not in {"id", "operation_id"}
    }


@pytest.mark.parametrize("max_whole_rows", [compaction.MAX_WHOLE_ROWS, 1])
def test_undo_exchanges_the_names_that_a_change_exchanged(
    max_whole_rows: int,
    bob_client: Any,
    groceries: ShoppingList,
    milk: Any,
    undo: Any,
    monkeypatch: Any,
) -> None:
    """API-12: no name is open twice in between."""
    monkeypatch.setattr(compaction, "MAX_WHOLE_ROWS", max_whole_rows)
    bread = groceries.items.create(name="Bread", note="dark")
    before = rows(groceries)
    with recording(groceries.pk):
        for item, name in ((milk, "x"), (bread, "Milk"), (milk, "Bread")):
            item.name = name
            item.save()
    assert undo().status_code == 200
    assert rows(groceries) == before
    assert undo().status_code == 200
    names = dict(groceries.items.values_list("pk", "name"))
    assert names == {milk.pk: "Bread", bread.pk: "Milk"}


def test_undo_of_exchanged_names_is_refused_when_another_item_has_one_of_them(
    bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
) -> None:
    """API-13"""
    bread = groceries.items.create(name="Bread")
    with recording(groceries.pk):
        for item, name in ((milk, "Rye"), (bread, "Milk")):
            item.name = name
            item.save()
    version = current_version(groceries)
    bob_client.post(url_of_items(groceries), {"name": "Bread"})
    response = undo(version)
    assert (response.status_code, response.json()["code"]) == (409, "cannot_undo")
    assert response.json()["rows"] == [
        {"item": str(bread.pk), "name": "Milk", "reason": "another open item has that name"}
    ]
