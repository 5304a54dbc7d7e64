"""An installation that was made before the digests gets them by `migrate`."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from shopping_list.models import Activity, ShoppingList
from shopping_list.services import list_checks

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def migrate():
    """Migrate the lists to a state (None: the newest one), and to the newest one at the end."""

    def migrate_to(name):
        executor = MigrationExecutor(connection)
        newest = executor.loader.graph.leaf_nodes("shopping_list")
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
