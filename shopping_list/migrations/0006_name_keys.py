"""Compute the keys of names again: they fold apostrophes, hyphens and invisible characters.

Two open items of a list whose names are equal now are both kept. The later one gets a key
that no name has (item_names.twin_key), until its name is changed.
"""

from django.db import migrations

from shopping_list.parsing.item_names import comparison_key, twin_key

CHUNK_SIZE = 2_000


def recompute_keys(apps, schema_editor):
    items = apps.get_model("shopping_list", "ShoppingItem").objects
    columns = ("pk", "shopping_list_id", "name", "name_key", "purchased")
    rows = items.order_by("created_at", "pk").values_list(*columns)
    outdated = [
        (pk, list_id, key, purchased)
        for pk, list_id, name, stored_key, purchased in rows.iterator(CHUNK_SIZE)
        if (key := comparison_key(name)) != stored_key
    ]
    for pk, list_id, key, purchased in outdated:
        same = items.filter(shopping_list_id=list_id, name_key=key, purchased=False)
        is_twin = not purchased and same.exclude(pk=pk).exists()
        items.filter(pk=pk).update(name_key=twin_key(key, pk) if is_twin else key)


class Migration(migrations.Migration):
    dependencies = [("shopping_list", "0005_hash_idempotency_keys")]
    operations = [migrations.RunPython(recompute_keys, migrations.RunPython.noop)]
