"""The summary of a change: what a feed needs of it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.recording.context import recording
from tests.shopping_list.api.conftest import url_of_item, url_of_items, url_of_list


def latest_summary(shopping_list: ShoppingList) -> dict[str, Any]:
    return Activity.objects.filter(list_id=shopping_list.pk).latest("version").summary


def summary(**fields: Any) -> dict[str, Any]:
    nothing = {"items": 0, "members": 0, "list_changed": False, "names": [], "fields": {}}
    return {**nothing, **fields}


def test_summary_has_fields_before_and_after_when_one_item_is_edited(groceries, milk):
    """API-31"""
    milk.name, milk.quantity = "Oat milk", "3 l"
    milk.save()
    assert latest_summary(groceries) == summary(
        items=1,
        names=["Oat milk"],
        fields={
            "name": {"before": "Milk", "after": "Oat milk"},
            "quantity": {"before": "1 l", "after": "3 l"},
        },
    )


def test_summary_has_the_start_of_a_long_text(groceries, milk):
    """API-31, HIS-1"""
    milk.note = "x" * 1000
    milk.save()
    note = {"before": "", "after": "x" * 79 + "…"}
    assert latest_summary(groceries) == summary(items=1, names=["Milk"], fields={"note": note})


def test_summary_has_no_times_and_users_when_an_item_is_ticked(groceries, milk):
    """API-31"""
    milk.purchased = True
    milk.save()
    ticked = {"purchased": {"before": False, "after": True}}
    assert latest_summary(groceries) == summary(items=1, names=["Milk"], fields=ticked)


def test_summary_has_no_fields_when_an_item_is_added_or_removed(groceries):
    """API-31"""
    bread = groceries.items.create(name="Bread")
    assert latest_summary(groceries) == summary(items=1, names=["Bread"])
    bread.delete()
    assert latest_summary(groceries) == summary(items=1, names=["Bread"])


def test_summary_has_three_names_when_many_items_change(groceries):
    """API-31"""
    with recording(groceries.pk):
        for number in range(20):
            groceries.items.create(name=f"Item {number}")
    assert latest_summary(groceries) == summary(items=20, names=["Item 0", "Item 1", "Item 2"])


def test_summary_has_the_names_of_the_list_when_it_is_renamed(groceries):
    """API-31"""
    groceries.name = "Food"
    groceries.save()
    assert latest_summary(groceries) == summary(
        list_changed=True, fields={"name": {"before": "Groceries", "after": "Food"}}
    )


def test_summary_has_the_role_when_a_member_gets_another(groceries, bob):
    """API-31"""
    membership = Membership.objects.get(shopping_list=groceries, user=bob)
    membership.role = "viewer"
    membership.save()
    assert latest_summary(groceries) == summary(
        members=1, names=["Bob"], fields={"role": {"before": "editor", "after": "viewer"}}
    )


def test_migration_gives_old_changes_the_same_summaries(groceries, milk, mallory):
    milk.note = "cold"
    milk.save()
    with recording(groceries.pk):
        groceries.items.update(purchased=True)
        groceries.name = "Food"
        groceries.save()
        Membership.objects.create(shopping_list=groceries, user=mallory)
    groceries.items.all().delete()
    expected = dict(Activity.objects.values_list("pk", "summary"))
    QuerySet(Activity).update(summary={})
    migration = import_module("shopping_list.migrations.0003_activity_summary")
    migration.fill_summaries(apps, None)
    assert dict(Activity.objects.values_list("pk", "summary")) == expected
    assert len(expected) > 5


def test_activities_have_rows_when_they_are_requested(bob_client, groceries, milk):
    """API-31"""
    url = f"{url_of_list(groceries)}activities/"
    before = bob_client.get(url_of_item(milk)).json()
    after = bob_client.patch(url_of_item(milk), {"note": "cold"}).json()
    for query in ({}, {"since": 0}, {"rows": "false"}):
        assert not any("changes" in row for row in bob_client.get(url, query).json()["results"])
    for query, index in (({"rows": "true"}, 0), ({"rows": "true", "since": 0}, -1)):
        row = bob_client.get(url, query).json()["results"][index]
        assert row["changes"] == [{"item": str(milk.pk), "before": before, "after": after}]
    assert bob_client.get(url, {"rows": "yes"}).status_code == 400


def test_undo_returns_a_summary(bob_client, groceries, milk):
    """API-31"""
    version = bob_client.patch(url_of_item(milk), {"note": "cold"}).json()["version"]
    row = bob_client.post(f"{url_of_list(groceries)}activities/{version}/undo/").json()
    assert row["summary"]["fields"] == {"note": {"before": "cold", "after": ""}}
    assert "changes" not in row


def test_activities_read_no_rows_when_none_are_requested(
    bob_client, groceries, django_assert_max_num_queries
):
    """API-31"""
    bob_client.post(f"{url_of_items(groceries)}bulk/", {"items": [{"name": "a"}, {"name": "b"}]})
    with django_assert_max_num_queries(10) as queries:
        bob_client.get(f"{url_of_list(groceries)}activities/")
    read = [query["sql"] for query in queries.captured_queries if "activity" in query["sql"]]
    assert read
    assert not any('"changes"' in sql or '"frame"' in sql for sql in read)


def test_summary_has_the_category_that_many_items_got(groceries):
    """API-31: if all of them had the same one before, however many they are."""
    for count in (3, 250):
        groceries.items.all().delete()
        groceries.items.bulk_create(
            ShoppingItem(shopping_list=groceries, name=f"{n}", category="Dairy")
            for n in range(count)
        )
        groceries.items.update(category="Cold")
        latest = latest_summary(groceries)
        assert latest["items"] == count
        assert latest["fields"] == {"category": {"before": "Dairy", "after": "Cold"}}
    groceries.items.filter(name="1").update(category="Bakery")
    groceries.items.update(category="")
    assert latest_summary(groceries)["fields"] == {}
