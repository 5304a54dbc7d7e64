"""Every change can be undone, whatever came later, while its rows allow it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from shopping_list.models import Activity, ShoppingItem, ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_item, url_of_items, url_of_list

pytestmark = pytest.mark.database


def rows(one: ShoppingList) -> dict[str, tuple[Any, ...]]:
    fields = ("name", "quantity", "note", "category", "purchased", "purchased_at", "purchased_by")
    more = ("position", "created_at", "created_by", "name_key")
    found = ShoppingItem.objects.filter(shopping_list=one).values_list("id", *fields, *more)
    return {str(row[0]): row[1:] for row in found}


@pytest.fixture
def undo(bob_client: Any, groceries: ShoppingList) -> Any:
    """Undo a version of ana's list; the newest if none is named."""

    def run(version: int | None = None, client: Any = bob_client) -> Any:
        number = version or current_version(groceries)
        return client.post(f"{url_of_list(groceries)}activities/{number}/undo/")

    return run


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
def test_undo_restores_every_row_and_undoing_that_does_it_again(
    name: str, bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
) -> None:
    """API-12"""
    at = url_of_items(groceries)
    bob_client.post(at, {"name": "Bread"})
    tea = bob_client.post(at, {"name": "Tea", "purchased": True, "note": "green"}).json()["id"]
    before, first = rows(groceries), current_version(groceries)
    assert CHANGES[name](bob_client, at, str(milk.pk), tea).status_code < 300
    after = rows(groceries)
    assert current_version(groceries) == first + 1
    answer = undo()
    body = answer.json()
    assert (answer.status_code, body["verb"], body["undoes"]) == (200, "undo", first + 1)
    assert body["version"] == current_version(groceries) == first + 2
    assert rows(groceries) == before
    again = undo().json()
    assert (again["undoes"], again["version"]) == (first + 2, first + 3)
    assert without_ticks(rows(groceries)) == without_ticks(after)


def without_ticks(found: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    return {pk: row[:5] + row[7:] for pk, row in found.items()}


def test_what_came_later_elsewhere_stays(
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


def test_rows_that_moved_on_are_named_and_nothing_is_changed(
    bob_client: Any, groceries: ShoppingList, undo: Any
) -> None:
    """API-13"""
    at = url_of_items(groceries)
    lines = [{"name": name} for name in ("One", "Two", "Three", "Four")]
    made = bob_client.post(f"{at}bulk/", {"items": lines}).json()
    one, two, three, _ = (line["item"]["id"] for line in made["results"])
    bob_client.patch(f"{at}{one}/", {"quantity": "7"})
    bob_client.delete(f"{at}{two}/")
    bob_client.patch(f"{at}{three}/", {"purchased": True})
    before, version = rows(groceries), current_version(groceries)
    answer = undo(made["version"])
    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_undo")
    assert answer.json()["rows"] == [
        {"item": one, "name": "One", "reason": "was changed since"},
        {"item": two, "name": "Two", "reason": "was removed"},
        {"item": three, "name": "Three", "reason": "was changed since"},
    ]
    assert (rows(groceries), current_version(groceries)) == (before, version)


def test_what_was_removed_does_not_come_back_twice(
    bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
) -> None:
    bob_client.delete(url_of_item(milk))
    removed = current_version(groceries)
    bob_client.post(url_of_items(groceries), {"name": "MILK"})
    answer = undo(removed)
    assert answer.status_code == 409
    assert answer.json()["rows"][0]["reason"] == "another open item has that name"
    bob_client.post(url_of_items(groceries), {"id": str(milk.pk), "name": "Cream"})
    assert undo(removed).json()["rows"][0]["reason"] == "is there again"


def test_a_name_that_is_open_again_blocks_only_what_would_open_it_twice(
    bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
) -> None:
    """API-13"""
    at = url_of_items(groceries)
    bob_client.patch(url_of_item(milk), {"quantity": "9 l"})
    edited = current_version(groceries)
    bob_client.patch(url_of_item(milk), {"purchased": True})
    ticked = current_version(groceries)
    other = bob_client.post(at, {"name": "Oats"}).json()["id"]
    bob_client.patch(f"{at}{other}/", {"name": "Milk"})
    assert undo(ticked).status_code == 409
    assert undo(edited).status_code == 200
    milk.refresh_from_db()
    assert (milk.quantity, milk.purchased) == ("1 l", True)


def test_an_undo_with_nothing_left_to_do_is_refused(
    bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
) -> None:
    bob_client.patch(url_of_item(milk), {"purchased": True})
    ticked = current_version(groceries)
    assert undo(ticked).status_code == 200
    before = current_version(groceries)
    assert undo(ticked).status_code == 409
    assert current_version(groceries) == before


def test_a_rename_of_the_list_is_undone_by_owners(
    ana_client: Any, bob_client: Any, groceries: ShoppingList, undo: Any
) -> None:
    ana_client.patch(url_of_list(groceries), {"name": "Food"})
    renamed = current_version(groceries)
    assert undo(renamed, bob_client).status_code == 403
    assert undo(renamed, ana_client).status_code == 200
    assert bob_client.get(url_of_list(groceries)).json()["name"] == "Groceries"
    ana_client.patch(url_of_list(groceries), {"name": "Drinks"})
    answer = undo(renamed, ana_client)
    assert (answer.status_code, answer.json()["rows"][0]["list"]) == (409, str(groceries.pk))


def test_members_and_the_trash_are_not_undone_this_way(
    ana_client: Any, groceries: ShoppingList, bob: User, undo: Any
) -> None:
    ana_client.patch(f"{url_of_list(groceries)}members/{bob.pk}/", {"role": "viewer"})
    assert undo(client=ana_client).status_code == 409
    assert undo(1, client=ana_client).status_code == 409  # the list's creation
    ana_client.delete(url_of_list(groceries))
    deleted = current_version(groceries)
    ana_client.post(f"{url_of_list(groceries)}restore/")
    assert undo(deleted, client=ana_client).status_code == 409


def test_a_version_that_is_not_there_is_nowhere(undo: Any, groceries: ShoppingList) -> None:
    assert undo(999).status_code == 404
    assert undo(10**17).status_code == 404


def test_who_is_gone_is_not_named_by_what_comes_back(
    ana_client: Any, bob_client: Any, groceries: ShoppingList, bob: User, undo: Any
) -> None:
    tea = bob_client.post(url_of_items(groceries), {"name": "Tea", "purchased": True}).json()
    ana_client.delete(f"{url_of_items(groceries)}{tea['id']}/")
    removed = current_version(groceries)
    bob.delete()
    assert undo(removed, client=ana_client).status_code == 200
    back = ana_client.get(f"{url_of_items(groceries)}{tea['id']}/").json()
    assert (back["purchased"], back["created_by"], back["purchased_by"]) == (True, None, None)
    assert back["purchased_at"] == tea["purchased_at"]


class TestActivities:
    def test_the_newest_come_first_in_pages_that_do_not_move(
        self, bob_client: Any, groceries: ShoppingList
    ) -> None:
        """API-16"""
        for number in range(6):
            bob_client.post(url_of_items(groceries), {"name": f"{number}"})
        at = f"{url_of_list(groceries)}activities/?page_size=4"
        first = bob_client.get(at).json()
        bob_client.post(url_of_items(groceries), {"name": "meanwhile"})
        second = bob_client.get(first["next"]).json()
        shown = [row["version"] for row in first["results"] + second["results"]]
        assert shown == list(range(9, 1, -1))
        back = bob_client.get(second["previous"]).json()
        assert back["results"] == first["results"]
        assert bob_client.get(second["next"]).json()["next"] is None

    def test_an_activity_tells_who_did_what_to_which_row(
        self, bob_client: Any, groceries: ShoppingList, milk: Any, bob: User
    ) -> None:
        op = str(uuid4())
        before = bob_client.get(url_of_item(milk)).json()
        after = bob_client.patch(url_of_item(milk), {"note": "x"}, HTTP_IDEMPOTENCY_KEY=op).json()
        row = bob_client.get(f"{url_of_list(groceries)}activities/").json()["results"][0]
        assert row == {
            "version": after["version"],
            "at": after["updated_at"],
            "verb": "item.edited",
            "actor": {"id": bob.pk, "name": "Bob"},
            "op": op,
            "changes": [{"item": str(milk.pk), "before": before, "after": after}],
            "undoes": None,
            "undone_by": None,
        }

    def test_what_was_undone_says_by_which_version(
        self, bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
    ) -> None:
        bob_client.patch(url_of_item(milk), {"note": "x"})
        edited = current_version(groceries)
        undone = undo().json()
        rows = bob_client.get(f"{url_of_list(groceries)}activities/").json()["results"]
        assert rows[0] == undone
        assert (rows[1]["version"], rows[1]["undone_by"]) == (edited, undone["version"])

    def test_an_undo_that_was_undone_has_undone_nothing(
        self, bob_client: Any, groceries: ShoppingList, milk: Any, undo: Any
    ) -> None:
        """API-12"""
        bob_client.patch(url_of_item(milk), {"quantity": "2 l"})
        first = current_version(groceries)
        told = []
        for _ in range(4):  # back, forth, back, forth
            undo()
            rows = bob_client.get(f"{url_of_list(groceries)}activities/?since={first - 1}").json()
            told.append([row["undone_by"] and row["undone_by"] - first for row in rows["results"]])
        assert told == [
            [1, None],
            [None, 2, None],
            [1, None, 3, None],
            [None, 2, None, 4, None],
        ]
        page = bob_client.get(f"{url_of_list(groceries)}activities/?page_size=2").json()["results"]
        assert [row["undone_by"] for row in page] == [None, first + 4]

    def test_since_gives_all_that_followed_oldest_first(
        self, bob_client: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        """API-16"""
        at = f"{url_of_list(groceries)}activities/"
        here = current_version(groceries)
        for number in range(3):
            bob_client.patch(url_of_item(milk), {"note": f"{number}"})
        answer = bob_client.get(at, {"since": here}).json()
        epoch = bob_client.get(url_of_list(groceries)).json()["epoch"]
        assert (answer["epoch"], answer["more"]) == (epoch, False)
        assert [row["version"] for row in answer["results"]] == [here + 1, here + 2, here + 3]
        assert bob_client.get(at, {"since": here + 3}).json()["results"] == []
        assert bob_client.get(at, {"since": 2**63 - 1}).json()["results"] == []

    def test_since_says_when_there_is_more(self, bob_client: Any, groceries: ShoppingList) -> None:
        """API-16"""
        template = Activity.objects.filter(list_id=groceries.pk).latest("version")
        Activity.objects.bulk_create(
            Activity(**{**fields_of(template), "version": 100 + number}) for number in range(501)
        )
        answer = bob_client.get(f"{url_of_list(groceries)}activities/", {"since": 99}).json()
        assert (len(answer["results"]), answer["more"]) == (500, True)
        last = answer["results"][-1]["version"]
        rest = bob_client.get(f"{url_of_list(groceries)}activities/", {"since": last}).json()
        assert ([row["version"] for row in rest["results"]], rest["more"]) == ([600], False)

    def test_the_log_tells_nothing_of_accounts(
        self, bob_client: Any, ana_client: Any, groceries: ShoppingList, milk: Any
    ) -> None:
        ana_client.patch(url_of_list(groceries), {"name": "Food"})
        bob_client.patch(url_of_item(milk), {"purchased": True})
        told = bob_client.get(f"{url_of_list(groceries)}activities/").content.decode()
        for secret in ("email", "username", "password", "last_login"):
            assert secret not in told


def fields_of(row: Activity) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in Activity._meta.concrete_fields
        if field.attname not in {"id", "operation_id"}
    }
