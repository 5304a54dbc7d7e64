"""Give every list and every recorded change a digest.

A change that was recorded before has no digest, so no client may resume from it:
every list gets a new epoch, and every screen takes a snapshot.
"""

import hashlib
import secrets
import string

import msgspec
from django.db import migrations, models

ITEM_COLUMNS = (
    "id",
    "name",
    "quantity",
    "note",
    "category",
    "purchased",
    "purchased_at",
    "purchased_by_id",
    "position",
    "version",
    "created_at",
    "created_by_id",
    "updated_at",
)


def hash_of(fields):
    """Return the hash of one row. A copy of shopping_list/digest.py, which may change."""
    return int.from_bytes(hashlib.sha256(msgspec.json.encode(fields)).digest()[:8], "big")


def fill_digests(apps, schema_editor):
    """Set the digest and a new epoch of each list."""
    lists = apps.get_model("shopping_list", "ShoppingList").objects.order_by("pk")
    items = apps.get_model("shopping_list", "ShoppingItem").objects
    memberships = apps.get_model("shopping_list", "Membership").objects
    columns = ("pk", "name", "created_at", "created_by_id")
    for list_fields in lists.values_list(*columns).iterator():
        list_id = list_fields[0]
        members = memberships.filter(shopping_list_id=list_id).order_by("user_id")
        total = hash_of((*list_fields, list(members.values_list("user_id", "role"))))
        rows = items.filter(shopping_list_id=list_id).values_list(*ITEM_COLUMNS)
        total += sum(map(hash_of, rows.iterator()))
        epoch = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))
        lists.filter(pk=list_id).update(digest=f"{total % 2**64:016x}", epoch=epoch)


class Migration(migrations.Migration):
    dependencies = [("shopping_list", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="shoppinglist",
            name="digest",
            field=models.CharField(default="0" * 16, editable=False, max_length=16),
        ),
        migrations.AddField(
            model_name="activity",
            name="base",
            field=models.CharField(default="", max_length=16),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="activity",
            name="digest",
            field=models.CharField(default="", max_length=16),
            preserve_default=False,
        ),
        migrations.RunPython(fill_digests, migrations.RunPython.noop),
    ]
