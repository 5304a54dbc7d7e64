"""An installation that was made before the digests gets them by `migrate`."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet

from shopping_list.models import Activity, ShoppingItem, ShoppingList
from shopping_list.parsing.item_names import twin_key
from shopping_list.services import list_checks

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def migrate():
    """Migrate the lists to a state, and everything to the newest one (None) at the end.

    Going back undoes also the migrations of other apps that depend on those of the lists.
    """

    def migrate_to(name):
        executor = MigrationExecutor(connection)
        newest = executor.loader.graph.leaf_nodes()
        executor.migrate([("shopping_list", name)] if name else newest)

    yield migrate_to
    migrate_to(None)


def test_lists_of_an_older_version_get_their_digest_and_a_new_epoch(
    groceries, hardware, milk, bob, migrate
):
    """POS-3: so a client of the older version takes a snapshot."""
    milk.purchased = True
    milk.save()
    expected = dict(ShoppingList.objects.values_list("pk", "digest"))
    migrate("0001_initial")
    migrate(None)
    migrated = {shopping_list.pk: shopping_list for shopping_list in ShoppingList.objects.all()}
    assert {pk: row.digest for pk, row in migrated.items()} == expected
    assert migrated[groceries.pk].epoch != groceries.epoch
    assert set(Activity.objects.values_list("base", "digest")) == {("", "")}
    newest = Activity.objects.filter(list_id=groceries.pk).latest("version")
    assert newest.summary["names"] == ["Milk"]
    milk.note = "after"
    milk.save()
    assert list_checks.differences(groceries.pk) == []


def test_lists_of_a_version_without_shops_keep_their_digests(
    groceries, hardware, milk, bob, migrate, ana_client
):
    """ITM-136: nothing is computed again, and a client of the older version can resume."""
    milk.purchased = True
    milk.save()
    groceries.items.create(name="Bread", category="Bakery")
    columns = ("pk", "epoch", "version", "digest")
    migrate("0007_row_encoder")
    expected = set(QuerySet(ShoppingList).values_list(*columns))
    frames = set(Activity.objects.defer("other_list_id").values_list("pk", "digest", "frame"))
    migrate(None)
    assert set(ShoppingList.objects.values_list(*columns)) == expected
    assert set(Activity.objects.values_list("pk", "digest", "frame")) == frames
    for shopping_list in ShoppingList.objects.all():
        assert list_checks.differences(shopping_list.pk) == []
    url = f"/api/shopping-lists/{groceries.pk}/"
    rows = ana_client.get(f"{url}snapshot/").json()
    assert (rows["list"]["aisles"], rows["list"]["shops"], rows["list"]["staples"]) == ([], {}, {})
    assert {(*item["shops"], item["not_found_at"]) for item in rows["items"]} == {(None,)}


def without_new_fields(value):
    if isinstance(value, list):
        return [without_new_fields(each) for each in value]
    if not isinstance(value, dict):
        return value
    new = {"shops", "not_found_at", "aisles", "staples"}
    return {name: without_new_fields(each) for name, each in value.items() if name not in new}


def test_change_that_was_recorded_without_shops_is_undone(groceries, milk, migrate, ana_client):
    """ITM-136: also the rows of a list before it are read."""
    version = groceries.items.create(name="Bread").version
    milk.delete()
    for activity in Activity.objects.filter(list_id=groceries.pk):
        activity.changes = without_new_fields(activity.changes)
        activity.frame = json.dumps(without_new_fields(json.loads(bytes(activity.frame)))).encode()
        activity.save()
    url = f"/api/shopping-lists/{groceries.pk}/"
    past = ana_client.get(f"{url}snapshot/?version={version}").json()
    assert [item["name"] for item in past["items"]] == ["Milk", "Bread"]
    undone = ana_client.post(f"{url}activities/{version + 1}/undo/")
    assert undone.status_code == 200
    assert ana_client.post(f"{url}activities/{version}/undo/").status_code == 200
    assert list(groceries.items.values_list("name", "shops")) == [("Milk", [])]


def test_open_items_whose_names_became_equal_are_kept(groceries, migrate, ana, signed_in_client):
    """ROW-7, case P2: three spellings, one of them bought, and both open ones can be edited."""
    names = {"Ben's": False, "Ben\u2019s": False, "Ben\u02bcs": True, "Semi\u2011skimmed": False}
    items = {name: groceries.items.create(name=name, purchased=True) for name in names}
    migrate("0005_hash_idempotency_keys")
    for name, purchased in names.items():
        old_key = name.casefold()
        QuerySet(ShoppingItem).filter(pk=items[name].pk).update(
            name_key=old_key, purchased=purchased, purchased_at=None
        )
    migrate(None)
    keys = dict(groceries.items.values_list("name", "name_key"))
    twin = items["Ben\u2019s"]
    assert keys == {
        "Ben's": "ben's",
        "Ben\u2019s": twin_key("ben's", twin.pk),
        "Ben\u02bcs": "ben's",
        "Semi\u2011skimmed": "semi-skimmed",
    }
    list_checks.repair(groceries.pk)
    client = signed_in_client(ana)
    url = f"/api/shopping-lists/{groceries.pk}/shopping-items/"
    statuses = [
        client.patch(f"{url}{twin.pk}/", {"note": "a gift"}).status_code,
        client.patch(f"{url}{twin.pk}/", {"purchased": True}).status_code,
        client.patch(f"{url}{twin.pk}/", {"purchased": False}).status_code,  # it is a duplicate
        client.patch(f"{url}{twin.pk}/", {"name": "Ben Nevis", "purchased": False}).status_code,
    ]
    assert statuses == [200, 200, 409, 200]
    fresh = ShoppingItem.objects.get(pk=twin.pk)
    assert (fresh.name_key, fresh.note) == ("ben nevis", "a gift")
    fresh.save()  # a whole save, as in the admin
